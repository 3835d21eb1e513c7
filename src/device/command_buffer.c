#include "device/command_buffer.h"

#include "device/program.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_ARGS = 32 };

typedef enum arg_kind { ARG_TENSOR, ARG_VALUE, ARG_EXTERNAL, ARG_SCALAR } arg_kind;

typedef struct launch_arg {
    arg_kind kind;
    const locl_tensor *tensor;
    int which; /* locl_external or locl_scalar */
    unsigned char value[8];
    size_t bytes;
} launch_arg;

typedef struct launch_record {
    char section[32], file[32], kernel[48];
    char *options; /* of the build, owned */
    launch_arg arg[MAX_ARGS];
    cl_uint args;
    size_t global[3], local[3];
    double flops, bytes;
    cl_kernel cl;
    locl_command_buffer_call call; /* instead of a kernel */
    void *call_args;
    cl_event event; /* of the last replay, while profiling */
} launch_record;

/* Memory of the recording, given back with it. */
typedef struct host_block {
    struct host_block *next;
    max_align_t memory[];
} host_block;

struct locl_command_buffer {
    locl_device *device;
    locl_arena *workspace;
    launch_record *launch; /* [launches] */
    size_t launches, capacity;
    locl_tensor external[LOCL_EXT_COUNT];
    bool recording; /* between _kernel and _range */
    char section[32];
    locl_error error;                 /* of recording; sticks */
    locl_command_buffer_watch *watch; /* while it is bound; may be NULL */
    host_block *blocks;
    void *context;
    locl_device_prepare *prepare; /* [prepares] what the device has to be prepared by */
    size_t prepares;
    bool profiling;
    locl_profile_row *row; /* [rows] */
    size_t rows;
};

locl_status locl_command_buffer_create(locl_device *device, locl_arena *workspace, locl_command_buffer **out,
                                       locl_error *err)
{
    locl_command_buffer *cmd = calloc(1, sizeof *cmd);
    *out = NULL;
    if (!cmd) {
        return locl_fail_memory(err, sizeof *cmd);
    }
    cmd->device = device;
    cmd->workspace = workspace;
    *out = cmd;
    return LOCL_OK;
}

void locl_command_buffer_release(locl_command_buffer *cmd)
{
    if (!cmd) {
        return;
    }
    for (size_t i = 0; i < cmd->launches; i++) {
        if (cmd->launch[i].cl) {
            clReleaseKernel(cmd->launch[i].cl);
        }
        locl_event_release(&cmd->launch[i].event);
        free(cmd->launch[i].call_args);
        free(cmd->launch[i].options);
    }
    while (cmd->blocks) {
        host_block *next = cmd->blocks->next;
        free(cmd->blocks);
        cmd->blocks = next;
    }
    free(cmd->prepare);
    free(cmd->launch);
    free(cmd->row);
    free(cmd);
}

const locl_caps *locl_command_buffer_caps(const locl_command_buffer *cmd)
{
    return &cmd->device->caps;
}

locl_arena *locl_command_buffer_workspace(const locl_command_buffer *cmd)
{
    return cmd->workspace;
}

locl_tensor *locl_command_buffer_scratch(locl_command_buffer *cmd, size_t count, const char *name)
{
    return locl_arena_take(cmd->workspace, count * sizeof(cl_float), name);
}

locl_tensor *locl_command_buffer_external(locl_command_buffer *cmd, locl_external external, size_t bytes)
{
    static const char *const names[] = {"input", "labels", "output", "output labels", "metrics"};
    locl_tensor *tensor = &cmd->external[external];
    snprintf(tensor->name, sizeof tensor->name, "%s", names[external]);
    tensor->bytes = bytes;
    tensor->external = (int)external;
    return tensor;
}

void locl_command_buffer_section(locl_command_buffer *cmd, const char *name)
{
    snprintf(cmd->section, sizeof cmd->section, "%s", name ? name : "");
}

void locl_command_buffer_fail(locl_command_buffer *cmd, locl_status status, const char *format, ...)
{
    char text[512];
    va_list args;
    if (cmd->error.status != LOCL_OK) {
        return;
    }
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    locl_fail(&cmd->error, status, "%s", text);
    locl_error_where(&cmd->error, "%s", cmd->section);
}

