/* Checks what the steps of a run gave, in their order, and tells the handler, on the calling thread. */
#include "sched/pipeline_parts.h"

#include <math.h>
#include <time.h>

static locl_status fail_loss(const locl_progress *progress, uint64_t step, size_t block, locl_error *err)
{
    unsigned long long shown = step + 1; /* as checkpoints count */
    return block < progress->pipeline->options.model->blocks
               ? locl_fail(err, LOCL_E_NUMERIC, "step %llu: block %zu: the loss of its head is not finite",
                           shown, block)
               : locl_fail(err, LOCL_E_NUMERIC, "step %llu: classifier: the loss is not finite", shown);
}

/* Fails with what is not finite in a stage's records of a step, if anything. */
static locl_status check_stage(const locl_progress *progress, const locl_pipeline_stage *stage, uint64_t step,
                               const locl_step_metrics *record, locl_error *err)
{
    const locl_stage *s = &stage->stage;
    for (size_t r = 0; r < stage->record_count; r++) {
        if (!isfinite(record[s->options.first + r].loss)) {
            return fail_loss(progress, step, s->options.first + r, err);
        }
    }
    int bad = record[s->options.first].bad;
    if (progress->kind == LOCL_STEP_TRAIN && bad != LOCL_METRICS_FINE) {
        const locl_param *param = &s->params.param[bad - 1];
        return locl_fail(err, LOCL_E_NUMERIC, "step %llu: block %zu: %s is not finite after the update",
                         (unsigned long long)step + 1, param->block, param->name);
    }
    return LOCL_OK;
}

/* Checks all stages' records, the lowest block first. */
static locl_status check_finite(const locl_progress *progress, uint64_t step, locl_error *err)
{
    const locl_pipeline *p = progress->pipeline;
    const locl_step_metrics *record = progress->sum;
    for (size_t i = 0; i < p->stages; i++) {
        locl_status status = locl_team_is_owner(&p->stage[i])
                                 ? check_stage(progress, &p->stage[i], step, record, err)
                                 : LOCL_OK;
        if (status != LOCL_OK) {
            const locl_pipeline_stage *from = progress->spoiler;
            from = from && from->number == p->stage[i].number ? from : &p->stage[i];
            locl_error_at(err, (int)from->lane->device->index, (int)i, (int64_t)step);
            return status;
        }
    }
    return LOCL_OK;
}

/* Waits for something to change. While the first batch of the kind is under way, tells its progress. Under
 * the lock. */
static void wait_for_change(locl_progress *progress)
{
    const long beat = 200000000; /* nanoseconds */
    const locl_pipeline_run *run = progress->run;
    struct timespec until;
    if (!run->starting || progress->pipeline->started[progress->kind]) {
        pthread_cond_wait(&progress->changed, &progress->lock);
        return;
    }
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += (until.tv_nsec + beat) / 1000000000;
    until.tv_nsec = (until.tv_nsec + beat) % 1000000000;
    if (pthread_cond_timedwait(&progress->changed, &progress->lock, &until)) {
        size_t done = progress->arrived[0];
        pthread_mutex_unlock(&progress->lock);
        run->starting(run->user, done, progress->pipeline->stages);
        pthread_mutex_lock(&progress->lock);
    }
}

/* Adds one record of a batch to that of its step. An owner's tells what became of the update. */
static void add_record(locl_progress *progress, size_t r, const locl_step_metrics *record, bool owner)
{
    locl_step_metrics *sum = &progress->sum[r];
    if (record->valid > 0) {
        progress->loss[r] += (double)record->loss * record->valid;
        sum->wrong += record->wrong;
        sum->valid += record->valid;
        sum->loss = (float)(progress->loss[r] / sum->valid);
    }
    sum->bad = owner ? record->bad : sum->bad;
}

/* Adds batch n's records of all devices to those of its step. The ring's place is the calling thread's. */
static void add_slice(locl_progress *progress, uint64_t n)
{
    const locl_pipeline *p = progress->pipeline;
    progress->spoiler = n % progress->slices == 0 ? NULL : progress->spoiler;
    for (size_t r = 0; r < progress->records && n % progress->slices == 0; r++) {
        progress->loss[r] = 0;
        progress->sum[r] = (locl_step_metrics){0};
    }
    for (size_t i = 0; i < p->stages; i++) {
        const locl_pipeline_stage *s = &p->stage[i];
        const locl_step_metrics *record = progress->record + n % LOCL_REPORT_RING * p->records + s->record_at;
        for (size_t r = 0; r < s->record_count; r++) {
            bool spoilt = record[r].valid > 0 && !isfinite(record[r].loss);
            progress->spoiler = spoilt && !progress->spoiler ? s : progress->spoiler;
            add_record(progress, s->stage.options.first + r, &record[r], locl_team_is_owner(s));
        }
    }
}

/* Checks the records of a step, and hands them to the handler. */
static locl_status tell_handler(const locl_progress *progress, uint64_t number, double at, locl_error *err)
{
    const locl_pipeline_run *run = progress->run;
    const locl_step_metrics *record = progress->sum;
    locl_status status = check_finite(progress, number, err);
    if (status != LOCL_OK && progress->kind == LOCL_STEP_TRAIN) {
        locl_remedy(err, "a lower optimizer.lr; the last checkpoint is as it was");
    } else if (status == LOCL_OK && run->handler) {
        locl_step_report step = {number, record[0].valid, progress->records, record, at};
        run->handler(run->user, &step);
    }
    return status;
}

/* Tells of a step that was complete `at`, and hands over what was kept of it. */
static void tell(locl_progress *progress, uint64_t number, double at)
{
    locl_error error;
    locl_trace_add(progress->pipeline->trace, LOCL_TRACE_COMPLETE, -1, -1, (int64_t)number);
    locl_status status = tell_handler(progress, number, at, &error);
    if (status == LOCL_OK) {
        status = locl_keep_deliver(progress, number, &error);
    }
    if (status != LOCL_OK) {
        locl_progress_fail(progress, &error);
    }
    locl_trace_add(progress->pipeline->trace, LOCL_TRACE_REPORTED, -1, -1, (int64_t)number);
}

void locl_progress_report(locl_progress *progress, locl_report_mode mode)
{
    locl_pipeline *p = progress->pipeline;
    pthread_mutex_lock(&progress->lock);
    while (!progress->failed && progress->reported < progress->count) {
        uint64_t n = progress->reported;
        if (progress->arrived[n % LOCL_REPORT_RING] < p->stages) {
            if (mode == LOCL_REPORT_COMPLETE) {
                break;
            }
            wait_for_change(progress);
            continue;
        }
        p->started[progress->kind] = true;
        double at = progress->arrival[n % LOCL_REPORT_RING];
        pthread_mutex_unlock(&progress->lock);
        add_slice(progress, n);
        if ((n + 1) % progress->slices == 0) {
            tell(progress, locl_progress_step(progress, n), at);
        }
        if (p->options.timeline) {
            locl_timeline_follow(p->options.timeline, p->trace);
        }
        pthread_mutex_lock(&progress->lock);
        progress->arrived[n % LOCL_REPORT_RING] = 0;
        progress->reported++;
        locl_keep_choose(progress);
        pthread_cond_broadcast(&progress->changed);
    }
    pthread_mutex_unlock(&progress->lock);
}
