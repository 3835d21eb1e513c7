#include "sched/measure_device.h"

#include "base/clock.h"

#include <stdlib.h>

enum { LEAST = 3, MOST = 64 }; /* repeats that are looked at */

static const double least_seconds = 0.1;

/* What is repeated on a device. */
typedef struct repeated {
    locl_measure_device *of;
    locl_queue queue;
    locl_arena *workspace, *io;
    locl_stage stage;
    const locl_tensor *x, *labels, *out;
    void *host; /* for copies */
    uint64_t step;
} repeated;

static void close_repeated(repeated *r)
{
    locl_stage_close(&r->stage);
    locl_arena_release(r->workspace);
    locl_arena_release(r->io);
    locl_queue_release(&r->queue);
    free(r->host);
}

/* Writes values that are no special cases of arithmetic, and label 0. */
static locl_status fill_input(repeated *r, locl_error *err)
{
    size_t count = r->x->bytes / sizeof(float);
    float *x = malloc(r->x->bytes);
    const int32_t zero = 0;
    if (!x) {
        return locl_fail_memory(err, r->x->bytes);
    }
    for (size_t i = 0; i < count; i++) {
        x[i] = (float)((uint32_t)i * 2654435761u >> 8) / 0x1p23f - 1;
    }
    locl_status status =
        locl_buffer_write(&r->queue, r->x->mem, 0, r->x->bytes, x, LOCL_BLOCKING, NULL, NULL, err);
    free(x);
    LOCL_TRY(status);
    for (size_t i = 0; i < r->stage.options.others; i++) {
        const locl_tensor *t = r->stage.received[i];
        LOCL_TRY(locl_buffer_fill(&r->queue, t->mem, 0, t->bytes, &zero, sizeof zero, err));
    }
    return locl_buffer_fill(&r->queue, r->labels->mem, 0, r->labels->bytes, &zero, sizeof zero, err);
}

static locl_status open_stage(repeated *r, locl_error *err)
{
    locl_device *device = r->of->device;
    const locl_stage_options *o = r->of->options;
    LOCL_TRY(locl_arena_create("workspace", &device->caps, &r->workspace, err));
    LOCL_TRY(locl_stage_open(o, device, r->workspace, &r->stage, err));
    r->x = locl_arena_take(r->io, locl_stage_input_values(&r->stage) * sizeof(float), "images");
    r->labels = locl_arena_take(r->io, locl_stage_rows(o) * sizeof(int32_t), "labels");
    r->out = locl_arena_take(r->io, locl_stage_output_values(&r->stage) * sizeof(float), "output");
    size_t needs =
        locl_arena_bytes(r->workspace) + locl_arena_bytes(r->io) + locl_arena_bytes(r->stage.state);
    if (needs > r->of->room) {
        return locl_fail(err, LOCL_E_TOO_LARGE, "a whole stage needs %.3f GiB, there are %.3f",
                         (double)needs / 0x1p30, (double)r->of->room / 0x1p30);
    }
    LOCL_TRY(locl_arena_bind(r->workspace, device, err));
    LOCL_TRY(locl_arena_bind(r->io, device, err));
    LOCL_TRY(locl_stage_bind(&r->stage, &r->queue, err));
    return fill_input(r, err);
}

static locl_status open_copies(repeated *r, locl_error *err)
{
    r->x = locl_arena_take(r->io, r->of->bytes, "copied");
    r->host = calloc(1, r->of->bytes);
    return r->host ? locl_arena_bind(r->io, r->of->device, err) : locl_fail_memory(err, r->of->bytes);
}

static locl_status open_repeated(repeated *r, locl_error *err)
{
    locl_device *device = r->of->device;
    LOCL_TRY(locl_queue_create(device, LOCL_QUEUE_PLAIN, &r->queue, err));
    LOCL_TRY(locl_arena_create("inputs", &device->caps, &r->io, err));
    return r->of->options ? open_stage(r, err) : open_copies(r, err);
}

static locl_status enqueue_copies(repeated *r, locl_error *err)
{
    size_t bytes = r->of->bytes;
    LOCL_TRY(locl_buffer_read(&r->queue, r->x->mem, 0, bytes, r->host, LOCL_ASYNC, NULL, NULL, err));
    return locl_buffer_write(&r->queue, r->x->mem, 0, bytes, r->host, LOCL_ASYNC, NULL, NULL, err);
}