locl_status locl_command_buffer_status(const locl_command_buffer *cmd, locl_error *err)
{
    if (cmd->error.status != LOCL_OK) {
        *err = cmd->error;
    }
    return cmd->error.status;
}

bool locl_command_buffer_failed(const locl_command_buffer *cmd)
{
    return cmd->error.status != LOCL_OK;
}

void *locl_command_buffer_memory(locl_command_buffer *cmd, size_t count, size_t size)
{
    host_block *block =
        count > (SIZE_MAX - sizeof *block) / size ? NULL : calloc(1, sizeof *block + count * size);
    if (!block) {
        locl_command_buffer_fail(cmd, LOCL_E_MEMORY, "out of memory while recording");
        return NULL;
    }
    block->next = cmd->blocks;
    cmd->blocks = block;
    return block->memory;
}

void *locl_command_buffer_context(const locl_command_buffer *cmd)
{
    return cmd->context;
}

void locl_command_buffer_set_context(locl_command_buffer *cmd, void *context)
{
    cmd->context = context;
}

void locl_command_buffer_require(locl_command_buffer *cmd, locl_device_prepare prepare)
{
    for (size_t i = 0; i < cmd->prepares; i++) {
        if (cmd->prepare[i] == prepare) {
            return;
        }
    }
    locl_device_prepare *grown = realloc(cmd->prepare, (cmd->prepares + 1) * sizeof *grown);
    if (!grown) {
        locl_command_buffer_fail(cmd, LOCL_E_MEMORY, "out of memory while recording");
        return;
    }
    cmd->prepare = grown;
    cmd->prepare[cmd->prepares++] = prepare;
}

/* The launch being recorded, or a new one with `fresh`; NULL once an error sticks. */
static launch_record *current(locl_command_buffer *cmd, bool fresh)
{
    if (cmd->error.status != LOCL_OK) {
        return NULL;
    }
    if (fresh == cmd->recording) {
        locl_command_buffer_fail(cmd, LOCL_E_FAILED, "a launch was recorded out of order");
        return NULL;
    }
    if (!fresh) {
        return &cmd->launch[cmd->launches - 1];
    }
    if (cmd->launches == cmd->capacity) {
        size_t capacity = cmd->capacity ? cmd->capacity * 2 : 32;
        launch_record *grown = realloc(cmd->launch, capacity * sizeof *grown);
        if (!grown) {
            locl_command_buffer_fail(cmd, LOCL_E_MEMORY, "out of memory while recording");
            return NULL;
        }
        cmd->launch = grown;
        cmd->capacity = capacity;
    }
    launch_record *launch = &cmd->launch[cmd->launches++];
    memset(launch, 0, sizeof *launch);
    memcpy(launch->section, cmd->section, sizeof launch->section);
    return launch;
}

void locl_command_buffer_kernel(locl_command_buffer *cmd, const char *file, const char *kernel,
                                const char *options, ...)
{
    launch_record *launch = current(cmd, true);
    if (!launch) {
        return;
    }
    va_list args, again;
    va_start(args, options);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, options, args);
    va_end(args);
    launch->options = length < 0 ? NULL : malloc((size_t)length + 1);
    if (launch->options) {
        vsnprintf(launch->options, (size_t)length + 1, options, again);
    } else {
        locl_command_buffer_fail(cmd, LOCL_E_MEMORY, "out of memory while recording");
    }
    va_end(again);
    snprintf(launch->file, sizeof launch->file, "%s", file);
    snprintf(launch->kernel, sizeof launch->kernel, "%s", kernel);
    cmd->recording = true;
}

static void add_arg(locl_command_buffer *cmd, launch_arg arg)
{
    launch_record *launch = current(cmd, false);
    if (!launch) {
        return;
    }
    if (launch->args == MAX_ARGS) {
        locl_command_buffer_fail(cmd, LOCL_E_FAILED, "%s has more than %d arguments", launch->kernel,
                                 MAX_ARGS);
        return;
    }
    launch->arg[launch->args++] = arg;
}

void locl_command_buffer_tensor(locl_command_buffer *cmd, const locl_tensor *tensor)
{
    bool external = tensor && tensor->external >= 0;
    add_arg(cmd, (launch_arg){.kind = external ? ARG_EXTERNAL : ARG_TENSOR,
                              .tensor = tensor,
                              .which = external ? tensor->external : 0,
                              .bytes = sizeof(cl_mem)});
}

