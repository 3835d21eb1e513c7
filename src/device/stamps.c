#include "device/stamps.h"

#include "base/clock.h"

#include <math.h>
#include <time.h>

enum { ROUNDS = 16 };

static const double second = 1e-9; /* of a nanosecond */

/* One write as host and device saw it. */
typedef struct round_trip {
    double begun, ended; /* host, seconds */
    cl_ulong start, end; /* device, nanoseconds */
} round_trip;

/* A driver without stamps for an event is one whose stamps say nothing. */
static locl_status go_round(locl_queue *queue, cl_mem buffer, round_trip *out, locl_error *err)
{
    const struct timespec pause = {0, 1000000};
    const cl_uint value = 0;
    locl_error ignored;
    cl_event event = NULL;
    nanosleep(&pause, NULL);
    *out = (round_trip){.begun = locl_clock_seconds()};
    LOCL_TRY(locl_buffer_write(queue, buffer, 0, sizeof value, &value, LOCL_ASYNC, NULL, &event, err));
    locl_status status = locl_event_wait(queue->device, event, err);
    out->ended = locl_clock_seconds();
    if (status == LOCL_OK &&
        locl_event_times(queue->device, event, &out->start, &out->end, &ignored) != LOCL_OK) {
        out->start = out->end = 0;
    }
    locl_event_release(&event);
    return status;
}

/* Finds when the host's clock stood at the first stamp. Every write tells a time before which and one after which that
 * cannot be; clocks of one rate leave something between. */
static void compare(const round_trip *trip, locl_stamps *out)
{
    const double slack = 2e-5; /* seconds that clocks may drift apart meanwhile */
    double low = -INFINITY, high = INFINITY;
    out->stamp = trip[0].start;
    out->usable = trip[ROUNDS - 1].start > trip[0].start;
    for (int i = 0; i < ROUNDS; i++) {
        const round_trip *t = &trip[i];
        bool ordered = t->start > 0 && t->end >= t->start && (i == 0 || t->start >= trip[i - 1].end);
        out->usable = out->usable && ordered;
        low = fmax(low, t->begun - (double)(cl_long)(t->start - out->stamp) * second);
        high = fmin(high, t->ended - (double)(cl_long)(t->end - out->stamp) * second);
    }
    out->usable = out->usable && low <= high + slack;
    out->host = (low + high) / 2;
    out->error = fabs(high - low) / 2;
}

locl_status locl_stamps_measure(locl_device *device, locl_stamps *out, locl_error *err)
{
    round_trip trip[ROUNDS];
    locl_queue queue = {0};
    cl_mem buffer = NULL;
    locl_status status;
    *out = (locl_stamps){0};
    LOCL_TRY_GOTO(status, locl_queue_create(device, LOCL_QUEUE_PROFILING, &queue, err));
    LOCL_TRY_GOTO(status, locl_buffer_create(device, sizeof(cl_uint), "the clock's word", &buffer, err));
    for (int i = 0; i < ROUNDS; i++) {
        LOCL_TRY_GOTO(status, go_round(&queue, buffer, &trip[i], err));
    }
    compare(trip, out);
fail:
    locl_buffer_release(&buffer);
    locl_queue_release(&queue);
    return status;
}

double locl_stamps_to_host(const locl_stamps *before, const locl_stamps *after, cl_ulong stamp)
{
    double between = (double)(cl_long)(after->stamp - before->stamp) * second;
    double rate = between > 0 ? (after->host - before->host) / between : 1;
    return before->host + rate * (double)(cl_long)(stamp - before->stamp) * second;
}
