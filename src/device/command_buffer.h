/* A step, recorded once and replayed: a list of kernel launches (and library calls) on given tensors.
 * Operations record into a command buffer (launch.h) and never touch the device; locl_command_buffer_bind()
 * builds the kernels and sets their arguments; locl_command_buffer_enqueue() replays, setting only what
 * changes from step to step. It never waits.
 *
 * Errors while recording stick and are returned by locl_command_buffer_bind(), so operations need no checks.
 */
#ifndef LOCL_DEVICE_COMMAND_BUFFER_H
#define LOCL_DEVICE_COMMAND_BUFFER_H

#include "device/arena.h"
#include "device/call.h"
#include "device/kernel.h"

/* Buffers that change from replay to replay. */
typedef enum locl_external {
    LOCL_EXT_INPUT,         /* activations in: x of the stage's first block */
    LOCL_EXT_LABELS,        /* int32 [B] */
    LOCL_EXT_OUTPUT,        /* activations out, for the next stage */
    LOCL_EXT_OUTPUT_LABELS, /* int32 [B], passed on with them */
    LOCL_EXT_METRICS,       /* this step's record, see ops/metrics.h */
    LOCL_EXT_COUNT
} locl_external;

/* What changes from replay to replay. */
typedef struct locl_bindings {
    cl_mem external[LOCL_EXT_COUNT]; /* NULL where the command buffer has none */
    cl_uint step;
    cl_float rate;
    cl_uint valid;
    size_t first_image; /* of the whole batch, where a slice of it is computed; else 0 */
} locl_bindings;

typedef struct locl_command_buffer locl_command_buffer;

/* `workspace` may be NULL when no operation takes scratch; it and the device stay the caller's and must
 * outlive the command buffer. */
locl_status locl_command_buffer_create(locl_device *device, locl_arena *workspace, locl_command_buffer **out,
                                       locl_error *err);
void locl_command_buffer_release(locl_command_buffer *cmd); /* NULL is fine */

const locl_caps *locl_command_buffer_caps(const locl_command_buffer *cmd);
locl_arena *locl_command_buffer_workspace(const locl_command_buffer *cmd);
/* Scratch of `count` floats from the workspace. */
locl_tensor *locl_command_buffer_scratch(locl_command_buffer *cmd, size_t count, const char *name);
locl_tensor *locl_command_buffer_external(locl_command_buffer *cmd, locl_external external, size_t bytes);

/* Host memory of the recording, [count] of `size` bytes, zeroed, given back with the command buffer; NULL
 * once memory has run out, which sticks. */
void *locl_command_buffer_memory(locl_command_buffer *cmd, size_t count, size_t size);
/* What those who record keep with the recording, in its memory (gemm: who computes products, and which there
 * are); NULL at first. */
void *locl_command_buffer_context(const locl_command_buffer *cmd);
void locl_command_buffer_set_context(locl_command_buffer *cmd, void *context);
/* What has to happen once per device before the list first runs on it: `prepare` is called when the first
 * command buffer that asks for it is bound. */
void locl_command_buffer_require(locl_command_buffer *cmd, locl_device_prepare prepare);

/* A name prefix for the launches that follow ("block 2"), shown by --profile; NULL ends it. */
void locl_command_buffer_section(locl_command_buffer *cmd, const char *name);

/* A library call in the list (CLBlast), whose `name` stays; `enqueue` gets `args`, a copy of `bytes` bytes
 * made here. Called from the device's worker; enqueues on queue->cl; `event` may be NULL. The tensors in args
 * are bound by then. */
typedef locl_status (*locl_command_buffer_call)(const void *args, locl_queue *queue, cl_event *event,
                                                locl_error *err);
void locl_command_buffer_add_call(locl_command_buffer *cmd, const char *name,
                                  locl_command_buffer_call enqueue, const void *args, size_t bytes,
                                  double flops, double moved);

/* Says that the call which was added last reads or writes `tensor` (NULL: nothing): calls keep that in `args`,
 * where nobody else can see it. At most LOCL_CALL_TENSORS of a call. */
enum { LOCL_CALL_TENSORS = 4 };
void locl_command_buffer_call_uses(locl_command_buffer *cmd, const locl_tensor *tensor);

/* A launch of the list, as it was recorded. Its texts are the command buffer's. */
typedef struct locl_launch_info {
    const char *section, *name;
    const locl_kernel *kernel; /* NULL: a library call, which has no variant, options, groups or items */
    size_t variant;            /* of the kernel, see kernel.h */
    const char *options;
    size_t groups, items;
    double flops, bytes;
} locl_launch_info;
/* Launch `index`; false past the last one. */
bool locl_command_buffer_launch(const locl_command_buffer *cmd, size_t index, locl_launch_info *out);
/* Tensor `number` of those that launch `index` reads or writes, views and externals too; NULL past the last
 * one. */
const locl_tensor *locl_command_buffer_used(const locl_command_buffer *cmd, size_t index, size_t number);

/* For errors found while recording (a shape that an operation can't take). Sticks. */
void locl_command_buffer_fail(locl_command_buffer *cmd, locl_status status, const char *format, ...)
    LOCL_PRINTF(3, 4);
locl_status locl_command_buffer_status(const locl_command_buffer *cmd, locl_error *err);
bool locl_command_buffer_failed(const locl_command_buffer *cmd);

/* Builds the kernels and sets the arguments; the arenas of all tensors are bound before. */
locl_status locl_command_buffer_bind(locl_command_buffer *cmd, locl_error *err);

/* Told while command buffers are bound, which builds kernels and may take long; one for all command buffers
 * that are bound in a row. */
typedef struct locl_command_buffer_watch {
    size_t done, total; /* launches */
    void (*tell)(void *user, size_t done, size_t total);
    void *user;
} locl_command_buffer_watch;
/* `watch` outlives the binding. */
void locl_command_buffer_set_watch(locl_command_buffer *cmd, locl_command_buffer_watch *watch);
locl_status locl_command_buffer_enqueue(locl_command_buffer *cmd, locl_queue *queue,
                                        const locl_bindings *bindings, locl_error *err);

/* Where the time goes. With a profile attached (and a profiling queue), each enqueue keeps an event per
 * launch; locl_command_buffer_profile_collect() waits for them and adds up. For --profile and benchmarks
 * only. */
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
double locl_command_buffer_flops(const locl_command_buffer *cmd); /* of one replay */

#endif
