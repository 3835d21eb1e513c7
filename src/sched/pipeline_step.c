/* One batch of a stage, from its input to its output, with its records to the report. */
#include "sched/pipeline_parts.h"

#include "base/clock.h"
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

/* Tells trace and timeline that a worker begins with batch n of a stage. */
static void begin_task(const locl_progress *progress, const locl_pipeline_stage *s, uint64_t n)
{
    const locl_stage_options *o = &s->stage.options;
    const locl_tape_place place = {s->number, o->first, o->last, locl_progress_step(progress, n)};
    add_event(progress, LOCL_TRACE_BEGUN, s, n);
    if (progress->pipeline->options.timeline) {
        locl_timeline_place(progress->pipeline->options.timeline, &s->lane->queues,
                            progress->kind == LOCL_STEP_TRAIN, &place);
    }
}

/* Adds to an error at which stage and in which step it came up. */
static locl_status at_stage(const locl_progress *progress, const locl_pipeline_stage *s, uint64_t n,
                            locl_status status, locl_error *err)
{
    if (status != LOCL_OK) {
        const char *what = progress->kind == LOCL_STEP_TRAIN ? "step" : "batch";
        uint64_t step = locl_progress_step(progress, n);
        unsigned long long shown = step + 1; /* as checkpoints count */
        locl_error_where(err, "%s %llu: stage %zu on device %zu (%s)", what, shown, s->number,
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
    if (progress->pipeline->options.timeline) {
        LOCL_TRY(at_stage(progress, s, n, locl_timeline_gather(&s->lane->queues, err), err));
    }
    s->collected = n + 1;
    pthread_mutex_lock(&progress->lock);
    bool mine = n < progress->reported + LOCL_REPORT_RING; /* else it is still the calling thread's */
    if (mine) {
        memcpy(progress->record + n % LOCL_REPORT_RING * progress->pipeline->records + s->record_at,
               s->records + n % LOCL_METRIC_SLOTS * s->record_count, s->record_count * sizeof *s->records);
        progress->arrived[n % LOCL_REPORT_RING]++;
        progress->arrival[n % LOCL_REPORT_RING] = locl_clock_seconds();
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
                       .first_image =
                           (size_t)(n % progress->slices) * progress->images + s->stage.options.first_row};
    b.external[LOCL_EXT_METRICS] = s->stage.metrics[n % LOCL_METRIC_SLOTS]->mem;
    if (progress->kind == LOCL_STEP_TRAIN) {
        b.rate = (cl_float)locl_schedule_rate(progress->pipeline->options.optim, step, run->steps_per_epoch,
                                              run->epochs);
    }
    return b;
}

/* Has the time taken of what a stage enqueued of batch n of training, up to here. Drivers may do what follows, the
 * records of the batch, after the next stage's work. */
static locl_status watch(const locl_progress *progress, const locl_pipeline_stage *s, uint64_t n,
                         locl_error *err)
{
    locl_pipeline *p = progress->pipeline;
    cl_event end = NULL;
    if (!p->busy || progress->kind != LOCL_STEP_TRAIN) {
        return LOCL_OK;
    }
    LOCL_TRY(locl_queue_marker(&s->lane->queues.compute, &end, err));
    locl_status status = locl_busy_watch(p->busy, s->lane->device, (size_t)(s->lane - p->lane), s->index, n,
                                         s->enqueued, end, err);
    locl_event_release(&end);
    return status;
}

/* Reads batch n's records into the host ring, after what is kept of its step, and marks its end. */
static locl_status finish_step(locl_pipeline_stage *s, uint64_t n, locl_error *err)
{
    locl_queue *queue = &s->lane->queues.compute;
    size_t slot = n % LOCL_METRIC_SLOTS, bytes = s->record_count * sizeof *s->records;
    if (s->finished[slot]) {
        return locl_fail(err, LOCL_E_FAILED, "the records of an earlier step were not collected");
    }
    if (s->keeps) {
        LOCL_TRY(locl_stage_copy(&s->stage, queue, s->kept, err));
    }
    LOCL_TRY(locl_buffer_read(queue, s->stage.metrics[slot]->mem, 0, bytes,
                              s->records + slot * s->record_count, LOCL_ASYNC, NULL, NULL, err));
    LOCL_TRY(locl_queue_marker(queue, &s->finished[slot], err));
    return locl_queue_flush(queue, err);
}

/* Gives the input of batch n back once all that is enqueued so far is done. */
static locl_status give_input_back(locl_pipeline_stage *s, uint64_t n, locl_error *err)
{
    cl_event read = NULL;
    LOCL_TRY(locl_queue_marker(&s->lane->queues.compute, &read, err));
    locl_status status = locl_inlet_give_back(&s->inlet, n, read, err);
    locl_event_release(&read);
    return status == LOCL_OK ? locl_queue_flush(&s->lane->queues.compute, err) : status;
}

/* Returns whether batch n of a stage ends with an update that other devices have to do with. */
static bool ends_shared(const locl_progress *progress, const locl_pipeline_stage *s, uint64_t n)
{
    return s->team && progress->kind == LOCL_STEP_TRAIN && (n + 1) % progress->slices == 0;
}

/* Ends the enqueuing of batch n. An owner's records are complete after its update, a task of its own. */
static locl_status end_batch(const locl_progress *progress, locl_pipeline_stage *s, uint64_t n,
                             locl_error *err)
{
    bool shared = ends_shared(progress, s, n);
    if (shared && locl_team_is_owner(s)) {
        return give_input_back(s, n, err);
    }
    if (shared) {
        LOCL_TRY(locl_team_send_gradient(s, err));
    }
    LOCL_TRY(finish_step(s, n, err));
    return locl_inlet_give_back(&s->inlet, n, s->finished[n % LOCL_METRIC_SLOTS], err);
}

static locl_status receive(const locl_progress *progress, locl_pipeline_stage *s, uint64_t n,
                           locl_bindings *b, locl_error *err)
{
    locl_channel_batch from;
    LOCL_TRY(locl_inlet_receive(&s->inlet, s->input, s->inputs, n, &from, err));
    b->external[LOCL_EXT_INPUT] = from.x;
    b->external[LOCL_EXT_LABELS] = from.labels;
    b->valid = (cl_uint)from.valid;
    add_event(progress, LOCL_TRACE_RECEIVED, s, n);
    if (s->outputs) {
        locl_channel_batch to;
        LOCL_TRY(locl_outlet_produce(&s->outlet, s->output, s->outputs, n, &to, err));
        b->external[LOCL_EXT_OUTPUT] = to.x;
        b->external[LOCL_EXT_OUTPUT_LABELS] = to.labels;
    }
    return LOCL_OK;
}

static locl_status send(const locl_progress *progress, locl_pipeline_stage *s, uint64_t n,
                        const locl_bindings *b, locl_error *err)
{
    LOCL_TRY(locl_buffer_copy(&s->lane->queues.compute, b->external[LOCL_EXT_LABELS], 0,
                              b->external[LOCL_EXT_OUTPUT_LABELS], 0, s->outlet.rows * sizeof(int32_t), NULL,
                              err));
    for (size_t i = 0; i < s->outputs; i++) {
        LOCL_TRY(locl_channel_send(&s->output[i], n, b->valid, err));
    }
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
    s->enqueued = locl_clock_seconds();
    LOCL_TRY(locl_stage_enqueue(&s->stage, queue, progress->kind, &b, err));
    LOCL_TRY(watch(progress, s, n, err));
    add_event(progress, LOCL_TRACE_ENQUEUED, s, n);
    if (s->outputs) {
        LOCL_TRY(send(progress, s, n, &b, err));
    }
    LOCL_TRY(end_batch(progress, s, n, err));
    bool profiled = progress->pipeline->options.profile && progress->kind == LOCL_STEP_TRAIN;
    return profiled ? collect_profile(s, err) : LOCL_OK;
}

bool locl_progress_may_fetch(const locl_progress *progress, const locl_pipeline_stage *s)
{
    const locl_pipeline *p = progress->pipeline;
    if (s->number > 0 || progress->fetching || s->next != progress->fetched) {
        return false;
    }
    for (size_t i = 0; i < p->stages && p->stage[i].number == 0; i++) {
        if (p->stage[i].next + LOCL_CHANNEL_DEPTH <= s->next) {
            return false; /* it has not begun the batch whose memory the loader gets back */
        }
    }
    return true;
}

/* Gets batch n for the first stage, once no device uploads from the memory that it will be in. *got is false at the
 * end, once a stop is asked for, and where the loader has no more: the run ends before the step of this batch. */
static locl_status fetch(locl_progress *progress, locl_pipeline_stage *s, uint64_t n, bool *got,
                         locl_error *err)
{
    locl_pipeline *p = progress->pipeline;
    const locl_pipeline_run *run = progress->run;
    bool ends = (run->stop && *run->stop) || (run->pause && *run->pause);
    *got = !(ends && n % progress->slices == 0);
    for (size_t i = 0; i < p->stages && p->stage[i].number == 0 && n >= LOCL_CHANNEL_DEPTH; i++) {
        if (&p->stage[i] != s) { /* its own was collected */
            LOCL_TRY(locl_channel_await_upload(p->stage[i].input, n - LOCL_CHANNEL_DEPTH, err));
        }
    }
    *got = *got && locl_feed_fetch(&p->feed, n);
    if (*got) {
        add_event(progress, LOCL_TRACE_FETCHED, s, n);
    }
    pthread_mutex_lock(&progress->lock);
    progress->fetching = false;
    progress->fetched += *got ? 1 : 0;
    progress->count = *got ? progress->count : n - n % progress->slices;
    pthread_cond_broadcast(&progress->changed);
    pthread_mutex_unlock(&progress->lock);
    return LOCL_OK;
}

/* Does batch n of a stage, which nobody has to fetch any more. */
static locl_status advance(locl_progress *progress, locl_pipeline_stage *s, uint64_t n, locl_error *err)
{
    LOCL_TRY(at_stage(progress, s, n, enqueue_step(progress, s, n, err), err));
    pthread_mutex_lock(&progress->lock);
    s->next++;
    for (size_t i = 0; i < s->inputs; i++) {
        s->input[i].consumed++;
    }
    for (size_t i = 0; i < s->outputs; i++) {
        s->output[i].produced++;
    }
    pthread_cond_broadcast(&progress->changed);
    pthread_mutex_unlock(&progress->lock);
    return LOCL_OK;
}

/* Does the next batch of a stage, if there is one. */
static locl_status step(locl_progress *progress, locl_task task, locl_error *err)
{
    locl_pipeline_stage *s = task.stage;
    uint64_t n = s->next;
    bool got = true;
    begin_task(progress, s, n);
    if (s->collected + LOCL_RUN_AHEAD <= n) {
        LOCL_TRY(collect(progress, s, n - LOCL_RUN_AHEAD, err));
    }
    if (task.kind == LOCL_TASK_FETCH) {
        LOCL_TRY(at_stage(progress, s, n, fetch(progress, s, n, &got, err), err));
    }
    return got ? advance(progress, s, n, err) : LOCL_OK;
}

/* Enqueues the update of a shared stage on its owner, and the sending of what it gives. */
static locl_status enqueue_update(locl_progress *progress, locl_pipeline_stage *s, uint64_t n,
                                  locl_error *err)
{
    locl_bindings b = bindings_of(progress, s, n);
    s->enqueued = locl_clock_seconds();
    LOCL_TRY(locl_team_take_gradients(s, err));
    LOCL_TRY(locl_stage_enqueue_update(&s->stage, &s->lane->queues.compute, &b, err));
    LOCL_TRY(watch(progress, s, n, err));
    LOCL_TRY(locl_team_publish(s, err));
    return finish_step(s, n, err);
}

uint64_t locl_task_batch(const locl_progress *progress, locl_task task)
{
    const locl_pipeline_stage *s = task.stage;
    return task.kind == LOCL_TASK_UPDATE    ? (s->team->updated + 1) * progress->slices - 1
           : task.kind == LOCL_TASK_TAKE    ? s->taken * progress->slices
           : task.kind == LOCL_TASK_COLLECT ? s->collected
                                            : s->next;
}

locl_status locl_progress_do(locl_progress *progress, locl_task task, locl_error *err)
{
    locl_pipeline_stage *s = task.stage;
    uint64_t n = locl_task_batch(progress, task);
    if (task.kind == LOCL_TASK_UPDATE) {
        begin_task(progress, s, n);
        LOCL_TRY(at_stage(progress, s, n, enqueue_update(progress, s, n, err), err));
        locl_progress_count(progress, &s->team->updated);
        return LOCL_OK;
    }
    if (task.kind == LOCL_TASK_TAKE) {
        begin_task(progress, s, n);
        LOCL_TRY(at_stage(progress, s, n, locl_team_take_parameters(s, err), err));
        locl_progress_count(progress, &s->taken);
        return LOCL_OK;
    }
    return task.kind == LOCL_TASK_COLLECT ? collect(progress, s, n, err) : step(progress, task, err);
}

locl_status locl_progress_drain(locl_progress *progress, const locl_lane *lane, locl_error *err)
{
    locl_pipeline *p = progress->pipeline;
    for (size_t i = 0; i < p->stages; i++) {
        locl_pipeline_stage *s = &p->stage[i];
        while (s->lane == lane && s->collected < s->next && s->finished[s->collected % LOCL_METRIC_SLOTS]) {
            LOCL_TRY(collect(progress, s, s->collected, err));
        }
    }
    return LOCL_OK;
}
