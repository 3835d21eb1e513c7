/* A step, planned once and replayed: a list of kernel launches (and library calls) on given tensors.
 * Operations record into a plan and never touch the device; locl_plan_bind() builds the kernels and sets
 * their arguments; locl_plan_enqueue() replays, setting only what changes from step to step. It never waits.
 *
 *     locl_plan_kernel(plan, "layernorm.cl", "layernorm_jvp", "-D CHUNK=64");
 *     locl_plan_tensor(plan, y);  locl_plan_u32(plan, n);  locl_plan_cost(plan, flops, bytes);
 *     locl_plan_range(plan, groups, group_size);                               // ends the launch
 *
 * Errors while recording stick and are returned by locl_plan_bind(), so operations need no checks. */
#ifndef LOCL_DEVICE_PLAN_H
#define LOCL_DEVICE_PLAN_H

#include "device/arena.h"
#include "device/call.h"

/* Buffers that change from replay to replay. */
typedef enum locl_external {
    LOCL_EXT_INPUT,         /* activations in: x of the stage's first block */
    LOCL_EXT_LABELS,        /* int32 [B] */
    LOCL_EXT_OUTPUT,        /* activations out, for the next stage */
    LOCL_EXT_OUTPUT_LABELS, /* int32 [B], passed on with them */
    LOCL_EXT_METRICS,       /* this step's record, see ops/metrics.h */
    LOCL_EXT_COUNT
} locl_external;

/* Scalars that change from replay to replay. */
typedef enum locl_scalar {
    LOCL_SCALAR_STEP,  /* uint: the step's number, from 0 */
    LOCL_SCALAR_RATE,  /* float: the step's learning rate */
    LOCL_SCALAR_VALID, /* uint: images of the batch that count, <= B (a last partial one in evaluation) */
    LOCL_SCALAR_COUNT
} locl_scalar;

typedef struct locl_bindings {
    cl_mem external[LOCL_EXT_COUNT]; /* NULL where the plan has none */
    cl_uint step;
    cl_float rate;
    cl_uint valid;
} locl_bindings;

typedef struct locl_plan locl_plan;

/* `workspace` may be NULL when no operation takes scratch; it and the device stay the caller's and must
 * outlive the plan. */
locl_status locl_plan_create(locl_device *device, locl_arena *workspace, locl_plan **out, locl_error *err);
void locl_plan_release(locl_plan *plan); /* NULL is fine */

locl_device *locl_plan_device(const locl_plan *plan);
const locl_caps *locl_plan_caps(const locl_plan *plan);
locl_arena *locl_plan_workspace(const locl_plan *plan);
/* Scratch of `count` floats from the workspace. */
locl_tensor *locl_plan_scratch(locl_plan *plan, size_t count, const char *name);
locl_tensor *locl_plan_external(locl_plan *plan, locl_external external, size_t bytes);

/* A name prefix for the launches that follow ("block 2"), shown by --profile; NULL ends it. */
void locl_plan_section(locl_plan *plan, const char *name);

/* Begins a launch. Strings are copied. */
void locl_plan_kernel(locl_plan *plan, const char *file, const char *kernel, const char *options, ...)
    LOCL_PRINTF(4, 5);
void locl_plan_tensor(locl_plan *plan, const locl_tensor *tensor); /* NULL passes a null buffer */
void locl_plan_u32(locl_plan *plan, size_t value);   /* uint argument; above 2^32-1 is an error */
void locl_plan_u64(locl_plan *plan, uint64_t value); /* ulong argument */
void locl_plan_f32(locl_plan *plan, float value);    /* float argument */
void locl_plan_scalar(locl_plan *plan, locl_scalar scalar);
/* Counted by hand, of one replay: floating-point operations, bytes read and written. For --profile. */
void locl_plan_cost(locl_plan *plan, double flops, double bytes);
/* End a launch: `groups` work-groups of `items` work-items; 3 dimensions with _range3. */
void locl_plan_range(locl_plan *plan, size_t groups, size_t items);
void locl_plan_range3(locl_plan *plan, const size_t groups[3], const size_t items[3]);

/* A library call in the list (CLBlast): `enqueue` gets `args`, a copy of `bytes` bytes made here. Called from
 * the device's worker; enqueues on queue->cl; `event` may be NULL. The tensors in args are bound by then. */
typedef locl_status (*locl_plan_call)(const void *args, locl_queue *queue, cl_event *event, locl_error *err);
void locl_plan_add_call(locl_plan *plan, const char *name, locl_plan_call enqueue, const void *args,
                        size_t bytes, double flops, double moved);

/* For errors found while recording (a shape that an operation can't take). Sticks. */
void locl_plan_fail(locl_plan *plan, locl_status status, const char *format, ...) LOCL_PRINTF(3, 4);
locl_status locl_plan_status(const locl_plan *plan, locl_error *err);

/* Builds the kernels and sets the arguments; the arenas of all tensors are bound before. */
locl_status locl_plan_bind(locl_plan *plan, locl_error *err);

/* Told while plans are bound, which builds kernels and may take long; one for all plans that are bound in a
 * row. */
typedef struct locl_plan_watch {
    size_t done, total; /* launches */
    void (*tell)(void *user, size_t done, size_t total);
    void *user;
} locl_plan_watch;
/* `watch` outlives the binding. */
void locl_plan_set_watch(locl_plan *plan, locl_plan_watch *watch);
locl_status locl_plan_enqueue(locl_plan *plan, locl_queue *queue, const locl_bindings *bindings,
                              locl_error *err);

/* Where the time goes. With a profile attached (and a profiling queue), each enqueue keeps an event per
 * launch; locl_plan_profile_collect() waits for them and adds up. For --profile and benchmarks only. */
typedef struct locl_profile_row {
    const char *section, *kernel;
    double seconds, flops, bytes; /* sums over all replays */
    unsigned long long launches;
} locl_profile_row;
void locl_plan_profile_start(locl_plan *plan);
locl_status locl_plan_profile_collect(locl_plan *plan, locl_error *err);
size_t locl_plan_profile_rows(const locl_plan *plan, const locl_profile_row **rows); /* owned by the plan */
size_t locl_plan_launches(const locl_plan *plan);
double locl_plan_flops(const locl_plan *plan); /* of one replay */

#endif
