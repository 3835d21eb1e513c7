#include "device/plan.h"

#include "device/program.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_ARGS = 32 };

typedef enum arg_kind { ARG_TENSOR, ARG_VALUE, ARG_EXTERNAL, ARG_SCALAR } arg_kind;

typedef struct plan_arg {
    arg_kind kind;
    const locl_tensor *tensor;
    int which; /* locl_external or locl_scalar */
    unsigned char value[8];
    size_t bytes;
} plan_arg;

typedef struct plan_launch {
    char section[32], file[32], kernel[48], options[256];
    plan_arg arg[MAX_ARGS];
    cl_uint args;
    size_t global[3], local[3];
    double flops, bytes;
    cl_kernel cl;
    locl_plan_call call; /* instead of a kernel */
    void *call_args;
    cl_event event; /* of the last replay, while profiling */
} plan_launch;

struct locl_plan {
    locl_device *device;
    locl_arena *workspace;
    plan_launch *launch; /* [launches] */
    size_t launches, capacity;
    locl_tensor external[LOCL_EXT_COUNT];
    bool recording; /* between _kernel and _range */
    char section[32];
    locl_error error;       /* of recording; sticks */
    locl_plan_watch *watch; /* while it is bound; may be NULL */
    bool profiling;
    locl_profile_row *row; /* [rows] */
    size_t rows;
};

locl_status locl_plan_create(locl_device *device, locl_arena *workspace, locl_plan **out, locl_error *err)
{
    locl_plan *plan = calloc(1, sizeof *plan);
    *out = NULL;
    if (!plan) {
        return locl_fail_memory(err, sizeof *plan);
    }
    plan->device = device;
    plan->workspace = workspace;
    *out = plan;
    return LOCL_OK;
}

void locl_plan_release(locl_plan *plan)
{
    if (!plan) {
        return;
    }
    for (size_t i = 0; i < plan->launches; i++) {
        if (plan->launch[i].cl) {
            clReleaseKernel(plan->launch[i].cl);
        }
        locl_event_release(&plan->launch[i].event);
        free(plan->launch[i].call_args);
    }
    free(plan->launch);
    free(plan->row);
    free(plan);
}

locl_device *locl_plan_device(const locl_plan *plan)
{
    return plan->device;
}

const locl_caps *locl_plan_caps(const locl_plan *plan)
{
    return &plan->device->caps;
}

locl_arena *locl_plan_workspace(const locl_plan *plan)
{
    return plan->workspace;
}

locl_tensor *locl_plan_scratch(locl_plan *plan, size_t count, const char *name)
{
    return locl_arena_take(plan->workspace, count * sizeof(cl_float), name);
}

locl_tensor *locl_plan_external(locl_plan *plan, locl_external external, size_t bytes)
{
    static const char *const names[] = {"input", "labels", "output", "output labels", "metrics"};
    locl_tensor *tensor = &plan->external[external];
    snprintf(tensor->name, sizeof tensor->name, "%s", names[external]);
    tensor->bytes = bytes;
    tensor->external = (int)external;
    return tensor;
}

void locl_plan_section(locl_plan *plan, const char *name)
{
    snprintf(plan->section, sizeof plan->section, "%s", name ? name : "");
}

void locl_plan_fail(locl_plan *plan, locl_status status, const char *format, ...)
{
    char text[512];
    va_list args;
    if (plan->error.status != LOCL_OK) {
        return;
    }
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    locl_fail(&plan->error, status, "%s", text);
    locl_error_where(&plan->error, "%s", plan->section);
}

locl_status locl_plan_status(const locl_plan *plan, locl_error *err)
{
    if (plan->error.status != LOCL_OK && err) {
        *err = plan->error;
    }
    return plan->error.status;
}

/* The launch being recorded, or a new one with `fresh`; NULL once an error sticks. */
static plan_launch *current(locl_plan *plan, bool fresh)
{
    if (plan->error.status != LOCL_OK) {
        return NULL;
    }
    if (fresh == plan->recording) {
        locl_plan_fail(plan, LOCL_E_FAILED, "a launch was recorded out of order");
        return NULL;
    }
    if (!fresh) {
        return &plan->launch[plan->launches - 1];
    }
    if (plan->launches == plan->capacity) {
        size_t capacity = plan->capacity ? plan->capacity * 2 : 32;
        plan_launch *grown = realloc(plan->launch, capacity * sizeof *grown);
        if (!grown) {
            locl_plan_fail(plan, LOCL_E_MEMORY, "out of memory while planning");
            return NULL;
        }
        plan->launch = grown;
        plan->capacity = capacity;
    }
    plan_launch *launch = &plan->launch[plan->launches++];
    memset(launch, 0, sizeof *launch);
    memcpy(launch->section, plan->section, sizeof launch->section);
    return launch;
}

