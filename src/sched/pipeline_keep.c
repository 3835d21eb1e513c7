/* What stages had after chosen steps, for checkpoints and snapshots, while other steps go on. Right after its own
 * update of such a step a stage's parameters and optimiser state are read into host memory, in its queue, before its
 * records are: so they are there once the step's report is complete. */
#include "sched/pipeline_parts.h"

#include "sched/pinned.h"

#include <stdlib.h>

locl_status locl_keep_open(locl_pipeline *p, locl_error *err)
{
    for (size_t i = 0; i < p->stages; i++) {
        locl_pipeline_stage *s = &p->stage[i];
        size_t bytes = locl_stage_stored_floats(&s->stage, LOCL_STORED_ALL) * sizeof *s->kept;
        if (locl_team_is_owner(s) && !s->kept) {
            void *memory = NULL;
            LOCL_TRY(locl_pinned_create(bytes, &memory, err));
            s->kept = memory;
        }
    }
    return LOCL_OK;
}

void locl_keep_close(locl_pipeline_stage *s)
{
    free(s->kept);
}

static bool is_kept(const locl_progress *progress, uint64_t step)
{
    const locl_pipeline_run *run = progress->run;
    bool due = step == progress->keep_once;
    for (size_t i = 0; i < LOCL_KEEP_RHYTHMS; i++) {
        due = due || (run->keep_every[i] && (step + 1) % run->keep_every[i] == 0);
    }
    return due && run->kept && progress->kind == LOCL_STEP_TRAIN && step + 1 < run->end;
}

/* Returns whether batch n is the last one of a step that is kept. */
static bool ends_kept(const locl_progress *progress, uint64_t n)
{
    return (n + 1) % progress->slices == 0 && is_kept(progress, locl_progress_step(progress, n));
}

bool locl_keep_may_begin(const locl_progress *progress, uint64_t n)
{
    bool is_free =
        progress->keeping == LOCL_KEEP_NONE || progress->keeping == locl_progress_step(progress, n);
    return is_free || !ends_kept(progress, n);
}

bool locl_keep_waits_for(const locl_progress *progress, const locl_pipeline_stage *s)
{
    bool under_way = s->collected < s->next && s->finished[s->collected % LOCL_METRIC_SLOTS];
    return progress->keeping != LOCL_KEEP_NONE && under_way &&
           locl_progress_step(progress, s->collected) <= progress->keeping;
}

void locl_keep_begin(locl_progress *progress, locl_task task)
{
    locl_pipeline_stage *s = task.stage;
    uint64_t n = locl_task_batch(progress, task);
    bool begins = task.kind != LOCL_TASK_TAKE && task.kind != LOCL_TASK_COLLECT;
    bool ends = begins && ends_kept(progress, n);
    s->keeps = ends && (task.kind == LOCL_TASK_UPDATE || !s->team); /* a shared stage's update comes later */
    if (ends) {
        progress->keeping = locl_progress_step(progress, n);
    }
}

void locl_keep_choose(locl_progress *progress)
{
    const locl_pipeline *p = progress->pipeline;
    atomic_bool *keep = progress->run->keep;
    uint64_t begun = 0;
    if (!keep || !*keep || progress->keep_once != LOCL_KEEP_NONE) {
        return;
    }
    for (size_t i = 0; i < p->stages; i++) {
        begun = p->stage[i].next > begun ? p->stage[i].next : begun;
    }
    progress->keep_once = locl_progress_step(progress, begun) + 1; /* a worker may be at `begun` */
}

locl_status locl_keep_deliver(locl_progress *progress, uint64_t step, locl_error *err)
{
    const locl_pipeline_run *run = progress->run;
    pthread_mutex_lock(&progress->lock);
    bool kept = progress->keeping == step;
    pthread_mutex_unlock(&progress->lock);
    if (!kept) {
        return LOCL_OK;
    }
    LOCL_TRY(run->kept(run->user, step, err));
    pthread_mutex_lock(&progress->lock);
    progress->keeping = LOCL_KEEP_NONE;
    if (progress->keep_once == step) {
        progress->keep_once = LOCL_KEEP_NONE;
        *run->keep = false;
    }
    pthread_cond_broadcast(&progress->changed);
    pthread_mutex_unlock(&progress->lock);
    return LOCL_OK;
}

locl_status locl_pipeline_kept(const locl_pipeline *p, locl_stored what, locl_arrays *out, locl_error *err)
{
    for (size_t i = 0; i < p->stages; i++) {
        const locl_pipeline_stage *s = &p->stage[i];
        if (locl_team_is_owner(s)) {
            LOCL_TRY(locl_stage_name(&s->stage, what, s->kept, out, err));
        }
    }
    return LOCL_OK;
}
