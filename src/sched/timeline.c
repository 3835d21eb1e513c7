#include "sched/timeline.h"

#include <stdlib.h>

locl_status locl_timeline_open(uint64_t first, uint64_t end, locl_timeline **out, locl_error *err)
{
    *out = calloc(1, sizeof **out);
    if (!*out) {
        return locl_fail_memory(err, sizeof **out);
    }
    (*out)->first = first;
    (*out)->end = end;
    pthread_mutex_init(&(*out)->lock, NULL);
    return LOCL_OK;
}

void locl_timeline_close(locl_timeline *timeline)
{
    if (!timeline) {
        return;
    }
    for (size_t d = 0; d < LOCL_MAX_DEVICES; d++) {
        for (int q = 0; q < LOCL_TIMELINE_QUEUES; q++) {
            locl_tape_release(&timeline->device[d].tape[q]);
        }
    }
    pthread_mutex_destroy(&timeline->lock);
    free(timeline->span);
    free(timeline);
}

void locl_timeline_lose(locl_timeline *timeline, size_t device)
{
    timeline->device[device].lost = true;
}

/* ---- the queues ---- */

static void list_queues(locl_lane_queues *queues, locl_queue *out[LOCL_TIMELINE_QUEUES])
{
    out[LOCL_TIMELINE_COMPUTE] = &queues->compute;
    out[LOCL_TIMELINE_TO_DEVICE] = &queues->copy;
    out[LOCL_TIMELINE_TO_HOST] = &queues->back;
}

locl_status locl_timeline_attach(locl_timeline *timeline, locl_lane_queues *queues, locl_error *err)
{
    locl_device *device = queues->compute.device;
    locl_timeline_device *d = &timeline->device[device->index];
    locl_queue *queue[LOCL_TIMELINE_QUEUES];
    if (!d->device) {
        LOCL_TRY(locl_stamps_measure(device, &d->before, err));
        d->device = device;
    }
    list_queues(queues, queue);
    for (int q = 0; q < LOCL_TIMELINE_QUEUES; q++) {
        locl_tape *tape = &d->tape[q];
        tape->on = false;
        tape->host_timed = tape->host_timed || !d->before.usable;
        tape->deadline = queues->deadline;
        queue[q]->tape = tape;
    }
    timeline->read = 0;
    return LOCL_OK;
}

void locl_timeline_place(const locl_timeline *timeline, locl_lane_queues *queues, bool training,
                         const locl_tape_place *place)
{
    locl_queue *queue[LOCL_TIMELINE_QUEUES];
    bool on = training && place->step >= timeline->first && place->step < timeline->end;
    list_queues(queues, queue);
    for (int q = 0; q < LOCL_TIMELINE_QUEUES; q++) {
        queue[q]->tape->on = on;
        queue[q]->tape->place = *place;
    }
}

locl_status locl_timeline_gather(locl_lane_queues *queues, locl_error *err)
{
    locl_queue *queue[LOCL_TIMELINE_QUEUES];
    list_queues(queues, queue);
    for (int q = 0; q < LOCL_TIMELINE_QUEUES; q++) {
        LOCL_TRY(locl_tape_gather(queue[q]->tape, queue[q]->device, err));
    }
    return LOCL_OK;
}

void locl_timeline_forget(locl_lane_queues *queues)
{
    locl_queue *queue[LOCL_TIMELINE_QUEUES];
    list_queues(queues, queue);
    for (int q = 0; q < LOCL_TIMELINE_QUEUES; q++) {
        locl_tape_forget(queue[q]->tape);
        queue[q]->tape->on = false;
    }
}

/* ---- the threads of the host ---- */

/* Adds a span of a recorded step. Where there is no memory for it, it is only counted. */
static void add_span(locl_timeline *timeline, const locl_timeline_span *span)
{
    enum { FIRST = 1024 };
    if (span->step < (int64_t)timeline->first || span->step >= (int64_t)timeline->end) {
        return;
    }
    pthread_mutex_lock(&timeline->lock);
    if (timeline->spans == timeline->capacity && timeline->capacity < LOCL_TIMELINE_MOST_SPANS) {
        size_t capacity = timeline->capacity ? 2 * timeline->capacity : FIRST;
        locl_timeline_span *grown = realloc(timeline->span, capacity * sizeof *grown);
        timeline->span = grown ? grown : timeline->span;
        timeline->capacity = grown ? capacity : timeline->capacity;
    }
    if (timeline->spans < timeline->capacity) {
        timeline->span[timeline->spans++] = *span;
    } else {
        timeline->left_out++;
    }
    pthread_mutex_unlock(&timeline->lock);
}

void locl_timeline_loaded(locl_timeline *timeline, uint64_t step, double start, double end)
{
    const locl_timeline_span span = {LOCL_TIMELINE_LOADER, -1, "make a batch", -1, (int64_t)step, start, end};
    add_span(timeline, &span);
}

/* Says what a worker did between its last event and one of kind `now`. */
static const char *work_of(locl_trace_kind last, locl_trace_kind now)
{
    switch (now) {
    case LOCL_TRACE_BEGUN:
        return last == LOCL_TRACE_WAITING ? "wait for a batch or for room" : "look for work";
    case LOCL_TRACE_FETCHED:
        return "wait for the loader";
    case LOCL_TRACE_RECEIVED:
        return "receive";
    case LOCL_TRACE_ENQUEUED:
        return "enqueue";
    case LOCL_TRACE_SENT:
        return "send";
    case LOCL_TRACE_DONE:
        return "wait for the device";
    default:
        return NULL;
    }
}

static void follow_worker(locl_timeline *timeline, const locl_trace_event *e)
{
    locl_timeline_last *last = &timeline->worker[e->device];
    const char *work = work_of(last->kind, e->kind);
    if (last->any && work) {
        const locl_timeline_span span = {LOCL_TIMELINE_WORKER, e->device, work, e->stage, e->step,
                                         last->time,           e->time};
        add_span(timeline, &span);
    }
    *last = (locl_timeline_last){true, e->kind, e->time};
}

static void follow_report(locl_timeline *timeline, const locl_trace_event *e)
{
    locl_timeline_last *last = &timeline->report;
    if (e->kind == LOCL_TRACE_REPORTED && last->any && last->kind == LOCL_TRACE_COMPLETE) {
        const locl_timeline_span span = {LOCL_TIMELINE_REPORT, -1,     "report", -1, e->step,
                                         last->time,           e->time};
        add_span(timeline, &span);
    }
    *last = (locl_timeline_last){true, e->kind, e->time};
}

/* A run begins: what threads did before does not go on. */
static void begin_run(locl_timeline *timeline, const locl_trace_event *e)
{
    timeline->training = e->kind == LOCL_TRACE_TRAIN;
    timeline->report.any = false;
    for (size_t d = 0; d < LOCL_MAX_DEVICES; d++) {
        timeline->worker[d].any = false;
    }
}

void locl_timeline_follow(locl_timeline *timeline, const locl_trace *trace)
{
    enum { SOME = 256 };
    locl_trace_event event[SOME];
    size_t count;
    while ((count = locl_trace_read(trace, &timeline->read, event, SOME)) > 0) {
        for (size_t i = 0; i < count; i++) {
            const locl_trace_event *e = &event[i];
            if (e->kind == LOCL_TRACE_TRAIN || e->kind == LOCL_TRACE_EVALUATE) {
                begin_run(timeline, e);
            } else if (timeline->training && e->device >= 0) {
                follow_worker(timeline, e);
            } else if (timeline->training) {
                follow_report(timeline, e);
            }
        }
    }
}
