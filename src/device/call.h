/* Checked wrappers of the OpenCL calls that locl makes. Each records the call, the name of the CL error, the
 * device and the kernel. Every folder talks to OpenCL through these. None waits unless its name says so
 * (finish, wait, await) or it is told to block. */
#ifndef LOCL_DEVICE_CALL_H
#define LOCL_DEVICE_CALL_H

#include "device/device.h"

const char *locl_cl_error_name(cl_int code); /* returns "CL_OUT_OF_RESOURCES" */
/* Records "<call>: <error name>" with the device and, when not NULL, `what`: a kernel or a tensor. Adds the
 * remedy of common errors. Returns LOCL_E_OPENCL, or LOCL_E_TOO_LARGE for sizes that the device refuses. */
locl_status locl_fail_cl(locl_error *err, const char *call, cl_int code, const locl_device *device,
                         const char *what);

struct locl_tape; /* tape.h */

/* An in-order command queue. A device has several: one computes, one copies. */
typedef struct locl_queue {
    cl_command_queue cl;
    locl_device *device;
    bool profiling;
    struct locl_tape
        *tape; /* of a profiling queue: takes down its commands for a timeline; NULL: none does */
} locl_queue;

/* Says whether a queue keeps the times of its commands, for --profile and --trace. */
typedef enum locl_queue_kind { LOCL_QUEUE_PLAIN = false, LOCL_QUEUE_PROFILING = true } locl_queue_kind;
locl_status locl_queue_create(locl_device *device, locl_queue_kind kind, locl_queue *out, locl_error *err);
void locl_queue_release(locl_queue *queue); /* accepts a zeroed one */
locl_status locl_queue_flush(locl_queue *queue, locl_error *err);
locl_status locl_queue_finish(locl_queue *queue, locl_error *err); /* waits; never in a step */
/* Waits until the queue is empty, for at most `seconds`; see locl_event_await(). */
locl_status locl_queue_await(locl_queue *queue, double seconds, const char *what, locl_error *err);

/* Creates device memory, read and write, uninitialised. */
locl_status locl_buffer_create(locl_device *device, size_t bytes, const char *what, cl_mem *out,
                               locl_error *err);
/* Takes another reference, which locl_buffer_release() gives back. */
locl_status locl_buffer_retain(locl_device *device, cl_mem buffer, locl_error *err);
/* Creates a sub-buffer; `offset` is a multiple of caps.alignment. */
locl_status locl_buffer_part(locl_device *device, cl_mem whole, size_t offset, size_t bytes, const char *what,
                             cl_mem *out, locl_error *err);
void locl_buffer_release(cl_mem *buffer); /* sets it to NULL; accepts NULL */

/* Says whether a copy is complete when its call returns. */
typedef enum locl_blocking { LOCL_ASYNC = false, LOCL_BLOCKING = true } locl_blocking;
/* Copy between the host and a buffer. LOCL_BLOCKING waits. Otherwise the caller leaves `host` alone until
 * `event` is complete. `event` may be NULL, else it is the caller's to release. `wait` may be NULL. */
locl_status locl_buffer_write(locl_queue *queue, cl_mem buffer, size_t offset, size_t bytes, const void *host,
                              locl_blocking blocking, const cl_event *wait, cl_event *event, locl_error *err);
locl_status locl_buffer_read(locl_queue *queue, cl_mem buffer, size_t offset, size_t bytes, void *host,
                             locl_blocking blocking, const cl_event *wait, cl_event *event, locl_error *err);
/* Gives back the host's memory of a copy that ended with `status`: after LOCL_E_DEADLINE the device may yet use it, and it
 * stays until the process ends. */
void locl_host_release(void *memory, locl_status status);
locl_status locl_buffer_copy(locl_queue *queue, cl_mem from, size_t from_offset, cl_mem to, size_t to_offset,
                             size_t bytes, cl_event *event, locl_error *err);
/* Fills a part of a buffer with `pattern`, whose size is a power of two; in pieces where the driver asks for that. */
locl_status locl_buffer_fill(locl_queue *queue, cl_mem buffer, size_t offset, size_t bytes,
                             const void *pattern, size_t pattern_bytes, locl_error *err);

/* Waits until the host may write to the buffer at *host, until it is unmapped, all `bytes` of it. What it held before
 * is lost. Where mappings are not to be trusted *host is memory of its own, which unmapping copies. */
locl_status locl_buffer_map(locl_queue *queue, cl_mem buffer, size_t bytes, void **host, locl_error *err);
locl_status locl_buffer_unmap(locl_queue *queue, cl_mem buffer, size_t bytes, void *host, locl_error *err);

/* Makes later commands of the queue wait, on the device, for `event` of the same context. */
locl_status locl_queue_wait_for(locl_queue *queue, cl_event event, locl_error *err);
/* Makes an event that is complete when everything enqueued so far is. */
locl_status locl_queue_marker(locl_queue *queue, cl_event *event, locl_error *err);
/* Makes the host wait, at most for the deadline of the device. */
locl_status locl_event_wait(locl_device *device, cl_event event, locl_error *err);
/* Makes the host wait for at most `seconds`. With 0 it waits as long as it takes, which costs no CPU time.
 * Otherwise it polls with short sleeps. LOCL_E_DEADLINE says that it waited for `what`, such as "the end of a
 * step". The command is then still under way. */
locl_status locl_event_await(locl_device *device, cl_event event, double seconds, const char *what,
                             locl_error *err);
/* Whether the event is complete. A failed one is an error. Never waits. */
locl_status locl_event_done(locl_device *device, cl_event event, bool *done, locl_error *err);
/* Has `tell` called once the event is complete or has failed, on a thread of the driver's. */
typedef void(CL_CALLBACK *locl_event_teller)(cl_event event, cl_int state, void *user);
locl_status locl_event_call(locl_device *device, cl_event event, locl_event_teller tell, void *user,
                            locl_error *err);
void locl_event_release(cl_event *event); /* sets it to NULL; accepts NULL */
/* Returns start and end in nanoseconds of the device. The queue was created with profiling. */
locl_status locl_event_times(locl_device *device, cl_event event, cl_ulong *start, cl_ulong *end,
                             locl_error *err);

#endif
