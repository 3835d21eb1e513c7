/* One batch of a stage, from its input to its output, with its records to the report. */
#include "sched/pipeline_parts.h"

#include "optim/schedule.h"

#include <string.h>

static void add_event(const locl_progress *progress, locl_trace_kind kind, const locl_pipeline_stage *s,
                      uint64_t n)
{
    locl_trace_add(progress->pipeline->trace, kind, (int)s->lane->device->index, (int)s->index,
                   (int64_t)locl_progress_step(progress, n));
}

uint64_t locl_progress_step(const locl_progress *progress, uint64_t n)
{
    return progress->run->first + n / progress->slices;
}

/* Adds to an error at which stage and in which step it came up. */
static locl_status at_stage(const locl_progress *progress, const locl_pipeline_stage *s, uint64_t n,
                            locl_status status, locl_error *err)
{
    if (status != LOCL_OK) {
        const char *what = progress->kind == LOCL_STEP_TRAIN ? "step" : "batch";
        uint64_t step = locl_progress_step(progress, n);
        unsigned long long shown = step + 1; /* as checkpoints count */
        locl_error_where(err, "%s %llu: stage %zu on device %zu (%s)", what, shown, s->index,
                         s->lane->device->index, s->lane->device->name);
        locl_error_at(err, (int)s->lane->device->index, (int)s->index, (int64_t)step);
    }
    return status;
}

/* Waits for the device to be done with a stage's batch n. */
static locl_status await_step(locl_pipeline_stage *s, uint64_t n, locl_error *err)
{
    cl_event *finished = &s->finished[n % LOCL_METRIC_SLOTS];
    LOCL_TRY(
        locl_event_await(s->lane->device, *finished, s->lane->queues.deadline, "the end of a step", err));
    locl_event_release(finished);
    return LOCL_OK;
}

/* Waits for a stage's batch n and hands its records to the report. Later batches are enqueued already, so the
 * device does not wait for this. */
static locl_status collect(locl_progress *progress, locl_pipeline_stage *s, uint64_t n, locl_error *err)
{
    LOCL_TRY(at_stage(progress, s, n, await_step(s, n, err), err));
    add_event(progress, LOCL_TRACE_DONE, s, n);
    s->collected = n + 1;
    pthread_mutex_lock(&progress->lock);
    bool mine = n < progress->reported + LOCL_REPORT_RING; /* else it is still the calling thread's */
    if (mine) {
        memcpy(progress->record + n % LOCL_REPORT_RING * progress->records + s->stage.options.first,
               s->records + n % LOCL_METRIC_SLOTS * s->record_count, s->record_count * sizeof *s->records);
        progress->arrived[n % LOCL_REPORT_RING]++;
    }
    pthread_cond_broadcast(&progress->changed);
    pthread_mutex_unlock(&progress->lock);
    return mine ? LOCL_OK : locl_fail(err, LOCL_E_FAILED, "a step's report is not read yet");
}

static locl_bindings bindings_of(const locl_progress *progress, const locl_pipeline_stage *s, uint64_t n)
{
    const locl_pipeline_run *run = progress->run;
    uint64_t step = locl_progress_step(progress, n);
    locl_bindings b = {.step = (cl_uint)step,
                       .first_image = (size_t)(n % progress->slices) * progress->images};
    b.external[LOCL_EXT_METRICS] = s->stage.metrics[n % LOCL_METRIC_SLOTS]->mem;
    if (progress->kind == LOCL_STEP_TRAIN) {
        b.rate = (cl_float)locl_schedule_rate(progress->pipeline->options.optim, step, run->steps_per_epoch,
                                              run->epochs);
    }
    return b;
}

/* Reads batch n's records into the host ring and marks its end. */
static locl_status finish_step(locl_pipeline_stage *s, uint64_t n, locl_error *err)
{
    locl_queue *queue = &s->lane->queues.compute;
    size_t slot = n % LOCL_METRIC_SLOTS, bytes = s->record_count * sizeof *s->records;
    if (s->finished[slot]) {
        return locl_fail(err, LOCL_E_FAILED, "the records of an earlier step were not collected");
    }
    LOCL_TRY(locl_buffer_read(queue, s->stage.metrics[slot]->mem, 0, bytes,
                              s->records + slot * s->record_count, LOCL_ASYNC, NULL, NULL, err));
    LOCL_TRY(locl_queue_marker(queue, &s->finished[slot], err));
    LOCL_TRY(locl_channel_give_back(s->input, n, s->finished[slot], err));
    return locl_queue_flush(queue, err);
}