void locl_plan_kernel(locl_plan *plan, const char *file, const char *kernel, const char *options, ...)
{
    plan_launch *launch = current(plan, true);
    if (!launch) {
        return;
    }
    va_list args;
    va_start(args, options);
    vsnprintf(launch->options, sizeof launch->options, options, args);
    va_end(args);
    snprintf(launch->file, sizeof launch->file, "%s", file);
    snprintf(launch->kernel, sizeof launch->kernel, "%s", kernel);
    plan->recording = true;
}

static void add_arg(locl_plan *plan, plan_arg arg)
{
    plan_launch *launch = current(plan, false);
    if (!launch) {
        return;
    }
    if (launch->args == MAX_ARGS) {
        locl_plan_fail(plan, LOCL_E_FAILED, "%s has more than %d arguments", launch->kernel, MAX_ARGS);
        return;
    }
    launch->arg[launch->args++] = arg;
}

void locl_plan_tensor(locl_plan *plan, const locl_tensor *tensor)
{
    bool external = tensor && tensor->external >= 0;
    add_arg(plan, (plan_arg){.kind = external ? ARG_EXTERNAL : ARG_TENSOR,
                             .tensor = tensor,
                             .which = external ? tensor->external : 0,
                             .bytes = sizeof(cl_mem)});
}

static void add_value(locl_plan *plan, const void *value, size_t bytes)
{
    plan_arg arg = {.kind = ARG_VALUE, .bytes = bytes};
    memcpy(arg.value, value, bytes);
    add_arg(plan, arg);
}

void locl_plan_u32(locl_plan *plan, size_t value)
{
    cl_uint narrow = (cl_uint)value;
    if (value > UINT32_MAX) {
        locl_plan_fail(plan, LOCL_E_TOO_LARGE, "a size of %zu is above 2^32 - 1", value);
    }
    add_value(plan, &narrow, sizeof narrow);
}

void locl_plan_u64(locl_plan *plan, uint64_t value)
{
    cl_ulong wide = value;
    add_value(plan, &wide, sizeof wide);
}

void locl_plan_f32(locl_plan *plan, float value)
{
    add_value(plan, &value, sizeof value);
}

void locl_plan_scalar(locl_plan *plan, locl_scalar scalar)
{
    add_arg(plan, (plan_arg){.kind = ARG_SCALAR, .which = (int)scalar, .bytes = 4});
}

void locl_plan_cost(locl_plan *plan, double flops, double bytes)
{
    plan_launch *launch = current(plan, false);
    if (launch) {
        launch->flops = flops;
        launch->bytes = bytes;
    }
}

void locl_plan_range(locl_plan *plan, size_t groups, size_t items)
{
    locl_plan_range3(plan, (size_t[3]){groups, 1, 1}, (size_t[3]){items, 1, 1});
}

void locl_plan_range3(locl_plan *plan, const size_t groups[3], const size_t items[3])
{
    plan_launch *launch = current(plan, false);
    if (!launch) {
        return;
    }
    for (int d = 0; d < 3; d++) {
        launch->global[d] = groups[d] * items[d];
        launch->local[d] = items[d];
    }
    plan->recording = false;
}

void locl_plan_add_call(locl_plan *plan, const char *name, locl_plan_call enqueue, const void *args,
                        size_t bytes, double flops, double moved)
{
    plan_launch *launch = current(plan, true);
    if (!launch) {
        return;
    }
    snprintf(launch->kernel, sizeof launch->kernel, "%s", name);
    launch->call = enqueue;
    launch->call_args = malloc(bytes);
    launch->flops = flops;
    launch->bytes = moved;
    if (!launch->call_args) {
        locl_plan_fail(plan, LOCL_E_MEMORY, "out of memory while planning");
        return;
    }
    memcpy(launch->call_args, args, bytes);
}

static locl_status set_arg(const locl_plan *plan, const plan_launch *launch, cl_uint index, size_t bytes,
                           const void *value, locl_error *err)
{
    cl_int code = clSetKernelArg(launch->cl, index, bytes, value);
    return code ? locl_fail_cl(err, "clSetKernelArg", code, plan->device, launch->kernel) : LOCL_OK;
}

static locl_status bind_launch(locl_plan *plan, plan_launch *launch, locl_error *err)
{
    if (launch->call) {
        return LOCL_OK;
    }
    size_t items = launch->local[0] * launch->local[1] * launch->local[2];
    LOCL_TRY(locl_kernel_create(plan->device, launch->file, launch->kernel, launch->options, items,
                                &launch->cl, err));
    for (cl_uint i = 0; i < launch->args; i++) {
        const plan_arg *arg = &launch->arg[i];
        if (arg->kind == ARG_TENSOR) {
            LOCL_TRY(set_arg(plan, launch, i, sizeof(cl_mem), arg->tensor ? &arg->tensor->mem : NULL, err));
        } else if (arg->kind == ARG_VALUE) {
            LOCL_TRY(set_arg(plan, launch, i, arg->bytes, arg->value, err));
        }
    }
    return LOCL_OK;
}