static void add_value(locl_command_buffer *cmd, const void *value, size_t bytes)
{
    launch_arg arg = {.kind = ARG_VALUE, .bytes = bytes};
    memcpy(arg.value, value, bytes);
    add_arg(cmd, arg);
}

void locl_command_buffer_u32(locl_command_buffer *cmd, size_t value)
{
    cl_uint narrow = (cl_uint)value;
    if (value > UINT32_MAX) {
        locl_command_buffer_fail(cmd, LOCL_E_TOO_LARGE, "a size of %zu is above 2^32 - 1", value);
    }
    add_value(cmd, &narrow, sizeof narrow);
}

void locl_command_buffer_u64(locl_command_buffer *cmd, uint64_t value)
{
    cl_ulong wide = value;
    add_value(cmd, &wide, sizeof wide);
}

void locl_command_buffer_f32(locl_command_buffer *cmd, float value)
{
    add_value(cmd, &value, sizeof value);
}

void locl_command_buffer_scalar(locl_command_buffer *cmd, locl_scalar scalar)
{
    add_arg(cmd, (launch_arg){.kind = ARG_SCALAR, .which = (int)scalar, .bytes = 4});
}

void locl_command_buffer_cost(locl_command_buffer *cmd, double flops, double bytes)
{
    launch_record *launch = current(cmd, false);
    if (launch) {
        launch->flops = flops;
        launch->bytes = bytes;
    }
}

void locl_command_buffer_range(locl_command_buffer *cmd, size_t groups, size_t items)
{
    locl_command_buffer_range3(cmd, (size_t[3]){groups, 1, 1}, (size_t[3]){items, 1, 1});
}

void locl_command_buffer_range3(locl_command_buffer *cmd, const size_t groups[3], const size_t items[3])
{
    launch_record *launch = current(cmd, false);
    if (!launch) {
        return;
    }
    for (int d = 0; d < 3; d++) {
        launch->global[d] = groups[d] * items[d];
        launch->local[d] = items[d];
    }
    cmd->recording = false;
}

void locl_command_buffer_add_call(locl_command_buffer *cmd, const char *name,
                                  locl_command_buffer_call enqueue, const void *args, size_t bytes,
                                  double flops, double moved)
{
    launch_record *launch = current(cmd, true);
    if (!launch) {
        return;
    }
    snprintf(launch->kernel, sizeof launch->kernel, "%s", name);
    launch->call = enqueue;
    launch->call_args = malloc(bytes);
    launch->flops = flops;
    launch->bytes = moved;
    if (!launch->call_args) {
        locl_command_buffer_fail(cmd, LOCL_E_MEMORY, "out of memory while recording");
        return;
    }
    memcpy(launch->call_args, args, bytes);
}

static locl_status set_arg(const locl_command_buffer *cmd, const launch_record *launch, cl_uint index,
                           size_t bytes, const void *value, locl_error *err)
{
    cl_int code = clSetKernelArg(launch->cl, index, bytes, value);
    return code ? locl_fail_cl(err, "clSetKernelArg", code, cmd->device, launch->kernel) : LOCL_OK;
}

static locl_status bind_launch(locl_command_buffer *cmd, launch_record *launch, locl_error *err)
{
    if (launch->call) {
        return LOCL_OK;
    }
    size_t items = launch->local[0] * launch->local[1] * launch->local[2];
    LOCL_TRY(locl_kernel_create(cmd->device, launch->file, launch->kernel, launch->options, items,
                                &launch->cl, err));
    for (cl_uint i = 0; i < launch->args; i++) {
        const launch_arg *arg = &launch->arg[i];
        if (arg->kind == ARG_TENSOR) {
            LOCL_TRY(set_arg(cmd, launch, i, sizeof(cl_mem), arg->tensor ? &arg->tensor->mem : NULL, err));
        } else if (arg->kind == ARG_VALUE) {
            LOCL_TRY(set_arg(cmd, launch, i, arg->bytes, arg->value, err));
        }
    }
    return LOCL_OK;
}

void locl_command_buffer_set_watch(locl_command_buffer *cmd, locl_command_buffer_watch *watch)
{
    cmd->watch = watch;
}

