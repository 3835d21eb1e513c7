/* A list of kernel launches and library calls on given tensors, recorded once and replayed in each step.
 * Operations record into a command buffer (launch.h) and never touch the device. locl_command_buffer_bind()
 * builds the kernels and sets their arguments. locl_command_buffer_enqueue() replays the list, sets only what
 * changes from step to step and never waits.
 *
 * Errors while recording stick. locl_command_buffer_bind() returns them, so operations need no checks. */
#ifndef LOCL_DEVICE_COMMAND_BUFFER_H
#define LOCL_DEVICE_COMMAND_BUFFER_H

#include "device/arena.h"
#include "device/call.h"
#include "device/kernel.h"

/* Buffers that change from replay to replay. */
typedef enum locl_external {
    LOCL_EXT_INPUT,         /* activations in, x of the first block of the stage */
    LOCL_EXT_LABELS,        /* int32 [B] */
    LOCL_EXT_OUTPUT,        /* activations out, for the next stage */
    LOCL_EXT_OUTPUT_LABELS, /* int32 [B], passed on with the output */
    LOCL_EXT_METRICS,       /* record of this step, see ops/metrics.h */
    LOCL_EXT_COUNT
} locl_external;

/* Values that change from replay to replay. */
typedef struct locl_bindings {
    cl_mem external[LOCL_EXT_COUNT]; /* NULL where the command buffer has none */
    cl_uint step;
    cl_float rate;
    cl_uint valid;
    size_t first_image; /* of the whole batch, where a slice of it is computed; else 0 */
} locl_bindings;

typedef struct locl_command_buffer locl_command_buffer;

/* Creates a command buffer. `workspace` may be NULL when no operation takes scratch. The device and the
 * workspace stay the caller's and must outlive the command buffer. */
locl_status locl_command_buffer_create(locl_device *device, locl_arena *workspace, locl_command_buffer **out,
                                       locl_error *err);
void locl_command_buffer_release(locl_command_buffer *cmd); /* accepts NULL */

const locl_caps *locl_command_buffer_caps(const locl_command_buffer *cmd);
locl_arena *locl_command_buffer_workspace(const locl_command_buffer *cmd);
/* Takes scratch of `count` floats from the workspace. */
locl_tensor *locl_command_buffer_scratch(locl_command_buffer *cmd, size_t count, const char *name);
/* Takes scratch of `count` halves, where `half` says so, else of floats. */
locl_tensor *locl_command_buffer_scratch_of(locl_command_buffer *cmd, bool half, size_t count,
                                            const char *name);
locl_tensor *locl_command_buffer_external(locl_command_buffer *cmd, locl_external external, size_t bytes);

/* Allocates host memory, [count] of `size` bytes, zeroed, which is freed with the command buffer. NULL once
 * memory has run out; that error sticks. */
void *locl_command_buffer_memory(locl_command_buffer *cmd, size_t count, size_t size);
/* Get and set a pointer that a recording folder keeps with the recording, in its memory. gemm keeps the
 * choice of solvers and the recorded products. NULL at first. */
void *locl_command_buffer_context(const locl_command_buffer *cmd);
void locl_command_buffer_set_context(locl_command_buffer *cmd, void *context);
/* Asks for a preparation that has to happen once per device. `prepare` is called when the first command
 * buffer that asks for it is bound. */
void locl_command_buffer_require(locl_command_buffer *cmd, locl_device_prepare prepare);

/* Names the launches that follow ("block 2"), for --profile. NULL ends the name. */
void locl_command_buffer_section(locl_command_buffer *cmd, const char *name);

/* A library call in the list (CLBlast), made by the worker of the device. It enqueues on queue->cl. `args` is
 * a copy of those given when it was added; its tensors are bound by then. `event` may be NULL. */
typedef locl_status (*locl_command_buffer_call)(const void *args, locl_queue *queue, cl_event *event,
                                                locl_error *err);
/* Adds a library call. `name` must outlive the command buffer; `bytes` bytes of `args` are copied. */
void locl_command_buffer_add_call(locl_command_buffer *cmd, const char *name,
                                  locl_command_buffer_call enqueue, const void *args, size_t bytes,
                                  double flops, double moved);

/* Notes that the call which was added last reads or writes `tensor` (NULL: nothing). Calls keep that in `args`,
 * where nobody else can see it. A call has LOCL_CALL_TENSORS at most. */
enum { LOCL_CALL_TENSORS = 4 };
void locl_command_buffer_call_uses(locl_command_buffer *cmd, const locl_tensor *tensor);

/* A launch of the list, as recorded. Its texts belong to the command buffer. */
typedef struct locl_launch_info {
    const char *section, *name;
    const locl_kernel *kernel; /* NULL: a library call, without variant, options, groups and items */
    size_t variant;            /* of the kernel, see kernel.h */
    const char *options;
    size_t groups, items;
    double flops, bytes;
} locl_launch_info;
/* Describes launch `index`; false past the last one. */
bool locl_command_buffer_launch(const locl_command_buffer *cmd, size_t index, locl_launch_info *out);
/* Returns tensor `number` of those that launch `index` reads or writes, views and externals too. NULL past the
 * last one. */
const locl_tensor *locl_command_buffer_used(const locl_command_buffer *cmd, size_t index, size_t number);

/* Notes an error found while recording, such as a shape that an operation cannot take. Sticks. */
void locl_command_buffer_fail(locl_command_buffer *cmd, locl_status status, const char *format, ...)
    LOCL_PRINTF(3, 4);
locl_status locl_command_buffer_status(const locl_command_buffer *cmd, locl_error *err);
bool locl_command_buffer_failed(const locl_command_buffer *cmd);

/* Builds the kernels and sets the arguments. The arenas of all tensors are bound before. */
locl_status locl_command_buffer_bind(locl_command_buffer *cmd, locl_error *err);

/* Progress of building kernels ahead (build.h) and of binding, which may take long. One serves all command
 * buffers that are bound in a row. */
typedef struct locl_command_buffer_watch {
    size_t done, total; /* kernels built ahead and launches bound */
    void (*tell)(void *user, size_t done, size_t total);
    void *user;
} locl_command_buffer_watch;
/* Sets the progress of the next binding; `watch` must outlive it. */
void locl_command_buffer_set_watch(locl_command_buffer *cmd, locl_command_buffer_watch *watch);
locl_status locl_command_buffer_enqueue(locl_command_buffer *cmd, locl_queue *queue,
                                        const locl_bindings *bindings, locl_error *err);

/* Time spent per kernel. With a profile attached, and a profiling queue, each enqueue keeps an event per
 * launch. locl_command_buffer_profile_collect() waits for the events and adds up their times. For --profile
 * and benchmarks only. */
typedef struct locl_profile_row {
    const char *section, *kernel;
    double seconds, flops, bytes; /* sums over all replays */
    unsigned long long launches;
} locl_profile_row;
void locl_command_buffer_profile_start(locl_command_buffer *cmd);
locl_status locl_command_buffer_profile_collect(locl_command_buffer *cmd, locl_error *err);
size_t locl_command_buffer_profile_rows(const locl_command_buffer *cmd,
                                        const locl_profile_row **rows); /* owned by the command buffer */
size_t locl_command_buffer_launches(const locl_command_buffer *cmd);
double locl_command_buffer_flops(const locl_command_buffer *cmd); /* counted for one replay */

#endif