void locl_plan_set_watch(locl_plan *plan, locl_plan_watch *watch)
{
    plan->watch = watch;
}

locl_status locl_plan_bind(locl_plan *plan, locl_error *err)
{
    locl_plan_watch *watch = plan->watch;
    LOCL_TRY(locl_plan_status(plan, err));
    for (size_t i = 0; i < plan->launches; i++) {
        locl_status status = bind_launch(plan, &plan->launch[i], err);
        if (status != LOCL_OK) {
            locl_error_where(err, "%s", plan->launch[i].section);
            return status;
        }
        if (watch) {
            watch->tell(watch->user, ++watch->done, watch->total);
        }
    }
    return LOCL_OK;
}

static locl_status set_changing_args(locl_plan *plan, const plan_launch *launch,
                                     const locl_bindings *bindings, locl_error *err)
{
    const void *const scalar[LOCL_SCALAR_COUNT] = {&bindings->step, &bindings->rate, &bindings->valid};
    for (cl_uint i = 0; i < launch->args; i++) {
        const plan_arg *arg = &launch->arg[i];
        if (arg->kind == ARG_EXTERNAL) {
            LOCL_TRY(set_arg(plan, launch, i, sizeof(cl_mem), &bindings->external[arg->which], err));
        } else if (arg->kind == ARG_SCALAR) {
            LOCL_TRY(set_arg(plan, launch, i, 4, scalar[arg->which], err));
        }
    }
    return LOCL_OK;
}

locl_status locl_plan_enqueue(locl_plan *plan, locl_queue *queue, const locl_bindings *bindings,
                              locl_error *err)
{
    for (size_t i = 0; i < plan->launches; i++) {
        plan_launch *launch = &plan->launch[i];
        cl_event *event = plan->profiling ? &launch->event : NULL;
        if (launch->call) {
            LOCL_TRY(launch->call(launch->call_args, queue, event, err));
            continue;
        }
        LOCL_TRY(set_changing_args(plan, launch, bindings, err));
        cl_int code = clEnqueueNDRangeKernel(queue->cl, launch->cl, 3, NULL, launch->global, launch->local, 0,
                                             NULL, event);
        if (code) {
            return locl_fail_cl(err, "clEnqueueNDRangeKernel", code, plan->device, launch->kernel);
        }
    }
    return LOCL_OK;
}

void locl_plan_profile_start(locl_plan *plan)
{
    plan->profiling = true;
}

static locl_profile_row *profile_row(locl_plan *plan, const plan_launch *launch)
{
    for (size_t i = 0; i < plan->rows; i++) {
        if (!strcmp(plan->row[i].section, launch->section) && !strcmp(plan->row[i].kernel, launch->kernel)) {
            return &plan->row[i];
        }
    }
    locl_profile_row *grown = realloc(plan->row, (plan->rows + 1) * sizeof *grown);
    if (!grown) {
        return NULL;
    }
    plan->row = grown;
    plan->row[plan->rows] = (locl_profile_row){.section = launch->section, .kernel = launch->kernel};
    return &plan->row[plan->rows++];
}

locl_status locl_plan_profile_collect(locl_plan *plan, locl_error *err)
{
    for (size_t i = 0; i < plan->launches; i++) {
        plan_launch *launch = &plan->launch[i];
        cl_ulong start = 0, end = 0;
        if (!launch->event) {
            continue;
        }
        LOCL_TRY(locl_event_wait(plan->device, launch->event, err));
        LOCL_TRY(locl_event_times(plan->device, launch->event, &start, &end, err));
        locl_event_release(&launch->event);
        locl_profile_row *row = profile_row(plan, launch);
        if (!row) {
            return locl_fail_memory(err, sizeof *row);
        }
        row->seconds += (double)(end - start) * 1e-9;
        row->flops += launch->flops;
        row->bytes += launch->bytes;
        row->launches++;
    }
    return LOCL_OK;
}

size_t locl_plan_profile_rows(const locl_plan *plan, const locl_profile_row **rows)
{
    *rows = plan->row;
    return plan->rows;
}

size_t locl_plan_launches(const locl_plan *plan)
{
    return plan->launches;
}

double locl_plan_flops(const locl_plan *plan)
{
    double flops = 0;
    for (size_t i = 0; i < plan->launches; i++) {
        flops += plan->launch[i].flops;
    }
    return flops;
}
