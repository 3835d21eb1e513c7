/* Running a pipeline: a worker for each device, which runs whichever of its stages has a batch and room for
 * its output, the later stage first. The lock is held only to look and to count; steps are enqueued without.
 */
#include "sched/pipeline_parts.h"

#include "optim/schedule.h"
#include "base/clock.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Steps that may be under way between the first begun and the last reported. */
enum { REPORT_RING = 64, RUN_AHEAD = 2 };
_Static_assert((int)RUN_AHEAD <= (int)LOCL_CHANNEL_DEPTH,
               "a batch goes back to the loader when its step is complete");

typedef struct run_state {
    locl_pipeline *pipeline;
    const locl_pipeline_run *run;
    bool train;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    uint64_t count; /* batches of this run; lowered when the source ends or a stop is asked for */
    bool failed;
    locl_error error;
    /* reports, by batch % REPORT_RING */
    locl_step_metrics *record; /* [REPORT_RING][blocks + 1] */
    size_t records;
    size_t arrived[REPORT_RING]; /* stages that reported */
    uint64_t reported;           /* batches handed to the handler */
} run_state;

typedef struct worker {
    run_state *state;
    locl_lane *lane;
    pthread_t thread;
    bool started;
} worker;

static void fail_run(run_state *state, const locl_error *error)
{
    pthread_mutex_lock(&state->lock);
    if (!state->failed) {
        state->failed = true;
        state->error = *error;
    }
    pthread_cond_broadcast(&state->changed);
    pthread_mutex_unlock(&state->lock);
    locl_loader_stop(state->run->loader);
}

static size_t stage_index(const run_state *state, const locl_pipeline_stage *s)
{
    return (size_t)(s - state->pipeline->stage);
}

/* The channel that a stage produces into; NULL for the last one. */
static locl_channel *output_of(const run_state *state, const locl_pipeline_stage *s)
{
    size_t index = stage_index(state, s);
    return index + 1 < state->pipeline->stages ? &state->pipeline->stage[index + 1].input : NULL;
}

/* Says at which stage an error came up. */
static locl_status at_stage(const run_state *state, const locl_pipeline_stage *s, locl_status status,
                            locl_error *err)
{
    if (status != LOCL_OK) {
        locl_error_where(err, "stage %zu on device %zu (%s)", stage_index(state, s), s->lane->device->index,
                         s->lane->device->name);
    }
    return status;
}

/* Waits for a stage's batch n and hands its records to the report. Off the device's critical path: later
 * batches are enqueued already. */
static locl_status collect(run_state *state, locl_pipeline_stage *s, uint64_t n, locl_error *err)
{
    cl_event *finished = &s->finished[n % LOCL_METRIC_SLOTS];
    LOCL_TRY(at_stage(state, s, locl_event_wait(s->lane->device, *finished, err), err));
    locl_event_release(finished);
    s->collected = n + 1;
    pthread_mutex_lock(&state->lock);
    memcpy(state->record + n % REPORT_RING * state->records + s->stage.options.first,
           s->records + n % LOCL_METRIC_SLOTS * s->record_count, s->record_count * sizeof *s->records);
    state->arrived[n % REPORT_RING]++;
    pthread_cond_broadcast(&state->changed);
    pthread_mutex_unlock(&state->lock);
    return LOCL_OK;
}

static locl_bindings bindings_of(const run_state *state, const locl_pipeline_stage *s, uint64_t n)
{
    const locl_pipeline_run *run = state->run;
    uint64_t step = run->first + n;
    locl_bindings b = {.step = (cl_uint)step};
    b.external[LOCL_EXT_METRICS] = s->stage.metrics[n % LOCL_METRIC_SLOTS]->mem;
    if (state->train) {
        b.rate = (cl_float)locl_schedule_rate(state->pipeline->options.optim, step, run->steps_per_epoch,
                                              run->epochs);
    }
    return b;
}

/* Reads batch n's records into the host ring and marks its end. */
static locl_status finish_step(locl_pipeline_stage *s, uint64_t n, locl_error *err)
{
    locl_queue *queue = &s->lane->queues.compute;
    size_t slot = n % LOCL_METRIC_SLOTS, bytes = s->record_count * sizeof *s->records;
    LOCL_TRY(locl_buffer_read(queue, s->stage.metrics[slot]->mem, 0, bytes,
                              s->records + slot * s->record_count, false, NULL, NULL, err));
    LOCL_TRY(locl_queue_marker(queue, &s->finished[slot], err));
    LOCL_TRY(locl_channel_end_consume(&s->input, n, s->finished[slot], err));
    return locl_queue_flush(queue, err);
}