static locl_status enqueue_slices(repeated *r, locl_error *err)
{
    for (size_t i = 0; i < locl_stage_slices(r->of->options); i++) {
        LOCL_TRY(locl_stage_step(&r->stage, &r->queue, r->x, r->labels, r->out, r->step, i, err));
    }
    r->step++;
    return LOCL_OK;
}

/* Enqueues what is measured. */
static locl_status enqueue(repeated *r, locl_error *err)
{
    if (!r->of->options) {
        return enqueue_copies(r, err);
    }
    if (!r->of->update) {
        return enqueue_slices(r, err);
    }
    const locl_bindings b = {.external[LOCL_EXT_METRICS] = r->stage.metrics[0]->mem};
    return locl_stage_enqueue_update(&r->stage, &r->queue, &b, err);
}

/* Does once what comes before the measured, and that itself. */
static locl_status warm_up(repeated *r, locl_error *err)
{
    if (r->of->update) {
        LOCL_TRY(enqueue_slices(r, err));
    }
    LOCL_TRY(enqueue(r, err));
    return locl_queue_await(&r->queue, r->of->device->deadline, "a measured step", err);
}

/* Waits until all devices are warm. */
static void await_others(locl_measure_gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    gate->ready++;
    pthread_cond_broadcast(&gate->changed);
    while (gate->ready < gate->devices) {
        pthread_cond_wait(&gate->changed, &gate->lock);
    }
    pthread_mutex_unlock(&gate->lock);
}

static void tell_enough(locl_measure_gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    gate->enough++;
    pthread_mutex_unlock(&gate->lock);
}

static bool all_have_enough(locl_measure_gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    bool all = gate->enough >= gate->devices;
    pthread_mutex_unlock(&gate->lock);
    return all;
}

/* Enqueues once more and waits for the time before, so that the device is never without work. */
static locl_status repeat(repeated *r, cl_event *before, locl_error *err)
{
    cl_event now = NULL;
    locl_status status = enqueue(r, err);
    status = status == LOCL_OK ? locl_queue_marker(&r->queue, &now, err) : status;
    status = status == LOCL_OK ? locl_queue_flush(&r->queue, err) : status;
    if (*before && status == LOCL_OK) {
        status = locl_event_await(r->of->device, *before, r->of->device->deadline, "a measured step", err);
    }
    locl_event_release(before);
    *before = now;
    return status;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Repeats until all devices have done enough. */
static locl_status time_repeats(repeated *r, locl_measure_gate *gate, double *median, locl_error *err)
{
    double taken[MOST], begin = locl_clock_seconds(), last = begin;
    cl_event before = NULL;
    locl_status status = repeat(r, &before, err);
    bool told = false;
    size_t count = 0;
    while (status == LOCL_OK && !all_have_enough(gate)) {
        status = repeat(r, &before, err);
        double now = locl_clock_seconds();
        taken[count++ % MOST] = now - last;
        last = now;
        if (!told && count >= LEAST && now - begin >= least_seconds) {
            tell_enough(gate);
            told = true;
        }
    }
    if (!told) {
        tell_enough(gate);
    }
    locl_event_release(&before);
    count = count < MOST ? count : MOST;
    qsort(taken, count, sizeof *taken, compare);
    *median = count ? taken[count / 2] : 0;
    return status;
}

/* Waits until the device has done all that was enqueued. Returns false, and notes why, where it does not in time: it
 * may yet use the buffers and the host's memory, which stay. */
static bool settle(repeated *r)
{
    locl_measure_device *d = r->of;
    locl_error late;
    if (!r->queue.cl ||
        locl_queue_await(&r->queue, d->device->deadline, "measured steps", &late) != LOCL_E_DEADLINE) {
        return true;
    }
    if (d->status == LOCL_OK) {
        d->status = LOCL_E_DEADLINE;
        d->error = late;
    }
    return false;
}

void *locl_measure_on_device(void *argument)
{
    locl_measure_device *d = argument;
    repeated r = {.of = d};
    d->status = open_repeated(&r, &d->error);
    if (d->status == LOCL_OK) {
        d->status = warm_up(&r, &d->error);
    }
    await_others(d->gate);
    if (d->status == LOCL_OK) {
        d->status = time_repeats(&r, d->gate, &d->seconds, &d->error);
    } else {
        tell_enough(d->gate);
    }
    if (settle(&r)) {
        close_repeated(&r);
    }
    return NULL;
}
