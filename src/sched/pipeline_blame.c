/* Which device a failed run failed for. Devices wait for each other, and one that hangs, or a command that fails, holds
 * up those that need what it should have given. The deadline of such a one may pass first. */
#include "sched/pipeline_parts.h"

/* A batch of a stage. */
typedef struct place {
    const locl_pipeline_stage *stage; /* NULL: none */
    uint64_t n;
} place;

/* Returns whether an event is what the run failed for: it failed, or it is not complete after a deadline. */
static bool holds_up(const locl_pipeline_stage *s, cl_event event, locl_status failure)
{
    bool done = true;
    locl_error failed;
    if (!event) {
        return false;
    }
    return locl_event_done(s->lane->device, event, &done, &failed) != LOCL_OK ||
           (failure == LOCL_E_DEADLINE && !done);
}

/* Finds the first batch, and of that the first stage, whose step holds things up. All that it needs was there then, or
 * another one came before it. */
static place first_held_up(const locl_progress *progress)
{
    const locl_pipeline *p = progress->pipeline;
    place first = {0};
    for (size_t i = 0; i < p->stages; i++) {
        const locl_pipeline_stage *s = &p->stage[i];
        for (uint64_t n = s->collected; n < s->collected + LOCL_METRIC_SLOTS; n++) {
            bool earlier = !first.stage || n < first.n;
            if (earlier && holds_up(s, s->finished[n % LOCL_METRIC_SLOTS], progress->error.status)) {
                first = (place){s, n};
            }
        }
    }
    return first;
}

/* Returns the device of the step, or the one that did not send what the step waits for. */
static const locl_device *culprit_of(const locl_progress *progress, const place *at)
{
    for (size_t i = 0; i < at->stage->inputs; i++) {
        const locl_channel *c = &at->stage->input[i];
        cl_event sent = c->ready[locl_channel_slot(c, at->n)];
        bool is_its = c->produced <= at->n + c->inlet->depth; /* else that of a later batch */
        if (c->outlet && is_its && holds_up(at->stage, sent, progress->error.status)) {
            return c->outlet->lane->compute.device;
        }
    }
    return at->stage->lane->device;
}

void locl_progress_blame(locl_progress *progress)
{
    locl_error *error = &progress->error;
    if (error->status != LOCL_E_DEADLINE && error->status != LOCL_E_OPENCL) {
        return;
    }
    place at = first_held_up(progress);
    const locl_device *culprit = at.stage ? culprit_of(progress, &at) : NULL;
    if (culprit && (int)culprit->index != error->device) {
        locl_error_where(error, "device %zu (%s) holds up the others", culprit->index, culprit->name);
        error->device = (int)culprit->index;
        error->stage = (int)at.stage->index;
        error->step = (int64_t)locl_progress_step(progress, at.n);
    }
}
