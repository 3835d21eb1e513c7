/* A stage's steps: which recordings they replay, and what these are in total. */
#include "sched/stage.h"

size_t locl_stage_commands(const locl_stage *stage, locl_step_kind kind,
                           locl_command_buffer *out[LOCL_STEP_BUFFERS])
{
    size_t count = 0;
    if (kind == LOCL_STEP_EVALUATE || kind == LOCL_STEP_READ_OUT) {
        out[count++] = stage->evaluation_commands;
    }
    if (kind == LOCL_STEP_TRAIN && stage->gradient_commands) {
        out[count++] = stage->gradient_commands;
    }
    if (kind == LOCL_STEP_TRAIN && stage->update_commands) {
        out[count++] = stage->update_commands;
    }
    if (kind == LOCL_STEP_READ_OUT && stage->readout_commands) {
        out[count++] = stage->readout_commands;
    }
    if (kind == LOCL_STEP_BEGIN && stage->begin_commands) {
        out[count++] = stage->begin_commands;
    }
    return count;
}

locl_status locl_stage_enqueue(const locl_stage *stage, locl_queue *queue, locl_step_kind kind,
                               const locl_bindings *bindings, locl_error *err)
{
    const locl_stage_options *o = &stage->options;
    size_t slice = bindings->first_image - o->first_row; /* its first image */
    bool update = slice + locl_stage_slice(o) >= o->batch && o->others == 0;
    locl_command_buffer *cmd[LOCL_STEP_BUFFERS];
    for (size_t i = 0, count = locl_stage_commands(stage, kind, cmd); i < count; i++) {
        if (update || cmd[i] != stage->update_commands) {
            LOCL_TRY(locl_command_buffer_enqueue(cmd[i], queue, bindings, err));
        }
    }
    return LOCL_OK;
}

locl_status locl_stage_enqueue_update(const locl_stage *stage, locl_queue *queue,
                                      const locl_bindings *bindings, locl_error *err)
{
    return locl_command_buffer_enqueue(stage->update_commands, queue, bindings, err);
}

/* Enqueues slice `slice` of a step of either kind. */
static locl_status enqueue_slice(const locl_stage *stage, locl_queue *queue, locl_step_kind kind,
                                 const locl_tensor *x, const locl_tensor *labels, const locl_tensor *out,
                                 uint64_t step, size_t slice, locl_error *err)
{
    const locl_stage_options *o = &stage->options;
    locl_bindings b = {.step = (cl_uint)step,
                       .valid = (cl_uint)locl_stage_rows(o),
                       .first_image = slice * locl_stage_slice(o) + o->first_row};
    b.external[LOCL_EXT_INPUT] = x->mem;
    b.external[LOCL_EXT_LABELS] = labels->mem;
    b.external[LOCL_EXT_OUTPUT] = out->mem;
    b.external[LOCL_EXT_METRICS] = stage->metrics[0]->mem;
    return locl_stage_enqueue(stage, queue, kind, &b, err);
}

locl_status locl_stage_step(locl_stage *stage, locl_queue *queue, const locl_tensor *x,
                            const locl_tensor *labels, const locl_tensor *out, uint64_t step, size_t slice,
                            locl_error *err)
{
    return enqueue_slice(stage, queue, LOCL_STEP_TRAIN, x, labels, out, step, slice, err);
}

locl_status locl_stage_evaluate(const locl_stage *stage, locl_queue *queue, const locl_tensor *x,
                                const locl_tensor *labels, const locl_tensor *out, locl_error *err)
{
    return enqueue_slice(stage, queue, LOCL_STEP_EVALUATE, x, labels, out, 0, 0, err);
}

/* Returns how often a batch replays a recording. */
static size_t replays(const locl_stage *stage, const locl_command_buffer *cmd)
{
    return cmd == stage->update_commands ? 1 : locl_stage_slices(&stage->options);
}

double locl_stage_flops(const locl_stage *stage, locl_step_kind kind)
{
    locl_command_buffer *cmd[LOCL_STEP_BUFFERS];
    double flops = 0;
    for (size_t i = locl_stage_commands(stage, kind, cmd); i-- > 0;) {
        flops += (double)replays(stage, cmd[i]) * locl_command_buffer_flops(cmd[i]);
    }
    return flops;
}

size_t locl_stage_launches(const locl_stage *stage, locl_step_kind kind)
{
    locl_command_buffer *cmd[LOCL_STEP_BUFFERS];
    size_t launches = 0;
    for (size_t i = locl_stage_commands(stage, kind, cmd); i-- > 0;) {
        launches += replays(stage, cmd[i]) * locl_command_buffer_launches(cmd[i]);
    }
    return launches;
}
