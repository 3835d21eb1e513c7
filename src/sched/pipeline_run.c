/* Runs a pipeline: a worker for each device, which does what pipeline_choose.c finds to be ready. The lock is held only
 * to look and to count. Steps are enqueued without it. */
#include "sched/pipeline_parts.h"

#include "base/clock.h"
#include "sched/in_turn.h"

#include <stdlib.h>

typedef struct worker {
    locl_progress *progress;
    locl_lane *lane;
    pthread_t thread;
} worker;

void locl_progress_fail(locl_progress *progress, const locl_error *error)
{
    pthread_mutex_lock(&progress->lock);
    if (!progress->failed) {
        progress->failed = true;
        progress->error = *error;
    }
    pthread_cond_broadcast(&progress->changed);
    pthread_mutex_unlock(&progress->lock);
    locl_trace_add(progress->pipeline->trace, LOCL_TRACE_FAILED, error->device, error->stage, error->step);
    locl_loader_stop(progress->run->loader);
}

void locl_progress_count(locl_progress *progress, uint64_t *counter)
{
    pthread_mutex_lock(&progress->lock);
    ++*counter;
    pthread_cond_broadcast(&progress->changed);
    pthread_mutex_unlock(&progress->lock);
}

/* Waits for the lane's next task and returns it. There is none once all its stages have finished, or the run has
 * failed. Under the lock. */
static locl_task wait_for_task(locl_progress *progress, const locl_lane *lane)
{
    bool finished = false, told = false;
    while (!progress->failed) {
        locl_task task = locl_progress_choose(progress, lane, &finished);
        if (task.stage) {
            locl_keep_begin(progress, task);
        }
        if (task.stage || finished) {
            return task;
        }
        if (!told) {
            locl_trace_add(progress->pipeline->trace, LOCL_TRACE_WAITING, (int)lane->device->index, -1, -1);
            told = true;
        }
        pthread_cond_wait(&progress->changed, &progress->lock);
    }
    return (locl_task){.stage = NULL};
}

static void *work(void *argument)
{
    worker *w = argument;
    locl_progress *progress = w->progress;
    locl_error error;
    locl_status status = LOCL_OK;
    locl_task task;
    pthread_mutex_lock(&progress->lock);
    while (status == LOCL_OK && (task = wait_for_task(progress, w->lane)).stage) {
        pthread_mutex_unlock(&progress->lock);
        status = locl_progress_do(progress, task, &error);
        pthread_mutex_lock(&progress->lock);
    }
    pthread_mutex_unlock(&progress->lock);
    if (status == LOCL_OK) {
        status = locl_progress_drain(progress, w->lane, &error);
    }
    if (status != LOCL_OK) {
        locl_progress_fail(progress, &error);
    }
    return NULL;
}

static void fail_thread(locl_progress *progress)
{
    locl_error error;
    locl_fail(&error, LOCL_E_FAILED, "a worker thread could not be started");
    locl_progress_fail(progress, &error);
}

/* Starts a courier for each shared stage that is trained and returns how many there are. */
static size_t start_couriers(locl_progress *progress, locl_courier *courier)
{
    locl_pipeline *p = progress->pipeline;
    size_t started = 0;
    for (size_t i = 0; i < p->teams && progress->kind == LOCL_STEP_TRAIN; i++) {
        courier[i] = (locl_courier){.progress = progress, .team = &p->team[i]};
        if (pthread_create(&courier[i].thread, NULL, locl_team_carry, &courier[i])) {
            fail_thread(progress);
            break;
        }
        started++;
    }
    return started;
}

static size_t start_workers(locl_progress *progress, worker *workers)
{
    locl_pipeline *p = progress->pipeline;
    size_t started = 0;
    for (size_t i = 0; i < p->lanes; i++) {
        workers[i] = (worker){.progress = progress, .lane = &p->lane[i]};
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i])) {
            fail_thread(progress);
            break;
        }
        started++;
    }
    return started;
}

static void run_together(locl_progress *progress)
{
    worker workers[LOCL_MAX_DEVICES];
    locl_courier couriers[LOCL_MODEL_MAX_BLOCKS];
    size_t carrying = start_couriers(progress, couriers), working = start_workers(progress, workers);
    locl_progress_report(progress, LOCL_REPORT_TO_THE_END);
    while (working > 0) {
        pthread_join(workers[--working].thread, NULL);
    }
    while (carrying > 0) {
        pthread_join(couriers[--carrying].thread, NULL);
    }
}

