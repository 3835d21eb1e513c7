/* What a stage keeps between steps, as named tensors: checkpoints. */
#include "sched/stage.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* After a failed wait: sees to it that nothing uses the host's memory any more. Returns `status`, or
 * LOCL_E_DEADLINE where the device does not end. */
static locl_status end_copies(locl_queue *queue, locl_status status, locl_error *err)
{
    locl_error late;
    if (locl_queue_await(queue, queue->device->deadline, "parameters", &late) == LOCL_E_DEADLINE) {
        *err = late;
        return LOCL_E_DEADLINE;
    }
    return status;
}

/* Waits for a copy, whose event it releases. */
static locl_status end_copy(locl_queue *queue, cl_event done, locl_error *err)
{
    locl_status status = locl_event_await(queue->device, done, queue->device->deadline, "parameters", err);
    locl_event_release(&done);
    return status == LOCL_OK || status == LOCL_E_DEADLINE ? status : end_copies(queue, status, err);
}

locl_status locl_stage_read(locl_queue *queue, const locl_tensor *tensor, size_t count, float *out,
                            locl_error *err)
{
    cl_event done = NULL;
    LOCL_TRY(locl_buffer_read(queue, tensor->mem, 0, count * sizeof *out, out, LOCL_ASYNC, NULL, &done, err));
    return end_copy(queue, done, err);
}

locl_status locl_stage_write(locl_queue *queue, const locl_tensor *tensor, size_t count, const float *host,
                             locl_error *err)
{
    cl_event done = NULL;
    LOCL_TRY(
        locl_buffer_write(queue, tensor->mem, 0, count * sizeof *host, host, LOCL_ASYNC, NULL, &done, err));
    return end_copy(queue, done, err);
}

/* A range that a checkpoint holds, with its name prefix: the parameters, or a state of the optimiser. */
typedef struct stored_range {
    const locl_tensor *tensor;
    size_t params, floats; /* of locl_params: all of them, or those that are trained */
    char prefix[32];
} stored_range;

static size_t stored_ranges(const locl_stage *stage, locl_stored what,
                            stored_range out[1 + LOCL_OPTIM_STATES])
{
    size_t count = 0;
    out[count++] = (stored_range){stage->range, stage->params.count, stage->params.floats, ""};
    for (size_t i = 0; what == LOCL_STORED_ALL && i < stage->optim_states; i++) {
        out[count] =
            (stored_range){stage->optim_state[i], stage->params.trained, stage->params.trained_floats, ""};
        snprintf(out[count].prefix, sizeof out[count].prefix, "%s.",
                 locl_optim_state_name(stage->options.optim, i));
        count++;
    }
    return count;
}

/* Refuses what is not finite. Training ends before it would save such values, so the device gave others than it has. */
static locl_status check_finite(const locl_stage *stage, const float *value, const char *name, size_t count,
                                locl_error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(value[i])) {
            locl_fail(err, LOCL_E_NUMERIC, "%s as device %zu (%s) gives it is not finite", name,
                      stage->device->index, stage->device->name);
            locl_error_at(err, (int)stage->device->index, -1, -1);
            return LOCL_E_NUMERIC;
        }
    }
    return LOCL_OK;
}

static locl_status save_range(const stored_range *range, const locl_stage *stage, const float *host,
                              locl_arrays *out, locl_error *err)
{
    const locl_params *params = &stage->params;
    for (size_t i = 0; i < range->params; i++) {
        const locl_param *p = &params->param[i];
        char name[LOCL_ARRAY_NAME];
        snprintf(name, sizeof name, "%s%s", range->prefix, p->name);
        LOCL_TRY(check_finite(stage, host + p->offset, name, p->count, err));
        locl_array *array = locl_arrays_add(out, name, LOCL_F32, p->rank, p->dim, err);
        if (!array) {
            return err->status;
        }
        memcpy(array->data, host + p->offset, p->count * sizeof *host);
    }
    return LOCL_OK;
}

/* Checks that `array` is what `p` should be. What is not finite in parameters shows in the first loss, in a
 * mirror later, in gradients. */
