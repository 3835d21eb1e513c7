#include "device/command_buffer.h"

#include "base/clock.h"
#include "device/command_parts.h"
#include "device/program.h"
#include "device/tape.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
    }
    while (cmd->blocks) {
        locl_host_block *next = cmd->blocks->next;
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
    return locl_command_buffer_scratch_of(cmd, false, count, name);
}

locl_tensor *locl_command_buffer_scratch_of(locl_command_buffer *cmd, bool half, size_t count,
                                            const char *name)
{
    size_t element = half ? sizeof(cl_half) : sizeof(cl_float);
    locl_tensor *tensor = locl_arena_take(cmd->workspace, count * element, name);
    tensor->half = half;
    return tensor;
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
    locl_host_block *block =
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

locl_launch_record *locl_launch_record_add(locl_command_buffer *cmd)
{
    if (cmd->error.status != LOCL_OK) {
        return NULL;
    }
    if (cmd->launches == cmd->capacity) {
        size_t capacity = cmd->capacity ? cmd->capacity * 2 : 32;
        locl_launch_record *grown = realloc(cmd->launch, capacity * sizeof *grown);
        if (!grown) {
            locl_command_buffer_fail(cmd, LOCL_E_MEMORY, "out of memory while recording");
            return NULL;
        }
        cmd->launch = grown;
        cmd->capacity = capacity;
    }
    locl_launch_record *launch = &cmd->launch[cmd->launches++];
    *launch = (locl_launch_record){0};
    memcpy(launch->section, cmd->section, sizeof launch->section);
    return launch;
}

void locl_command_buffer_add_call(locl_command_buffer *cmd, const char *name,
                                  locl_command_buffer_call enqueue, const void *args, size_t bytes,
                                  double flops, double moved)
{
    void *copy = locl_command_buffer_memory(cmd, 1, bytes);
    locl_launch_record *launch = copy ? locl_launch_record_add(cmd) : NULL;
    if (!launch) {
        return;
    }
    memcpy(copy, args, bytes);
    launch->name = name;
    launch->call = enqueue;
    launch->call_args = copy;
    launch->flops = flops;
    launch->bytes = moved;
}

void locl_command_buffer_call_uses(locl_command_buffer *cmd, const locl_tensor *tensor)
{
    locl_launch_record *launch = cmd->launches ? &cmd->launch[cmd->launches - 1] : NULL;
    size_t i = 0;
    if (!launch || !launch->call || !tensor || cmd->error.status != LOCL_OK) {
        return;
    }
    while (i < LOCL_CALL_TENSORS && launch->call_tensor[i]) {
        i++;
    }
    if (i == LOCL_CALL_TENSORS) {
        locl_command_buffer_fail(cmd, LOCL_E_FAILED, "%s: more than %d tensors", launch->name,
                                 LOCL_CALL_TENSORS);
        return;
    }
    launch->call_tensor[i] = tensor;
}

const locl_tensor *locl_command_buffer_used(const locl_command_buffer *cmd, size_t index, size_t number)
{
    const locl_launch_record *launch = &cmd->launch[index];
    if (launch->call) {
        return number < LOCL_CALL_TENSORS ? launch->call_tensor[number] : NULL;
    }
    for (cl_uint i = 0; i < launch->args; i++) {
        if (launch->arg[i].tensor && number-- == 0) {
            return launch->arg[i].tensor;
        }
    }
    return NULL;
}

bool locl_command_buffer_launch(const locl_command_buffer *cmd, size_t index, locl_launch_info *out)
{
    if (index >= cmd->launches) {
        return false;
    }
    const locl_launch_record *launch = &cmd->launch[index];
    *out = (locl_launch_info){.section = launch->section,
                              .name = launch->name,
                              .kernel = launch->kernel,
                              .variant = launch->variant,
                              .options = launch->options,
                              .groups = launch->kernel ? launch->global / launch->local : 0,
                              .items = launch->local,
                              .flops = launch->flops,
                              .bytes = launch->bytes};
    return true;
}

static locl_status set_arg(const locl_command_buffer *cmd, const locl_launch_record *launch, cl_uint index,
                           size_t bytes, const void *value, locl_error *err)
{
    cl_int code = clSetKernelArg(launch->cl, index, bytes, value);
    return code ? locl_fail_cl(err, "clSetKernelArg", code, cmd->device, launch->name) : LOCL_OK;
}

static locl_status set_fixed_arg(const locl_command_buffer *cmd, const locl_launch_record *launch, cl_uint i,
                                 locl_error *err)
{
    const locl_launch_arg *arg = &launch->arg[i];
    switch (arg->kind) {
    case LOCL_ARG_IN:
    case LOCL_ARG_OUT:
    case LOCL_ARG_IN_OUT:
        return arg->tensor && arg->tensor->external >= 0
                   ? LOCL_OK
                   : set_arg(cmd, launch, i, sizeof(cl_mem), arg->tensor ? &arg->tensor->mem : NULL, err);
    case LOCL_ARG_U32:
    case LOCL_ARG_I32:
    case LOCL_ARG_F32:
        return set_arg(cmd, launch, i, 4, arg->value, err);
    case LOCL_ARG_U64:
        return set_arg(cmd, launch, i, 8, arg->value, err);
    default:
        return LOCL_OK;
    }
}

static locl_status bind_launch(locl_command_buffer *cmd, locl_launch_record *launch, locl_error *err)
{
    if (launch->call) {
        return LOCL_OK;
    }
    LOCL_TRY(locl_kernel_create(cmd->device, launch->kernel->file, launch->name, launch->options,
                                launch->local, &launch->cl, err));
    for (cl_uint i = 0; i < launch->args; i++) {
        LOCL_TRY(set_fixed_arg(cmd, launch, i, err));
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
    if (cmd->open) {
        locl_command_buffer_fail(cmd, LOCL_E_FAILED, "%s was begun and never run", cmd->open->name);
    }
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

/* Sets the number of the first value of a slice in the tensor of the whole batch. */
static locl_status set_first(const locl_command_buffer *cmd, const locl_launch_record *launch, cl_uint i,
                             size_t first_image, locl_error *err)
{
    cl_ulong value;
    memcpy(&value, launch->arg[i].value, sizeof value);
    value += (cl_ulong)first_image * launch->arg[i].image;
    return set_arg(cmd, launch, i, sizeof value, &value, err);
}

static locl_status set_changing_args(locl_command_buffer *cmd, const locl_launch_record *launch,
                                     const locl_bindings *bindings, locl_error *err)
{
    for (cl_uint i = 0; i < launch->args; i++) {
        const locl_launch_arg *arg = &launch->arg[i];
        if (arg->tensor && arg->tensor->external >= 0) {
            LOCL_TRY(
                set_arg(cmd, launch, i, sizeof(cl_mem), &bindings->external[arg->tensor->external], err));
        } else if (arg->kind == LOCL_ARG_FIRST) {
            LOCL_TRY(set_first(cmd, launch, i, bindings->first_image, err));
        } else if (arg->kind >= LOCL_ARG_STEP) {
            const void *value = arg->kind == LOCL_ARG_STEP   ? (const void *)&bindings->step
                                : arg->kind == LOCL_ARG_RATE ? (const void *)&bindings->rate
                                                             : (const void *)&bindings->valid;
            LOCL_TRY(set_arg(cmd, launch, i, 4, value, err));
        }
    }
    return LOCL_OK;
}

static locl_status enqueue_launch(locl_command_buffer *cmd, const locl_launch_record *launch,
                                  locl_queue *queue, const locl_bindings *bindings, cl_event *event,
                                  locl_error *err)
{
    if (launch->call) {
        return launch->call(launch->call_args, queue, event, err);
    }
    LOCL_TRY(set_changing_args(cmd, launch, bindings, err));
    cl_int code = clEnqueueNDRangeKernel(queue->cl, launch->cl, 1, NULL, &launch->global, &launch->local, 0,
                                         NULL, event);
    return code ? locl_fail_cl(err, "clEnqueueNDRangeKernel", code, cmd->device, launch->name) : LOCL_OK;
}

static locl_status enqueue_taped(locl_command_buffer *cmd, const locl_launch_record *launch,
                                 locl_queue *queue, const locl_bindings *bindings, locl_error *err)
{
    locl_tape_mark mark = {.name = launch->name, .bytes = launch->bytes, .begun = locl_clock_seconds()};
    cl_event event = NULL;
    memcpy(mark.section, launch->section, sizeof mark.section);
    LOCL_TRY(enqueue_launch(cmd, launch, queue, bindings, &event, err));
    locl_status status = locl_tape_add(queue->tape, cmd->device, &mark, event, err);
    locl_event_release(&event);
    return status;
}

locl_status locl_command_buffer_enqueue(locl_command_buffer *cmd, locl_queue *queue,
                                        const locl_bindings *bindings, locl_error *err)
{
    bool taped = queue->tape && queue->tape->on;
    for (size_t i = 0; i < cmd->launches; i++) {
        locl_launch_record *launch = &cmd->launch[i];
        cl_event *event = cmd->profiling ? &launch->event : NULL;
        LOCL_TRY(taped ? enqueue_taped(cmd, launch, queue, bindings, err)
                       : enqueue_launch(cmd, launch, queue, bindings, event, err));
    }
    return LOCL_OK;
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