/* Runs the next batch of a stage and waits for it. Of one that devices share, the last of them sees to the rest of
 * the step. Does nothing once the run's batches are over. */
static locl_status visit_stage(void *user, size_t index, locl_error *err)
{
    locl_progress *progress = user;
    locl_pipeline *p = progress->pipeline;
    locl_pipeline_stage *s = &p->stage[index];
    bool train = progress->kind == LOCL_STEP_TRAIN;
    if (s->next >= progress->count) {
        return LOCL_OK;
    }
    locl_task task = locl_progress_step_task(progress, s);
    locl_keep_begin(progress, task);
    LOCL_TRY(locl_progress_do(progress, task, err));
    LOCL_TRY(locl_progress_drain(progress, s->lane, err));
    return s->team && train ? locl_team_in_turn(progress, s, err) : LOCL_OK;
}

/* Runs one batch after another, one stage after another. */
static void run_in_turn(locl_progress *progress)
{
    locl_pipeline *p = progress->pipeline;
    locl_error error;
    for (uint64_t n = 0; n < progress->count && !progress->failed; n++) {
        if (locl_in_turn(p->stages, visit_stage, progress, &error) != LOCL_OK) {
            locl_progress_fail(progress, &error);
            return;
        }
        locl_progress_report(progress, LOCL_REPORT_COMPLETE);
    }
}

/* Waits until a queue, which may not be there yet, is empty. Returns false where a deadline passed instead. */
static bool settle_queue(locl_queue *queue, double deadline, const char *what)
{
    locl_error late;
    return !queue->cl || locl_queue_await(queue, deadline, what, &late) != LOCL_E_DEADLINE;
}

static bool settle_lane(locl_lane_queues *q)
{
    return settle_queue(&q->copy, q->deadline, "its copies") &&
           settle_queue(&q->back, q->deadline, "its copies") &&
           settle_queue(&q->compute, q->deadline, "its steps");
}

/* Settles all devices but `silent`, which was waited for already; -1: none was. */
static bool settle_others(locl_pipeline *p, int silent)
{
    bool settled = true;
    for (size_t i = 0; i < p->lanes; i++) {
        locl_lane *lane = &p->lane[i];
        lane->stuck = (int)lane->device->index == silent || !settle_lane(&lane->queues);
        settled = settled && !lane->stuck;
    }
    return settled;
}

bool locl_pipeline_settle(locl_pipeline *p)
{
    return settle_others(p, -1);
}

/* Forgets what an earlier run left, and takes the loader of the next (NULL: none). */
static void reset(locl_pipeline *p, locl_loader *loader)
{
    for (size_t i = 0; i < p->stages; i++) {
        locl_pipeline_stage *s = &p->stage[i];
        s->next = s->collected = s->taken = 0;
        for (int j = 0; j < LOCL_METRIC_SLOTS; j++) {
            locl_event_release(&s->finished[j]);
        }
        locl_inlet_reset(&s->inlet);
    }
    for (size_t i = 0; i < p->channels; i++) {
        locl_channel_reset(&p->channel[i]);
    }
    for (size_t i = 0; i < p->teams; i++) {
        locl_team *team = &p->team[i];
        team->gathered = team->updated = team->published = 0;
        for (size_t j = 0; j + 1 < team->members; j++) {
            locl_exchange_reset(&team->exchange[j]);
        }
    }
    locl_feed_reset(&p->feed, loader);
}

/* Runs from the first batch to the last, with all that has to be there around it. */
static void run_batches(locl_progress *progress)
{
    locl_pipeline *p = progress->pipeline;
    const locl_pipeline_run *run = progress->run;
    locl_trace_kind kind = progress->kind == LOCL_STEP_TRAIN ? LOCL_TRACE_TRAIN : LOCL_TRACE_EVALUATE;
    pthread_mutex_init(&progress->lock, NULL);
    pthread_cond_init(&progress->changed, NULL);
    reset(p, run->loader);
    locl_trace_add(p->trace, kind, -1, -1, (int64_t)run->first);
    if (run->sequential) {
        run_in_turn(progress);
    } else {
        run_together(progress);
    }
    if (progress->failed) {
        locl_progress_blame(progress);
        bool late = progress->error.status == LOCL_E_DEADLINE;
        /* nothing may be under way when memory is given back */
        p->lost = !settle_others(p, late ? progress->error.device : -1);
    }
    reset(p, NULL);
    pthread_cond_destroy(&progress->changed);
    pthread_mutex_destroy(&progress->lock);
}

