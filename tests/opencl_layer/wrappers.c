/* The wrapped entry points: OpenCL's own names and signatures, over layer.h. */
#include "opencl_layer/layer.h"

#include <CL/cl.h>

#include <string.h>

/* The real function; storing it through a void pointer is how POSIX means dlsym to be used. */
#define REAL(result, name, parameters)                                                                       \
    result(*real) parameters;                                                                                \
    *(void **)&real = layer_real(ID_##name);
#define EXPORT __attribute__((visibility("default")))

#define WRAP_STATUS(name, parameters, arguments)                                                             \
    EXPORT cl_int name parameters                                                                            \
    {                                                                                                        \
        REAL(cl_int, name, parameters)                                                                       \
        int code = layer_before(ID_##name);                                                                  \
        return code ? code : real arguments;                                                                 \
    }

/* Has a parameter `q`, a queue. */
#define WRAP_QUEUE(name, parameters, arguments)                                                              \
    EXPORT cl_int name parameters                                                                            \
    {                                                                                                        \
        REAL(cl_int, name, parameters)                                                                       \
        int code = layer_before_on(ID_##name, q);                                                            \
        return code ? code : real arguments;                                                                 \
    }

/* Has parameters `q` and `event`. */
#define WRAP_ENQUEUE(name, parameters, arguments)                                                            \
    EXPORT cl_int name parameters                                                                            \
    {                                                                                                        \
        REAL(cl_int, name, parameters)                                                                       \
        int code = layer_before_on(ID_##name, q);                                                            \
        code = code ? code : real arguments;                                                                 \
        if (code == CL_SUCCESS && event) {                                                                   \
            layer_hold(*event);                                                                              \
        }                                                                                                    \
        return code;                                                                                         \
    }

/* Gives a new object; has a parameter `errcode_ret`. */
#define WRAP_CREATE(result, name, parameters, arguments)                                                     \
    EXPORT result name parameters                                                                            \
    {                                                                                                        \
        REAL(result, name, parameters)                                                                       \
        int code = layer_before(ID_##name);                                                                  \
        if (code) {                                                                                          \
            if (errcode_ret) {                                                                               \
                *errcode_ret = code;                                                                         \
            }                                                                                                \
            return NULL;                                                                                     \
        }                                                                                                    \
        result object = real arguments;                                                                      \
        layer_hold(object);                                                                                  \
        return object;                                                                                       \
    }

#define WRAP_RELEASE(kind, name, note)                                                                       \
    EXPORT cl_int name(kind object)                                                                          \
    {                                                                                                        \
        REAL(cl_int, name, (kind))                                                                           \
        note(ID_##name, object);                                                                             \
        return real(object);                                                                                 \
    }

WRAP_STATUS(clGetPlatformIDs, (cl_uint n, cl_platform_id *out, cl_uint *count), (n, out, count))
/* Queries that what is claimed goes before. */
#define WRAP_CLAIMED(name, of, is_platform)                                                                  \
    EXPORT cl_int name(of object, cl_uint what, size_t n, void *out, size_t *size)                           \
    {                                                                                                        \
        REAL(cl_int, name, (of, cl_uint, size_t, void *, size_t *))                                          \
        int code = layer_before(ID_##name), claimed;                                                         \
        if (!code && layer_claims(is_platform, what, n, out, size, &claimed)) {                              \
            return claimed;                                                                                  \
        }                                                                                                    \
        return code ? code : real(object, what, n, out, size);                                               \
    }

WRAP_CLAIMED(clGetPlatformInfo, cl_platform_id, true)
WRAP_CLAIMED(clGetDeviceInfo, cl_device_id, false)
WRAP_STATUS(clGetDeviceIDs,
            (cl_platform_id p, cl_device_type type, cl_uint n, cl_device_id *out, cl_uint *count),
            (p, type, n, out, count))
WRAP_STATUS(clGetCommandQueueInfo,
            (cl_command_queue q, cl_command_queue_info what, size_t n, void *out, size_t *size),
            (q, what, n, out, size))
WRAP_STATUS(clGetMemObjectInfo, (cl_mem m, cl_mem_info what, size_t n, void *out, size_t *size),
            (m, what, n, out, size))
WRAP_STATUS(clGetProgramInfo, (cl_program p, cl_program_info what, size_t n, void *out, size_t *size),
            (p, what, n, out, size))
WRAP_STATUS(clGetProgramBuildInfo,
            (cl_program p, cl_device_id d, cl_program_build_info what, size_t n, void *out, size_t *size),
            (p, d, what, n, out, size))
WRAP_STATUS(clGetKernelWorkGroupInfo,
            (cl_kernel k, cl_device_id d, cl_kernel_work_group_info what, size_t n, void *out, size_t *size),
            (k, d, what, n, out, size))
WRAP_STATUS(clGetEventInfo, (cl_event e, cl_event_info what, size_t n, void *out, size_t *size),
            (e, what, n, out, size))
EXPORT cl_int clGetEventProfilingInfo(cl_event e, cl_profiling_info what, size_t n, void *out, size_t *size)
{
    REAL(cl_int, clGetEventProfilingInfo, (cl_event, cl_profiling_info, size_t, void *, size_t *))
    int code = layer_before(ID_clGetEventProfilingInfo);
    code = code ? code : real(e, what, n, out, size);
    if (code == CL_SUCCESS && out) {
        layer_stamp(out);
    }
    return code;
}
/* Builds a program for all devices of its context. */
static int build_for_all(void *program, const char *options)
{
    REAL(cl_int, clBuildProgram,
         (cl_program, cl_uint, const cl_device_id *, const char *, void(CL_CALLBACK *)(cl_program, void *),
          void *))
    return real(program, 0, NULL, options, NULL, NULL);
}

EXPORT cl_int clBuildProgram(cl_program p, cl_uint n, const cl_device_id *d, const char *options,
                             void(CL_CALLBACK *notify)(cl_program, void *), void *user)
{
    REAL(cl_int, clBuildProgram,
         (cl_program, cl_uint, const cl_device_id *, const char *, void(CL_CALLBACK *)(cl_program, void *),
          void *))
    int code = layer_before(ID_clBuildProgram);
    if (code || layer_build_kept(p, options ? options : "", build_for_all, &code)) {
        return code;
    }
    return real(p, n, d, options, notify, user);
}

WRAP_STATUS(clSetKernelArg, (cl_kernel k, cl_uint i, size_t n, const void *value), (k, i, n, value))
WRAP_STATUS(clWaitForEvents, (cl_uint n, const cl_event *events), (n, events))
WRAP_STATUS(clSetUserEventStatus, (cl_event e, cl_int status), (e, status))
WRAP_STATUS(clSetEventCallback,
            (cl_event e, cl_int type, void(CL_CALLBACK *notify)(cl_event, cl_int, void *), void *user),
            (e, type, notify, user))
WRAP_QUEUE(clFlush, (cl_command_queue q), (q))
WRAP_QUEUE(clFinish, (cl_command_queue q), (q))

WRAP_ENQUEUE(clEnqueueCopyBuffer,
             (cl_command_queue q, cl_mem from, cl_mem to, size_t from_offset, size_t to_offset, size_t n,
              cl_uint waits, const cl_event *wait, cl_event *event),
             (q, from, to, from_offset, to_offset, n, waits, wait, event))
WRAP_ENQUEUE(clEnqueueFillBuffer,
             (cl_command_queue q, cl_mem m, const void *pattern, size_t pattern_size, size_t offset, size_t n,
              cl_uint waits, const cl_event *wait, cl_event *event),
             (q, m, pattern, pattern_size, offset, n, waits, wait, event))
WRAP_ENQUEUE(clEnqueueUnmapMemObject,
             (cl_command_queue q, cl_mem m, void *mapped, cl_uint waits, const cl_event *wait,
              cl_event *event),
             (q, m, mapped, waits, wait, event))
WRAP_ENQUEUE(clEnqueueMigrateMemObjects,
             (cl_command_queue q, cl_uint n, const cl_mem *m, cl_mem_migration_flags flags, cl_uint waits,
              const cl_event *wait, cl_event *event),
             (q, n, m, flags, waits, wait, event))
WRAP_ENQUEUE(clEnqueueMarkerWithWaitList,
             (cl_command_queue q, cl_uint waits, const cl_event *wait, cl_event *event),
             (q, waits, wait, event))
WRAP_ENQUEUE(clEnqueueBarrierWithWaitList,
             (cl_command_queue q, cl_uint waits, const cl_event *wait, cl_event *event),
             (q, waits, wait, event))

/* Makes an object of [bytes] `from` in a context, or gives the one that is kept. */
#define MAKE_OR_GIVE(kind, name, retain, in, from, bytes, arguments)                                         \
    cl_int (*keep)(kind);                                                                                    \
    *(void **)&keep = layer_real(ID_##retain);                                                               \
    int code = layer_before(ID_##name);                                                                      \
    kind object = code ? NULL : layer_kept(in, from, bytes);                                                 \
    if (code && errcode_ret) {                                                                               \
        *errcode_ret = code;                                                                                 \
    }                                                                                                        \
    if (code) {                                                                                              \
        return NULL;                                                                                         \
    }                                                                                                        \
    if (object) {                                                                                            \
        code = keep(object);                                                                                 \
        if (errcode_ret) {                                                                                   \
            *errcode_ret = code;                                                                             \
        }                                                                                                    \
    } else {                                                                                                 \
        object = real arguments;                                                                             \
        if (layer_keeps(object, in, from, bytes)) {                                                          \
            keep(object);                                                                                    \
        }                                                                                                    \
    }                                                                                                        \
    layer_hold(object);                                                                                      \
    return object;

EXPORT cl_context clCreateContext(const cl_context_properties *properties, cl_uint n,
                                  const cl_device_id *devices,
                                  void(CL_CALLBACK *notify)(const char *, const void *, size_t, void *),
                                  void *user, cl_int *errcode_ret){
    REAL(cl_context, clCreateContext,
         (const cl_context_properties *, cl_uint, const cl_device_id *,
          void(CL_CALLBACK *)(const char *, const void *, size_t, void *), void *, cl_int *))
        MAKE_OR_GIVE(cl_context, clCreateContext, clRetainContext, NULL, devices, n * sizeof *devices,
                     (properties, n, devices, notify, user, errcode_ret))}

EXPORT cl_program clCreateProgramWithSource(cl_context c, cl_uint n, const char **texts,
                                            const size_t *lengths, cl_int *errcode_ret)
{
    REAL(cl_program, clCreateProgramWithSource,
         (cl_context, cl_uint, const char **, const size_t *, cl_int *))
    size_t bytes = n != 1 ? 0 : lengths && lengths[0] ? lengths[0] : strlen(texts[0]); /* 0: is not kept */
    MAKE_OR_GIVE(cl_program, clCreateProgramWithSource, clRetainProgram, c, texts[0], bytes,
                 (c, n, texts, lengths, errcode_ret))
}

WRAP_CREATE(cl_command_queue, clCreateCommandQueue,
            (cl_context c, cl_device_id d, cl_command_queue_properties properties, cl_int *errcode_ret),
            (c, d, properties, errcode_ret))
WRAP_CREATE(cl_mem, clCreateBuffer,
            (cl_context c, cl_mem_flags flags, size_t n, void *host, cl_int *errcode_ret),
            (c, flags, n, host, errcode_ret))
WRAP_CREATE(cl_mem, clCreateSubBuffer,
            (cl_mem m, cl_mem_flags flags, cl_buffer_create_type type, const void *info, cl_int *errcode_ret),
            (m, flags, type, info, errcode_ret))
WRAP_CREATE(cl_program, clCreateProgramWithBinary,
            (cl_context c, cl_uint n, const cl_device_id *d, const size_t *lengths,
             const unsigned char **binaries, cl_int *states, cl_int *errcode_ret),
            (c, n, d, lengths, binaries, states, errcode_ret))
WRAP_CREATE(cl_kernel, clCreateKernel, (cl_program p, const char *name, cl_int *errcode_ret),
            (p, name, errcode_ret))
WRAP_CREATE(cl_event, clCreateUserEvent, (cl_context c, cl_int *errcode_ret), (c, errcode_ret))

WRAP_RELEASE(cl_device_id, clReleaseDevice, layer_drop)
WRAP_RELEASE(cl_context, clReleaseContext, layer_drop)
WRAP_RELEASE(cl_command_queue, clReleaseCommandQueue, layer_drop)
WRAP_RELEASE(cl_mem, clReleaseMemObject, layer_drop)
WRAP_RELEASE(cl_program, clReleaseProgram, layer_drop)
WRAP_RELEASE(cl_kernel, clReleaseKernel, layer_drop)
WRAP_RELEASE(cl_event, clReleaseEvent, layer_drop)
WRAP_RELEASE(cl_device_id, clRetainDevice, layer_retain)
WRAP_RELEASE(cl_context, clRetainContext, layer_retain)
WRAP_RELEASE(cl_command_queue, clRetainCommandQueue, layer_retain)
WRAP_RELEASE(cl_mem, clRetainMemObject, layer_retain)
WRAP_RELEASE(cl_program, clRetainProgram, layer_retain)
WRAP_RELEASE(cl_kernel, clRetainKernel, layer_retain)
WRAP_RELEASE(cl_event, clRetainEvent, layer_retain)

int layer_part_of(void *queue)
{
    REAL(cl_int, clGetCommandQueueInfo, (cl_command_queue, cl_command_queue_info, size_t, void *, size_t *))
    cl_device_id device = NULL;
    real(queue, CL_QUEUE_DEVICE, sizeof device, &device, NULL);
    return layer_part_of_device(device);
}

/* Has a queue wait for an event that nobody completes until layer_complete(). */
static void block_queue(cl_command_queue q)
{
    REAL(cl_int, clEnqueueBarrierWithWaitList, (cl_command_queue, cl_uint, const cl_event *, cl_event *))
    cl_int (*info)(cl_command_queue, cl_command_queue_info, size_t, void *, size_t *);
    cl_event (*create)(cl_context, cl_int *);
    cl_context context = NULL;
    cl_int code = CL_SUCCESS;
    *(void **)&info = layer_real(ID_clGetCommandQueueInfo);
    *(void **)&create = layer_real(ID_clCreateUserEvent);
    info(q, CL_QUEUE_CONTEXT, sizeof context, &context, NULL);
    cl_event event = create(context, &code);
    if (event && real(q, 1, &event, NULL) == CL_SUCCESS) {
        layer_set_blocker(event);
    }
}

void layer_complete(void *event)
{
    REAL(cl_int, clSetUserEventStatus, (cl_event, cl_int))
    cl_int (*release)(cl_event);
    *(void **)&release = layer_real(ID_clReleaseEvent);
    real(event, CL_COMPLETE);
    release(event);
}

EXPORT cl_int clEnqueueNDRangeKernel(cl_command_queue q, cl_kernel k, cl_uint dimensions,
                                     const size_t *offset, const size_t *global, const size_t *local,
                                     cl_uint waits, const cl_event *wait, cl_event *event)
{
    REAL(cl_int, clEnqueueNDRangeKernel,
         (cl_command_queue, cl_kernel, cl_uint, const size_t *, const size_t *, const size_t *, cl_uint,
          const cl_event *, cl_event *))
    int code = layer_before_on(ID_clEnqueueNDRangeKernel, q);
    if (layer_blocks(q)) {
        block_queue(q);
    }
    code = code ? code : real(q, k, dimensions, offset, global, local, waits, wait, event);
    if (code == CL_SUCCESS && event) {
        layer_hold(*event);
    }
    return code;
}

EXPORT cl_int clCreateSubDevices(cl_device_id d, const cl_device_partition_property *how, cl_uint n,
                                 cl_device_id *out, cl_uint *count)
{
    REAL(cl_int, clCreateSubDevices,
         (cl_device_id, const cl_device_partition_property *, cl_uint, cl_device_id *, cl_uint *))
    int code = layer_before(ID_clCreateSubDevices);
    cl_uint made = 0;
    code = code ? code : real(d, how, n, out, &made);
    for (cl_uint i = 0; code == CL_SUCCESS && out && i < made && i < n; i++) {
        layer_hold(out[i]);
        layer_note_part(out[i], (int)i);
    }
    if (count) {
        *count = made;
    }
    return code;
}

/* Floats of such bytes are NaN. */
enum { NAN_BYTE = 0xff };

/* The calls that can block: they are counted a second time when they do. A read that is spoilt waits, and then gives
 * NaN. */
#define WRAP_COPY(name, blocking_id, host_type, spoilt)                                                      \
    EXPORT cl_int name(cl_command_queue q, cl_mem m, cl_bool blocking, size_t offset, size_t n,              \
                       host_type host, cl_uint waits, const cl_event *wait, cl_event *event)                 \
    {                                                                                                        \
        REAL(cl_int, name,                                                                                   \
             (cl_command_queue, cl_mem, cl_bool, size_t, size_t, host_type, cl_uint, const cl_event *,       \
              cl_event *))                                                                                   \
        if (blocking) {                                                                                      \
            layer_note(blocking_id);                                                                         \
        }                                                                                                    \
        int code = layer_before_on(ID_##name, q);                                                            \
        bool spoils = spoilt;                                                                                \
        code = code ? code : real(q, m, spoils ? CL_TRUE : blocking, offset, n, host, waits, wait, event);   \
        if (code == CL_SUCCESS && spoils) {                                                                  \
            memset((void *)host, NAN_BYTE, n);                                                               \
        }                                                                                                    \
        if (code == CL_SUCCESS && event) {                                                                   \
            layer_hold(*event);                                                                              \
        }                                                                                                    \
        return code;                                                                                         \
    }

typedef void *host_out;
typedef const void *host_in;
WRAP_COPY(clEnqueueReadBuffer, ID_READ_BLOCKING, host_out, layer_spoils(q))
WRAP_COPY(clEnqueueWriteBuffer, ID_WRITE_BLOCKING, host_in, false)

EXPORT void *clEnqueueMapBuffer(cl_command_queue q, cl_mem m, cl_bool blocking, cl_map_flags flags,
                                size_t offset, size_t n, cl_uint waits, const cl_event *wait, cl_event *event,
                                cl_int *errcode_ret)
{
    REAL(void *, clEnqueueMapBuffer,
         (cl_command_queue, cl_mem, cl_bool, cl_map_flags, size_t, size_t, cl_uint, const cl_event *,
          cl_event *, cl_int *))
    if (blocking) {
        layer_note(ID_MAP_BLOCKING);
    }
    int code = layer_before_on(ID_clEnqueueMapBuffer, q);
    if (code) {
        if (errcode_ret) {
            *errcode_ret = code;
        }
        return NULL;
    }
    void *mapped = real(q, m, blocking, flags, offset, n, waits, wait, event, errcode_ret);
    if (mapped && event) {
        layer_hold(*event);
    }
    return mapped;
}