/* Enqueues batch n of a stage. Waits as the channels say. */
static locl_status step_stage(run_state *state, locl_pipeline_stage *s, uint64_t n, locl_error *err)
{
    locl_channel *out = output_of(state, s);
    locl_queue *queue = &s->lane->queues.compute;
    locl_bindings b = bindings_of(state, s, n);
    size_t valid;
    LOCL_TRY(locl_channel_begin_consume(&s->input, n, &b.external[LOCL_EXT_INPUT],
                                        &b.external[LOCL_EXT_LABELS], &valid, err));
    b.valid = (cl_uint)valid;
    if (out) {
        LOCL_TRY(locl_channel_begin_produce(out, n, &b.external[LOCL_EXT_OUTPUT],
                                            &b.external[LOCL_EXT_OUTPUT_LABELS], err));
    }
    locl_command_buffer *cmd = state->train ? s->stage.train_commands : s->stage.evaluation_commands;
    LOCL_TRY(locl_command_buffer_enqueue(cmd, queue, &b, err));
    if (out) {
        LOCL_TRY(locl_buffer_copy(queue, b.external[LOCL_EXT_LABELS], 0, b.external[LOCL_EXT_OUTPUT_LABELS],
                                  0, out->label_bytes, NULL, err));
        LOCL_TRY(locl_channel_end_produce(out, n, valid, err));
    }
    LOCL_TRY(finish_step(s, n, err));
    return queue->profiling && state->train ? locl_command_buffer_profile_collect(cmd, err) : LOCL_OK;
}

/* Gets the next batch from the loader for the first stage; at the end, or once a stop is asked for, the run
 * ends before it. */
static bool fetch(run_state *state, locl_pipeline_stage *s, uint64_t n)
{
    const locl_pipeline_run *run = state->run;
    locl_batch batch;
    locl_channel_give_back(&s->input, n, run->loader);
    if ((run->stop && *run->stop) || !locl_loader_acquire(run->loader, &batch)) {
        return false;
    }
    locl_channel_lend(&s->input, n, &batch);
    return true;
}

static bool is_ready(const run_state *state, const locl_pipeline_stage *s)
{
    const locl_channel *out = output_of(state, s);
    bool input = s->input.kind == LOCL_CHANNEL_LOADER || s->input.produced > s->next;
    bool room = !out || out->produced - out->consumed < out->depth;
    return s->next < state->count && input && room && s->next < state->reported + REPORT_RING;
}

/* One batch of a stage: the counting around step_stage(). Called without the lock. Waits for batch n -
 * RUN_AHEAD first, so that at most so many are under way, and the loader has that batch back. */
static locl_status advance(run_state *state, locl_pipeline_stage *s, locl_error *err)
{
    uint64_t n = s->next;
    if (s->collected + RUN_AHEAD <= n) {
        LOCL_TRY(collect(state, s, n - RUN_AHEAD, err));
    }
    bool got = s->input.kind != LOCL_CHANNEL_LOADER || fetch(state, s, n);
    if (got) {
        LOCL_TRY(at_stage(state, s, step_stage(state, s, n, err), err));
    }
    pthread_mutex_lock(&state->lock);
    locl_channel *out = output_of(state, s);
    if (got) {
        s->next++;
        s->input.consumed++;
        if (out) {
            out->produced++;
        }
    } else {
        state->count = n;
    }
    pthread_cond_broadcast(&state->changed);
    pthread_mutex_unlock(&state->lock);
    return LOCL_OK;
}

/* A stage of the lane to run next; NULL with *finished once they all are. Under the lock. */
static locl_pipeline_stage *choose(run_state *state, const locl_lane *lane, bool *finished)
{
    locl_pipeline *p = state->pipeline;
    *finished = true;
    for (size_t i = p->stages; i-- > 0;) {
        locl_pipeline_stage *s = &p->stage[i];
        if (s->lane != lane) {
            continue;
        }
        if (is_ready(state, s)) {
            return s;
        }
        *finished = *finished && s->next >= state->count;
    }
    return NULL;
}

/* Waits for all that the lane's stages have under way. */
static locl_status drain(run_state *state, const locl_lane *lane, locl_error *err)
{
    locl_pipeline *p = state->pipeline;
    for (size_t i = 0; i < p->stages; i++) {
        locl_pipeline_stage *s = &p->stage[i];
        while (s->lane == lane && s->collected < s->next) {
            LOCL_TRY(collect(state, s, s->collected, err));
        }
    }
    return LOCL_OK;
}