locl_status locl_command_buffer_bind(locl_command_buffer *cmd, locl_error *err)
{
    locl_command_buffer_watch *watch = cmd->watch;
    LOCL_TRY(locl_command_buffer_status(cmd, err));
    for (size_t i = 0; i < cmd->prepares; i++) {
        LOCL_TRY(locl_device_prepare_once(cmd->device, cmd->prepare[i], err));
    }
    for (size_t i = 0; i < cmd->launches; i++) {
        locl_status status = bind_launch(cmd, &cmd->launch[i], err);
        if (status != LOCL_OK) {
            locl_error_where(err, "%s", cmd->launch[i].section);
            return status;
        }
        if (watch) {
            watch->tell(watch->user, ++watch->done, watch->total);
        }
    }
    return LOCL_OK;
}

static locl_status set_changing_args(locl_command_buffer *cmd, const launch_record *launch,
                                     const locl_bindings *bindings, locl_error *err)
{
    const void *const scalar[LOCL_SCALAR_COUNT] = {&bindings->step, &bindings->rate, &bindings->valid};
    for (cl_uint i = 0; i < launch->args; i++) {
        const launch_arg *arg = &launch->arg[i];
        if (arg->kind == ARG_EXTERNAL) {
            LOCL_TRY(set_arg(cmd, launch, i, sizeof(cl_mem), &bindings->external[arg->which], err));
        } else if (arg->kind == ARG_SCALAR) {
            LOCL_TRY(set_arg(cmd, launch, i, 4, scalar[arg->which], err));
        }
    }
    return LOCL_OK;
}

locl_status locl_command_buffer_enqueue(locl_command_buffer *cmd, locl_queue *queue,
                                        const locl_bindings *bindings, locl_error *err)
{
    for (size_t i = 0; i < cmd->launches; i++) {
        launch_record *launch = &cmd->launch[i];
        cl_event *event = cmd->profiling ? &launch->event : NULL;
        if (launch->call) {
            LOCL_TRY(launch->call(launch->call_args, queue, event, err));
            continue;
        }
        LOCL_TRY(set_changing_args(cmd, launch, bindings, err));
        cl_int code = clEnqueueNDRangeKernel(queue->cl, launch->cl, 3, NULL, launch->global, launch->local, 0,
                                             NULL, event);
        if (code) {
            return locl_fail_cl(err, "clEnqueueNDRangeKernel", code, cmd->device, launch->kernel);
        }
    }
    return LOCL_OK;
}

void locl_command_buffer_profile_start(locl_command_buffer *cmd)
{
    cmd->profiling = true;
}

static locl_profile_row *profile_row(locl_command_buffer *cmd, const launch_record *launch)
{
    for (size_t i = 0; i < cmd->rows; i++) {
        if (!strcmp(cmd->row[i].section, launch->section) && !strcmp(cmd->row[i].kernel, launch->kernel)) {
            return &cmd->row[i];
        }
    }
    locl_profile_row *grown = realloc(cmd->row, (cmd->rows + 1) * sizeof *grown);
    if (!grown) {
        return NULL;
    }
    cmd->row = grown;
    cmd->row[cmd->rows] = (locl_profile_row){.section = launch->section, .kernel = launch->kernel};
    return &cmd->row[cmd->rows++];
}

locl_status locl_command_buffer_profile_collect(locl_command_buffer *cmd, locl_error *err)
{
    for (size_t i = 0; i < cmd->launches; i++) {
        launch_record *launch = &cmd->launch[i];
        cl_ulong start = 0, end = 0;
        if (!launch->event) {
            continue;
        }
        LOCL_TRY(locl_event_wait(cmd->device, launch->event, err));
        LOCL_TRY(locl_event_times(cmd->device, launch->event, &start, &end, err));
        locl_event_release(&launch->event);
        locl_profile_row *row = profile_row(cmd, launch);
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

size_t locl_command_buffer_profile_rows(const locl_command_buffer *cmd, const locl_profile_row **rows)
{
    *rows = cmd->row;
    return cmd->rows;
}

size_t locl_command_buffer_launches(const locl_command_buffer *cmd)
{
    return cmd->launches;
}

double locl_command_buffer_flops(const locl_command_buffer *cmd)
{
    double flops = 0;
    for (size_t i = 0; i < cmd->launches; i++) {
        flops += cmd->launch[i].flops;
    }
    return flops;
}