static locl_status check_array(const locl_array *array, const locl_param *p, const char *name,
                               locl_error *err)
{
    if (!array) {
        return locl_fail(err, LOCL_E_CHECKPOINT, "tensor %s is missing", name);
    }
    locl_text shapes = {0};
    if (locl_array_fits(array, LOCL_F32, p->rank, p->dim, &shapes)) {
        return p->role == LOCL_PARAM_MIRROR && locl_array_nonfinite(array)
                   ? locl_fail(err, LOCL_E_CHECKPOINT, "tensor %s: holds values that are NaN or infinite",
                               name)
                   : LOCL_OK;
    }
    locl_fail(err, LOCL_E_CHECKPOINT, "tensor %s: found %s", name,
              shapes.failed ? "another shape" : shapes.data);
    locl_text_free(&shapes);
    return LOCL_E_CHECKPOINT;
}

static locl_status load_range(const stored_range *range, const locl_params *params, const locl_arrays *in,
                              float *host, locl_error *err)
{
    for (size_t i = 0; i < range->params; i++) {
        const locl_param *p = &params->param[i];
        char name[LOCL_ARRAY_NAME];
        snprintf(name, sizeof name, "%s%s", range->prefix, p->name);
        const locl_array *array = locl_arrays_find(in, name);
        LOCL_TRY(check_array(array, p, name, err));
        memcpy(host + p->offset, array->data, p->count * sizeof *host);
    }
    return LOCL_OK;
}

size_t locl_stage_stored_floats(const locl_stage *stage, locl_stored what)
{
    stored_range range[1 + LOCL_OPTIM_STATES];
    size_t floats = 0;
    for (size_t i = stored_ranges(stage, what, range); i-- > 0;) {
        floats += range[i].floats;
    }
    return floats;
}

locl_status locl_stage_copy(const locl_stage *stage, locl_queue *queue, float *host, locl_error *err)
{
    stored_range range[1 + LOCL_OPTIM_STATES];
    size_t ranges = stored_ranges(stage, LOCL_STORED_ALL, range);
    for (size_t i = 0; i < ranges; host += range[i++].floats) {
        LOCL_TRY(locl_buffer_read(queue, range[i].tensor->mem, 0, range[i].floats * sizeof *host, host,
                                  LOCL_ASYNC, NULL, NULL, err));
    }
    return LOCL_OK;
}

locl_status locl_stage_name(const locl_stage *stage, locl_stored what, const float *host, locl_arrays *out,
                            locl_error *err)
{
    stored_range range[1 + LOCL_OPTIM_STATES];
    size_t ranges = stored_ranges(stage, what, range);
    for (size_t i = 0; i < ranges; host += range[i++].floats) {
        LOCL_TRY(save_range(&range[i], stage, host, out, err));
    }
    return LOCL_OK;
}

locl_status locl_stage_save(locl_stage *stage, locl_queue *queue, locl_stored what, locl_arrays *out,
                            locl_error *err)
{
    stored_range range[1 + LOCL_OPTIM_STATES];
    size_t ranges = stored_ranges(stage, what, range), floats = locl_stage_stored_floats(stage, what);
    locl_status status = LOCL_OK;
    float *host = malloc(floats * sizeof *host), *to = host;
    if (!host) {
        return locl_fail_memory(err, floats * sizeof *host);
    }
    for (size_t i = 0; i < ranges && status == LOCL_OK; to += range[i++].floats) {
        status = locl_stage_read(queue, range[i].tensor, range[i].floats, to, err);
    }
    locl_status read = status;
    if (status == LOCL_OK) {
        status = locl_stage_name(stage, what, host, out, err);
    }
    locl_host_release(host, read);
    return status;
}

locl_status locl_stage_load(locl_stage *stage, locl_queue *queue, locl_stored what, const locl_arrays *in,
                            locl_error *err)
{
    stored_range range[1 + LOCL_OPTIM_STATES];
    size_t ranges = stored_ranges(stage, what, range), floats = stage->params.floats;
    locl_status status = LOCL_OK;
    float *host = calloc(floats, sizeof *host);
    if (!host) {
        return locl_fail_memory(err, floats * sizeof *host);
    }
    for (size_t i = 0; i < ranges && status == LOCL_OK; i++) {
        status = load_range(&range[i], &stage->params, in, host, err);
        if (status == LOCL_OK) {
            status = locl_stage_write(queue, range[i].tensor, range[i].floats, host, err);
        }
    }
    locl_host_release(host, status);
    return status;
}
