/* The state of the OpenCL layer: counts, failures, delays, live objects. Included by the wrappers only. */
#ifndef LOCL_TESTS_OPENCL_LAYER_LAYER_H
#define LOCL_TESTS_OPENCL_LAYER_LAYER_H

#include <stdbool.h>
#include <stddef.h>

/* Every entry point that is wrapped; the last ones count the blocking calls among others. */
#define LAYER_CALLS(X)                                                                                       \
    X(clGetPlatformIDs)                                                                                      \
    X(clGetPlatformInfo)                                                                                     \
    X(clGetDeviceIDs)                                                                                        \
    X(clGetDeviceInfo)                                                                                       \
    X(clCreateSubDevices)                                                                                    \
    X(clCreateContext)                                                                                       \
    X(clCreateCommandQueue)                                                                                  \
    X(clGetCommandQueueInfo)                                                                                 \
    X(clCreateBuffer)                                                                                        \
    X(clCreateSubBuffer)                                                                                     \
    X(clGetMemObjectInfo)                                                                                    \
    X(clCreateProgramWithSource)                                                                             \
    X(clCreateProgramWithBinary)                                                                             \
    X(clBuildProgram)                                                                                        \
    X(clGetProgramInfo)                                                                                      \
    X(clGetProgramBuildInfo)                                                                                 \
    X(clCreateKernel)                                                                                        \
    X(clSetKernelArg)                                                                                        \
    X(clGetKernelWorkGroupInfo)                                                                              \
    X(clWaitForEvents)                                                                                       \
    X(clGetEventInfo)                                                                                        \
    X(clCreateUserEvent)                                                                                     \
    X(clSetUserEventStatus)                                                                                  \
    X(clSetEventCallback)                                                                                    \
    X(clGetEventProfilingInfo)                                                                               \
    X(clFlush)                                                                                               \
    X(clFinish)                                                                                              \
    X(clEnqueueReadBuffer)                                                                                   \
    X(clEnqueueWriteBuffer)                                                                                  \
    X(clEnqueueCopyBuffer)                                                                                   \
    X(clEnqueueFillBuffer)                                                                                   \
    X(clEnqueueMapBuffer)                                                                                    \
    X(clEnqueueUnmapMemObject)                                                                               \
    X(clEnqueueMigrateMemObjects)                                                                            \
    X(clEnqueueNDRangeKernel)                                                                                \
    X(clEnqueueMarkerWithWaitList)                                                                           \
    X(clEnqueueBarrierWithWaitList)

/* Counted, but never failed or delayed: they undo. */
#define LAYER_RELEASES(X)                                                                                    \
    X(clReleaseDevice)                                                                                       \
    X(clReleaseContext)                                                                                      \
    X(clReleaseCommandQueue)                                                                                 \
    X(clReleaseMemObject)                                                                                    \
    X(clReleaseProgram)                                                                                      \
    X(clReleaseKernel)                                                                                       \
    X(clReleaseEvent)                                                                                        \
    X(clRetainDevice)                                                                                        \
    X(clRetainContext)                                                                                       \
    X(clRetainCommandQueue)                                                                                  \
    X(clRetainMemObject)                                                                                     \
    X(clRetainProgram)                                                                                       \
    X(clRetainKernel)                                                                                        \
    X(clRetainEvent)

/* clang-format off */
typedef enum layer_id {
#define LAYER_ID(name) ID_##name,
    LAYER_CALLS(LAYER_ID)
    LAYER_RELEASES(LAYER_ID)
#undef LAYER_ID
    ID_READ_BLOCKING,
    ID_WRITE_BLOCKING,
    ID_MAP_BLOCKING,
    ID_COUNT,
    ID_CALLS = ID_clReleaseDevice /* number of LAYER_CALLS */
} layer_id;
/* clang-format on */

/* Counts the call, waits its delay; what it returns other than 0 is given instead of calling. */
int layer_before(layer_id id);
/* The same for a call on a queue, which a failure may be limited to. */
int layer_before_on(layer_id id, void *queue);
/* Gives what is claimed in place of what a query of a device (or platform) would say. False: nothing is; else *code is
 * what the query returns. */
void layer_claim(const char *name, const char *value); /* see locl_layer_claim() */
void layer_read_claims(const char *text);              /* "name=value;name=value" */
bool layer_claims(bool platform, unsigned what, size_t n, void *out, size_t *size, int *code);
/* Is the launch about to be made the one before which its queue should stand still? */
bool layer_blocks(void *queue);
/* Is the read about to be made the one that gives NaN? */
bool layer_spoils(void *queue);
/* Which part of its root device a queue's device is: as clCreateSubDevices gave it; -1: no part. */
int layer_part_of(void *queue);
void layer_note_part(void *device, int part);
int layer_part_of_device(const void *device);
/* What the queue waits for then; it is the layer's to complete and release. NULL: not any more. */
void layer_set_blocker(void *event);
void layer_complete(void *event); /* and releases it */
void layer_stamp(void *stamp);    /* spoils a profiling stamp, a cl_ulong, where that is asked for */
void layer_note(layer_id id);     /* counts only */
/* The function of that name in the next library. */
void *layer_real(layer_id id);
void layer_hold(void *object);                /* created: one reference more; NULL is nothing */
void layer_retain(layer_id id, void *object); /* counts; of an unknown object (a root device): nothing else */
void layer_drop(layer_id id, void *object);
/* Contexts and programs that stay while `on`: see locl_layer_keep(). */
void layer_keep(bool on);
/* Returns what was made before of [bytes] `from` in a context (NULL: it is one), and is kept; NULL: nothing. */
void *layer_kept(const void *in, const void *from, size_t bytes);
/* Keeps a new one, if that is asked for. True: it is retained by the caller, for good. */
bool layer_keeps(const void *object, const void *in, const void *from, size_t bytes);
/* Builds a program that is kept, once. False: it is none. */
bool layer_build_kept(const void *program, const char *options,
                      int (*build)(void *program, const char *options), int *code);

#endif