static locl_status receive(const locl_progress *progress, locl_pipeline_stage *s, uint64_t n,
                           locl_bindings *b, locl_error *err)
{
    locl_channel_batch from;
    LOCL_TRY(locl_channel_receive(s->input, n, &from, err));
    b->external[LOCL_EXT_INPUT] = from.x;
    b->external[LOCL_EXT_LABELS] = from.labels;
    b->valid = (cl_uint)from.valid;
    add_event(progress, LOCL_TRACE_RECEIVED, s, n);
    if (s->output) {
        locl_channel_batch to;
        LOCL_TRY(locl_channel_produce(s->output, n, &to, err));
        b->external[LOCL_EXT_OUTPUT] = to.x;
        b->external[LOCL_EXT_OUTPUT_LABELS] = to.labels;
    }
    return LOCL_OK;
}

static locl_status send(const locl_progress *progress, locl_pipeline_stage *s, uint64_t n,
                        const locl_bindings *b, locl_error *err)
{
    LOCL_TRY(locl_buffer_copy(&s->lane->queues.compute, b->external[LOCL_EXT_LABELS], 0,
                              b->external[LOCL_EXT_OUTPUT_LABELS], 0, s->output->label_bytes, NULL, err));
    LOCL_TRY(locl_channel_send(s->output, n, b->valid, err));
    add_event(progress, LOCL_TRACE_SENT, s, n);
    return LOCL_OK;
}

static locl_status collect_profile(const locl_pipeline_stage *s, locl_error *err)
{
    locl_command_buffer *cmd[LOCL_STEP_BUFFERS];
    for (size_t i = 0, count = locl_stage_commands(&s->stage, LOCL_STEP_TRAIN, cmd); i < count; i++) {
        LOCL_TRY(locl_command_buffer_profile_collect(cmd[i], err));
    }
    return LOCL_OK;
}

/* Enqueues batch n of a stage. Waits as the channels say. */
static locl_status enqueue_step(const locl_progress *progress, locl_pipeline_stage *s, uint64_t n,
                                locl_error *err)
{
    locl_queue *queue = &s->lane->queues.compute;
    locl_bindings b = bindings_of(progress, s, n);
    LOCL_TRY(receive(progress, s, n, &b, err));
    LOCL_TRY(locl_stage_enqueue(&s->stage, queue, progress->kind, &b, err));
    add_event(progress, LOCL_TRACE_ENQUEUED, s, n);
    if (s->output) {
        LOCL_TRY(send(progress, s, n, &b, err));
    }
    LOCL_TRY(finish_step(s, n, err));
    return queue->profiling && progress->kind == LOCL_STEP_TRAIN ? collect_profile(s, err) : LOCL_OK;
}

/* Returns whether there is a batch n for the first stage. At the end, or once a stop is asked for, the run
 * ends before it, but never within a step. */
static bool fetch(const locl_progress *progress, locl_pipeline_stage *s, uint64_t n)
{
    const locl_pipeline_run *run = progress->run;
    bool stop = run->stop && *run->stop && n % progress->slices == 0;
    if (stop || !locl_channel_fetch(s->input, n)) {
        return false;
    }
    add_event(progress, LOCL_TRACE_FETCHED, s, n);
    return true;
}

locl_status locl_progress_advance(locl_progress *progress, locl_pipeline_stage *s, locl_error *err)
{
    uint64_t n = s->next;
    if (s->collected + LOCL_RUN_AHEAD <= n) {
        LOCL_TRY(collect(progress, s, n - LOCL_RUN_AHEAD, err));
    }
    bool got = !locl_channel_is_fetched(s->input) || fetch(progress, s, n);
    if (got) {
        LOCL_TRY(at_stage(progress, s, n, enqueue_step(progress, s, n, err), err));
    }
    pthread_mutex_lock(&progress->lock);
    if (got) {
        s->next++;
        s->input->consumed++;
        if (s->output) {
            s->output->produced++;
        }
    } else {
        progress->count = n;
    }
    pthread_cond_broadcast(&progress->changed);
    pthread_mutex_unlock(&progress->lock);
    return LOCL_OK;
}

locl_status locl_progress_drain(locl_progress *progress, const locl_lane *lane, locl_error *err)
{
    locl_pipeline *p = progress->pipeline;
    for (size_t i = 0; i < p->stages; i++) {
        locl_pipeline_stage *s = &p->stage[i];
        while (s->lane == lane && s->collected < s->next) {
            LOCL_TRY(collect(progress, s, s->collected, err));
        }
    }
    return LOCL_OK;
}
