/* What a device's worker does next: the batch of whichever of its stages has one and room for its output, the later
 * stage first. */
#include "sched/pipeline_parts.h"

/* Returns whether no batch is on its way between the stages of the row that `s` begins. */
static bool row_is_free(const locl_pipeline *p, const locl_pipeline_stage *s)
{
    for (size_t i = s->index + 1; i < p->stages; i++) {
        const locl_pipeline_stage *later = &p->stage[i];
        if (later->row == s->index && later->input->produced != later->input->consumed) {
            return false;
        }
    }
    return true;
}

static bool has_input(const locl_progress *progress, const locl_pipeline_stage *s)
{
    if (s->number == 0) {
        return progress->fetched > s->next || locl_progress_may_fetch(progress, s);
    }
    for (size_t i = 0; i < s->inputs; i++) {
        if (s->input[i].produced <= s->next) {
            return false;
        }
    }
    return true;
}

static bool has_room(const locl_progress *progress, const locl_pipeline_stage *s)
{
    for (size_t i = 0; i < s->outputs; i++) {
        const locl_channel *out = &s->output[i];
        if (out->produced - out->consumed >= out->inlet->depth) {
            return false;
        }
    }
    return s->row != s->index || row_is_free(progress->pipeline, s);
}

static bool is_ready(const locl_progress *progress, const locl_pipeline_stage *s)
{
    return s->next < progress->count && has_input(progress, s) && has_room(progress, s) &&
           s->next < progress->reported + LOCL_REPORT_RING && locl_team_may_step(progress, s) &&
           locl_keep_may_begin(progress, s->next);
}

locl_task locl_progress_step_task(const locl_progress *progress, locl_pipeline_stage *s)
{
    bool fetches = s->number == 0 && s->next == progress->fetched;
    return (locl_task){fetches ? LOCL_TASK_FETCH : LOCL_TASK_STEP, s};
}

/* Returns whether a stage has a task, and which. Under the lock. */
static bool has_task(locl_progress *progress, locl_pipeline_stage *s, locl_task *out)
{
    *out = (locl_task){LOCL_TASK_UPDATE, s};
    if (locl_team_may_update(progress, s)) {
        return true;
    }
    out->kind = LOCL_TASK_TAKE;
    if (locl_team_may_take(s)) {
        return true;
    }
    *out = locl_progress_step_task(progress, s);
    if (!is_ready(progress, s)) {
        return false;
    }
    progress->fetching = progress->fetching || out->kind == LOCL_TASK_FETCH;
    return true;
}

/* Returns a task of waiting for what the lane has under way, if others wait for that, too. Under the lock. */
static locl_task wait_of(const locl_progress *progress, const locl_lane *lane)
{
    locl_pipeline *p = progress->pipeline;
    for (size_t i = 0; i < p->stages; i++) {
        if (p->stage[i].lane == lane && locl_keep_waits_for(progress, &p->stage[i])) {
            return (locl_task){LOCL_TASK_COLLECT, &p->stage[i]};
        }
    }
    return (locl_task){.stage = NULL};
}

locl_task locl_progress_choose(locl_progress *progress, const locl_lane *lane, bool *finished)
{
    locl_pipeline *p = progress->pipeline;
    *finished = true;
    for (size_t i = p->stages; i-- > 0;) {
        locl_pipeline_stage *s = &p->stage[i];
        if (s->lane != lane) {
            continue;
        }
        locl_task task;
        if (has_task(progress, s, &task)) {
            return task;
        }
        *finished = *finished && s->next >= progress->count && locl_team_may_step(progress, s);
    }
    return wait_of(progress, lane);
}
