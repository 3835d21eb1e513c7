#include "sched/in_turn.h"

#include "base/clock.h"

#include <stdlib.h>

locl_status locl_in_turn(size_t stages, locl_in_turn_visit visit, void *user, locl_error *err)
{
    for (size_t i = 0; i < stages; i++) {
        locl_status status = visit(user, i, err);
        if (status != LOCL_OK) {
            locl_error_at(err, -1, (int)i, -1);
            return status;
        }
    }
    return LOCL_OK;
}

locl_status locl_stages_open(const locl_stage_options *options, size_t count, locl_device *device,
                             locl_arena *workspace, locl_stages *out, locl_error *err)
{
    *out = (locl_stages){.stage = calloc(count, sizeof *out->stage)};
    if (!out->stage) {
        return locl_fail_memory(err, count * sizeof *out->stage);
    }
    for (size_t i = 0; i < count; i++) {
        locl_status status = locl_stage_open(&options[i], device, workspace, &out->stage[i], err);
        if (status != LOCL_OK) {
            locl_stages_close(out);
            return status;
        }
        out->count = i + 1;
    }
    return LOCL_OK;
}

void locl_stages_close(locl_stages *stages)
{
    for (size_t i = 0; i < stages->count; i++) {
        locl_stage_close(&stages->stage[i]);
    }
    free(stages->stage);
    *stages = (locl_stages){0};
}

locl_status locl_stages_bind(locl_stages *stages, locl_queue *queue, locl_error *err)
{
    for (size_t i = 0; i < stages->count; i++) {
        LOCL_TRY(locl_stage_bind(&stages->stage[i], queue, err));
    }
    return LOCL_OK;
}

size_t locl_stages_widest(const locl_stages *stages)
{
    size_t widest = 0;
    for (size_t i = 0; i < stages->count; i++) {
        size_t values = locl_stage_output_values(&stages->stage[i]);
        widest = values > widest ? values : widest;
    }
    return widest;
}

double locl_stages_flops(const locl_stages *stages)
{
    double flops = 0;
    for (size_t i = 0; i < stages->count; i++) {
        flops += locl_stage_flops(&stages->stage[i], LOCL_STEP_TRAIN);
    }
    return flops;
}

/* A step under way. */
typedef struct stages_step {
    locl_stages *stages;
    locl_queue *queue;
    const locl_stages_buffers *buffers;
    locl_step_kind kind; /* to train or to evaluate */
    uint64_t step;
    size_t slice;
    locl_stages_look look;
    void *user;
    double seconds;
} stages_step;

static locl_status visit_stage(void *user, size_t index, locl_error *err)
{
    stages_step *s = user;
    const locl_stages_buffers *b = s->buffers;
    const locl_tensor *x = index ? b->between[(index - 1) % 2] : b->x;
    locl_device *device = s->queue->device;
    double start = locl_clock_seconds();
    locl_stage *stage = &s->stages->stage[index];
    const locl_tensor *out = b->between[index % 2];
    LOCL_TRY(s->kind == LOCL_STEP_EVALUATE
                 ? locl_stage_evaluate(stage, s->queue, x, b->labels, out, err)
                 : locl_stage_step(stage, s->queue, x, b->labels, out, s->step, s->slice, err));
    LOCL_TRY(locl_queue_await(s->queue, device->deadline, "the step of a stage", err));
    s->seconds += locl_clock_seconds() - start;
    return s->look ? s->look(s->user, index, err) : LOCL_OK;
}

locl_status locl_stages_step(locl_stages *stages, locl_queue *queue, const locl_stages_buffers *buffers,
                             uint64_t step, size_t slice, locl_stages_look look, void *user, double *seconds,
                             locl_error *err)
{
    stages_step s = {stages, queue, buffers, LOCL_STEP_TRAIN, step, slice, look, user, 0};
    locl_status status = locl_in_turn(stages->count, visit_stage, &s, err);
    *seconds = s.seconds;
    if (status != LOCL_OK) {
        locl_error_at(err, -1, -1, (int64_t)step);
    }
    return status;
}

locl_status locl_stages_evaluate(locl_stages *stages, locl_queue *queue, const locl_stages_buffers *buffers,
                                 locl_stages_look look, void *user, locl_error *err)
{
    stages_step s = {stages, queue, buffers, LOCL_STEP_EVALUATE, 0, 0, look, user, 0};
    return locl_in_turn(stages->count, visit_stage, &s, err);
}