static void *work(void *argument)
{
    worker *w = argument;
    run_state *state = w->state;
    locl_error error = {0};
    locl_status status = LOCL_OK;
    pthread_mutex_lock(&state->lock);
    while (!state->failed && status == LOCL_OK) {
        bool finished;
        locl_pipeline_stage *s = choose(state, w->lane, &finished);
        if (!s && finished) {
            break;
        }
        if (!s) {
            pthread_cond_wait(&state->changed, &state->lock);
            continue;
        }
        pthread_mutex_unlock(&state->lock);
        status = advance(state, s, &error);
        pthread_mutex_lock(&state->lock);
    }
    pthread_mutex_unlock(&state->lock);
    if (status == LOCL_OK) {
        status = drain(state, w->lane, &error);
    }
    if (status != LOCL_OK) {
        fail_run(state, &error);
    }
    return NULL;
}

/* What is not finite in batch n's records, if anything; the lowest block first. */
static locl_status check_finite(const run_state *state, uint64_t n, locl_error *err)
{
    const locl_pipeline *p = state->pipeline;
    const locl_step_metrics *record = state->record + n % REPORT_RING * state->records;
    unsigned long long step = state->run->first + n + 1; /* as checkpoints count */
    for (size_t i = 0; i < p->stages; i++) {
        const locl_stage *s = &p->stage[i].stage;
        for (size_t r = 0; r < p->stage[i].record_count; r++) {
            size_t block = s->options.first + r;
            if (!isfinite(record[block].loss)) {
                return block < p->options.model->blocks
                           ? locl_fail(err, LOCL_E_NUMERIC,
                                       "step %llu: block %zu: the loss of its head is not finite", step,
                                       block)
                           : locl_fail(err, LOCL_E_NUMERIC, "step %llu: classifier: the loss is not finite",
                                       step);
            }
        }
        int bad = record[s->options.first].bad;
        if (state->train && bad != LOCL_METRICS_FINE) {
            const locl_param *param = &s->params.param[bad - 1];
            return locl_fail(err, LOCL_E_NUMERIC, "step %llu: block %zu: %s is not finite after the update",
                             step, param->block, param->name);
        }
    }
    return LOCL_OK;
}

/* Waits for something to change; while the first batch of the kind is under way, tells of it. Under the lock.
 */
static void wait_for_change(run_state *state)
{
    const long beat = 200000000; /* nanoseconds */
    const locl_pipeline_run *run = state->run;
    struct timespec until;
    if (!run->starting || state->pipeline->started[state->train]) {
        pthread_cond_wait(&state->changed, &state->lock);
        return;
    }
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += (until.tv_nsec + beat) / 1000000000;
    until.tv_nsec = (until.tv_nsec + beat) % 1000000000;
    if (pthread_cond_timedwait(&state->changed, &state->lock, &until)) {
        size_t done = state->arrived[0];
        pthread_mutex_unlock(&state->lock);
        run->starting(run->user, done, state->pipeline->stages);
        pthread_mutex_lock(&state->lock);
    }
}

/* Hands complete reports to the handler, in order. `wait`: until the run is over. */
static void report(run_state *state, bool wait)
{
    locl_pipeline *p = state->pipeline;
    pthread_mutex_lock(&state->lock);
    while (!state->failed && state->reported < state->count) {
        uint64_t n = state->reported;
        if (state->arrived[n % REPORT_RING] < p->stages) {
            if (!wait) {
                break;
            }
            wait_for_change(state);
            continue;
        }
        p->started[state->train] = true;
        pthread_mutex_unlock(&state->lock);
        const locl_step_metrics *record = state->record + n % REPORT_RING * state->records;
        locl_error error;
        if (check_finite(state, n, &error) != LOCL_OK) {
            if (state->train) {
                locl_remedy(&error, "a lower optimizer.lr; the last checkpoint is as it was");
            }
            fail_run(state, &error);
        } else if (state->run->handler) {
            locl_step_report step = {state->run->first + n, record[0].valid, state->records, record};
            state->run->handler(state->run->user, &step);
        }
        pthread_mutex_lock(&state->lock);
        state->arrived[n % REPORT_RING] = 0;
        state->reported++;
        pthread_cond_broadcast(&state->changed);
    }
    pthread_mutex_unlock(&state->lock);
}