static void close_records(locl_progress *progress)
{
    free(progress->record);
    free(progress->sum);
    free(progress->loss);
}

static locl_status open_records(locl_progress *progress, locl_error *err)
{
    size_t records = progress->pipeline->options.model->blocks + 1;
    progress->records = records;
    progress->record = calloc(LOCL_REPORT_RING * progress->pipeline->records, sizeof *progress->record);
    progress->sum = calloc(records, sizeof *progress->sum);
    progress->loss = calloc(records, sizeof *progress->loss);
    if (!progress->record || !progress->sum || !progress->loss) {
        close_records(progress);
        return locl_fail_memory(err, LOCL_REPORT_RING * records * sizeof *progress->record);
    }
    return LOCL_OK;
}

/* Takes down the rest of what a run did. What its devices have not done by now is left out. */
static void end_timeline(locl_pipeline *p)
{
    locl_error ignored;
    for (size_t i = 0; i < p->lanes; i++) {
        locl_timeline_gather(&p->lane[i].queues, &ignored);
        locl_timeline_forget(&p->lane[i].queues);
    }
    locl_timeline_follow(p->options.timeline, p->trace);
}

/* Runs `steps` steps of training, or batches of an evaluation. */
static locl_status run_pipeline(locl_pipeline *p, const locl_pipeline_run *run, locl_step_kind kind,
                                uint64_t steps, uint64_t *done, locl_error *err)
{
    const locl_stage_options *o = &p->stage[0].stage.options;
    size_t slices = kind == LOCL_STEP_TRAIN ? locl_stage_slices(o) : 1;
    locl_progress progress = {.pipeline = p,
                              .run = run,
                              .kind = kind,
                              .count = steps > UINT64_MAX / slices ? UINT64_MAX : steps * slices,
                              .slices = slices,
                              .images = locl_stage_slice(o),
                              .keep_once = LOCL_KEEP_NONE,
                              .keeping = LOCL_KEEP_NONE};
    double start = locl_clock_seconds(), waited = locl_loader_statistics(run->loader).waited_seconds;
    *done = 0;
    if (p->lost && !locl_pipeline_settle(p)) {
        return locl_fail(err, LOCL_E_DEADLINE, "a device is still busy with a step of an earlier run");
    }
    if (run->kept) {
        LOCL_TRY(locl_keep_open(p, err));
    }
    LOCL_TRY(open_records(&progress, err));
    p->ran = true;
    run_batches(&progress);
    close_records(&progress);
    if (p->options.timeline) {
        end_timeline(p);
    }
    *done = progress.reported / progress.slices;
    p->waited_seconds = locl_loader_statistics(run->loader).waited_seconds - waited;
    p->run_seconds = locl_clock_seconds() - start;
    if (progress.failed) {
        *err = progress.error;
    }
    return progress.failed ? progress.error.status : LOCL_OK;
}

locl_status locl_pipeline_train(locl_pipeline *pipeline, const locl_pipeline_run *run, uint64_t *next,
                                locl_error *err)
{
    uint64_t done;
    locl_status status = run_pipeline(pipeline, run, LOCL_STEP_TRAIN, run->end - run->first, &done, err);
    *next = run->first + done;
    return status;
}

locl_status locl_pipeline_evaluate(locl_pipeline *pipeline, const locl_pipeline_run *run, locl_error *err)
{
    uint64_t done;
    return run_pipeline(pipeline, run, LOCL_STEP_EVALUATE, UINT64_MAX, &done, err);
}

locl_status locl_pipeline_read_out(locl_pipeline *pipeline, const locl_pipeline_run *run, locl_error *err)
{
    uint64_t done;
    return run_pipeline(pipeline, run, LOCL_STEP_READ_OUT, UINT64_MAX, &done, err);
}
