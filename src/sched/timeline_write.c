/* Writes a timeline as JSON that Chrome and Perfetto show: docs/trace.md has its fields. A line for each event, sorted
 * by time within each row. */
#include "sched/timeline.h"

#include "base/file.h"
#include "base/json.h"
#include "locl/version.h"

#include <math.h>
#include <stdlib.h>

/* Numbers of processes and threads. Those of threads are unique in the whole file, as Perfetto wants them. */
enum { HOST = 1, FIRST_DEVICE = 2, LOADER = 1, REPORT = 2, FIRST_WORKER = 10, FIRST_QUEUE = 100, ROOM = 10 };

/* A file under way. */
typedef struct writer {
    const locl_timeline *timeline;
    locl_text text;
    double zero; /* the clock at time 0 of the file */
    bool failed;
    size_t events;
} writer;

/* When a command ran, on the host's clock. */
typedef struct span {
    double start, end;
} span;

/* Adds an event and takes it. */
static void add(writer *w, json_t *event)
{
    char *line = event ? json_dumps(event, JSON_REAL_PRECISION(15)) : NULL;
    json_decref(event);
    w->failed = w->failed || !line;
    if (line) {
        locl_text_add(&w->text, "%s\n%s", w->events++ ? "," : "", line);
    }
    free(line);
}

static void add_name(writer *w, const char *what, int process, int thread, const char *name)
{
    add(w, json_pack("{s:s, s:s, s:i, s:i, s:{s:o}}", "name", what, "ph", "M", "pid", process, "tid", thread,
                     "args", "name", locl_json_text(name)));
}

/* Microseconds since the file's zero, in whole nanoseconds. */
static double micro(const writer *w, double time)
{
    return round((time - w->zero) * 1e9) / 1e3;
}

static json_t *event_of(const writer *w, const char *name, const char *category, int process, int thread,
                        span s, json_t *args)
{
    double start = micro(w, s.start), end = micro(w, s.end);
    return json_pack("{s:o, s:s, s:s, s:f, s:f, s:i, s:i, s:o}", "name", locl_json_text(name), "cat",
                     category, "ph", "X", "ts", start, "dur", round((end - start) * 1e3) / 1e3, "pid",
                     process, "tid", thread, "args", args);
}

/* Says when a command ran: by its stamps, else as the host saw it; not before the one ahead of it had ended. */
static span when(const locl_timeline_device *d, const locl_tape_mark *mark, double before)
{
    span s = {mark->begun, mark->ended};
    if (mark->stamped) {
        s.start = locl_stamps_to_host(&d->before, &d->after, mark->start);
        s.end = locl_stamps_to_host(&d->before, &d->after, mark->end);
    }
    s.start = s.start > before ? s.start : before;
    s.end = s.end > s.start ? s.end : s.start;
    return s;
}

static json_t *mark_args(const locl_tape_mark *mark)
{
    const locl_tape_place *p = &mark->place;
    json_t *args =
        json_pack("{s:I, s:I, s:[I, I], s:f}", "step", (json_int_t)p->step + 1, "stage", (json_int_t)p->stage,
                  "blocks", (json_int_t)p->first, (json_int_t)p->last - 1, "bytes", mark->bytes);
    if (args && mark->section[0]) {
        json_object_set_new(args, "section", locl_json_text(mark->section));
    }
    if (args && !mark->stamped) {
        json_object_set_new(args, "host_timed", json_true());
    }
    return args;
}

static void add_tape(writer *w, const locl_timeline_device *d, int process, int thread, const locl_tape *tape)
{
    double before = -INFINITY;
    for (size_t i = 0; i < tape->known; i++) {
        const locl_tape_mark *mark = &tape->mark[i];
        span s = when(d, mark, before);
        add(w, event_of(w, mark->name, mark->copy ? "copy" : "kernel", process, thread, s, mark_args(mark)));
        before = s.end;
    }
}

/* Whether every command of a device was timed by its own stamps. */
static bool is_stamped(const locl_timeline_device *d)
{
    bool stamped = true;
    for (int q = 0; q < LOCL_TIMELINE_QUEUES; q++) {
        stamped = stamped && !d->tape[q].host_timed;
    }
    return stamped;
}

static void add_device(writer *w, size_t index)
{
    static const char *const names[LOCL_TIMELINE_QUEUES] = {"compute", "copies to the device",
                                                            "copies to the host"};
    const locl_timeline_device *d = &w->timeline->device[index];
    int process = FIRST_DEVICE + (int)index;
    char name[256];
    if (!d->device) {
        return;
    }
    snprintf(name, sizeof name, "device %zu: %s (%s)%s", index, d->device->name, d->device->selector,
             is_stamped(d) ? "" : ", host-timed");
    add_name(w, "process_name", process, FIRST_QUEUE + ROOM * (int)index, name);
    for (int q = 0; q < LOCL_TIMELINE_QUEUES; q++) {
        int thread = FIRST_QUEUE + ROOM * (int)index + q;
        if (d->tape[q].known > 0) {
            add_name(w, "thread_name", process, thread, names[q]);
            add_tape(w, d, process, thread, &d->tape[q]);
        }
    }
}