/* One batch after another, one stage after another, each waited for. */
static void run_in_turn(run_state *state)
{
    locl_pipeline *p = state->pipeline;
    locl_error error = {0};
    for (uint64_t n = 0; n < state->count && !state->failed; n++) {
        for (size_t i = 0; i < p->stages && n < state->count; i++) {
            locl_pipeline_stage *s = &p->stage[i];
            double start = locl_clock_seconds();
            if (advance(state, s, &error) != LOCL_OK || drain(state, s->lane, &error) != LOCL_OK) {
                fail_run(state, &error);
                return;
            }
            s->alone_seconds += locl_clock_seconds() - start;
        }
        report(state, false);
    }
}

static void run_together(run_state *state)
{
    locl_pipeline *p = state->pipeline;
    worker workers[LOCL_MAX_DEVICES] = {{0}};
    for (size_t i = 0; i < p->lanes; i++) {
        workers[i] = (worker){.state = state, .lane = &p->lane[i]};
        workers[i].started = pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0;
        if (!workers[i].started) {
            locl_error error;
            locl_fail(&error, LOCL_E_FAILED, "a worker thread could not be started");
            fail_run(state, &error);
            break;
        }
    }
    report(state, true);
    for (size_t i = 0; i < p->lanes; i++) {
        if (workers[i].started) {
            pthread_join(workers[i].thread, NULL);
        }
    }
}

/* After an error: nothing may be under way when memory is given back. */
static void settle(locl_pipeline *p)
{
    for (size_t i = 0; i < p->lanes; i++) {
        locl_queue_finish(&p->lane[i].queues.copy, NULL);
        locl_queue_finish(&p->lane[i].queues.compute, NULL);
    }
}

static void reset_stages(locl_pipeline *p)
{
    for (size_t i = 0; i < p->stages; i++) {
        locl_pipeline_stage *s = &p->stage[i];
        s->next = s->collected = 0;
        for (int j = 0; j < LOCL_METRIC_SLOTS; j++) {
            locl_event_release(&s->finished[j]);
        }
        locl_channel_reset(&s->input);
    }
}

/* Gives the loader its last batches back. */
static void return_batches(locl_pipeline *p, locl_loader *loader)
{
    for (uint64_t n = 0; n < p->stage[0].input.depth; n++) {
        locl_channel_give_back(&p->stage[0].input, n, loader);
    }
}

static locl_status run_pipeline(locl_pipeline *p, const locl_pipeline_run *run, bool train, uint64_t count,
                                uint64_t *done, locl_error *err)
{
    run_state state = {.pipeline = p, .run = run, .train = train, .count = count};
    double start = locl_clock_seconds(), waited = locl_loader_statistics(run->loader).waited_seconds;
    state.records = p->options.model->blocks + 1;
    state.record = calloc(REPORT_RING * state.records, sizeof *state.record);
    if (!state.record) {
        return locl_fail_memory(err, REPORT_RING * state.records * sizeof *state.record);
    }
    pthread_mutex_init(&state.lock, NULL);
    pthread_cond_init(&state.changed, NULL);
    reset_stages(p);
    for (size_t i = 0; i < p->stages; i++) {
        p->stage[i].alone_seconds = 0;
    }
    if (run->sequential) {
        run_in_turn(&state);
    } else {
        run_together(&state);
    }
    if (state.failed) {
        settle(p);
        if (err) {
            *err = state.error;
        }
    }
    return_batches(p, run->loader);
    reset_stages(p);
    pthread_cond_destroy(&state.changed);
    pthread_mutex_destroy(&state.lock);
    free(state.record);
    *done = state.reported;
    p->waited_seconds = locl_loader_statistics(run->loader).waited_seconds - waited;
    p->run_seconds = locl_clock_seconds() - start;
    return state.failed ? state.error.status : LOCL_OK;
}

locl_status locl_pipeline_train(locl_pipeline *pipeline, const locl_pipeline_run *run, uint64_t *next,
                                locl_error *err)
{
    uint64_t done = 0;
    locl_status status = run_pipeline(pipeline, run, true, run->end - run->first, &done, err);
    *next = run->first + done;
    return status;
}

locl_status locl_pipeline_evaluate(locl_pipeline *pipeline, const locl_pipeline_run *run, locl_error *err)
{
    uint64_t done;
    return run_pipeline(pipeline, run, false, UINT64_MAX, &done, err);
}