static int thread_of(const locl_timeline_span *s)
{
    return s->thread == LOCL_TIMELINE_WORKER   ? FIRST_WORKER + s->device
           : s->thread == LOCL_TIMELINE_LOADER ? LOADER
                                               : REPORT;
}

static void add_host(writer *w)
{
    const locl_timeline *t = w->timeline;
    add_name(w, "process_name", HOST, LOADER, "host");
    add_name(w, "thread_name", HOST, LOADER, "loader");
    add_name(w, "thread_name", HOST, REPORT, "report");
    for (size_t d = 0; d < LOCL_MAX_DEVICES; d++) {
        char name[64];
        snprintf(name, sizeof name, "worker of device %zu", d);
        if (t->device[d].device) {
            add_name(w, "thread_name", HOST, FIRST_WORKER + (int)d, name);
        }
    }
    for (size_t i = 0; i < t->spans; i++) {
        const locl_timeline_span *s = &t->span[i];
        json_t *args = json_pack("{s:I}", "step", (json_int_t)s->step + 1);
        if (args && s->stage >= 0) {
            json_object_set_new(args, "entry", json_integer(s->stage));
        }
        add(w, event_of(w, s->name, "host", HOST, thread_of(s), (span){s->start, s->end}, args));
    }
}

/* Says how a device's times came about. */
static json_t *clock_of(size_t index, const locl_timeline_device *d)
{
    double error = fmax(d->before.error, d->after.error), left_out = 0;
    for (int q = 0; q < LOCL_TIMELINE_QUEUES; q++) {
        left_out += (double)d->tape[q].left_out;
    }
    return json_pack("{s:I, s:o, s:s, s:o, s:f}", "device", (json_int_t)index, "selector",
                     locl_json_text(d->device->selector), "times", is_stamped(d) ? "stamps" : "host",
                     "error_us", is_stamped(d) ? json_real(round(error * 1e9) / 1e3) : json_null(),
                     "left_out", left_out);
}

static void add_head(writer *w)
{
    const locl_timeline *t = w->timeline;
    json_t *clocks = json_array();
    for (size_t i = 0; i < LOCL_MAX_DEVICES; i++) {
        if (t->device[i].device) {
            json_array_append_new(clocks, clock_of(i, &t->device[i]));
        }
    }
    json_t *head =
        json_pack("{s:s, s:[I, I], s:I, s:o}", "locl", locl_version(), "steps", (json_int_t)t->first + 1,
                  (json_int_t)t->end, "spans_left_out", (json_int_t)t->left_out, "clocks", clocks);
    char *line = head ? json_dumps(head, JSON_REAL_PRECISION(15)) : NULL;
    json_decref(head);
    w->failed = w->failed || !line;
    locl_text_add(&w->text, "{\"displayTimeUnit\": \"ms\", \"otherData\": %s,\n\"traceEvents\": [",
                  line ? line : "");
    free(line);
}

/* Finds the time of the first thing that was recorded. */
static double find_zero(const locl_timeline *t)
{
    double zero = INFINITY;
    for (size_t i = 0; i < t->spans; i++) {
        zero = fmin(zero, t->span[i].start);
    }
    for (size_t d = 0; d < LOCL_MAX_DEVICES; d++) {
        for (int q = 0; q < LOCL_TIMELINE_QUEUES; q++) {
            const locl_tape *tape = &t->device[d].tape[q];
            zero = tape->known ? fmin(zero, when(&t->device[d], &tape->mark[0], -INFINITY).start) : zero;
        }
    }
    return isfinite(zero) ? zero : 0;
}

/* Measures the clocks again. Those of a device that no longer works go on at the rate of the host's. */
static void measure_again(locl_timeline *t)
{
    locl_error ignored;
    for (size_t i = 0; i < LOCL_MAX_DEVICES; i++) {
        locl_timeline_device *d = &t->device[i];
        bool again = d->device && !d->lost && d->before.usable &&
                     locl_stamps_measure(d->device, &d->after, &ignored) == LOCL_OK && d->after.usable;
        d->after = again ? d->after : d->before;
    }
}

locl_status locl_timeline_write(locl_timeline *timeline, const char *path, locl_error *err)
{
    writer w = {.timeline = timeline};
    measure_again(timeline);
    pthread_mutex_lock(&timeline->lock);
    w.zero = find_zero(timeline);
    add_head(&w);
    add_host(&w);
    for (size_t d = 0; d < LOCL_MAX_DEVICES; d++) {
        add_device(&w, d);
    }
    locl_text_add(&w.text, "\n]}\n");
    pthread_mutex_unlock(&timeline->lock);
    locl_status status = w.failed || w.text.failed ? locl_fail_memory(err, w.text.length)
                                                   : locl_file_write(path, w.text.data, w.text.length, err);
    locl_text_free(&w.text);
    return status;
}
