/* The ring of events: what goes in comes out, and the events of runs are in the order that the channels
 * promise (channel.h, pipeline_parts.h). */
#include "sched/trace.h"
#include "support/opencl_layer.h"
#include "support/step_run.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* As in sched/channel.h and sched/pipeline_parts.h. */
enum { STAGES = 4, STEPS = 40, FIRST = 5, RING = 64, ALL = 4096, DEPTH = 2, RUN_AHEAD = 2, WRITERS = 4 };

static void what_goes_in_comes_out(void **state)
{
    (void)state;
    locl_error err;
    locl_trace *trace;
    locl_trace_event out[RING];
    uint64_t next = 0;
    assert_int_equal(locl_trace_open(RING, &trace, &err), LOCL_OK);
    assert_int_equal(locl_trace_read(trace, &next, out, RING), 0);
    locl_trace_add(trace, LOCL_TRACE_SENT, 63, 255, (int64_t)1 << 40);
    locl_trace_add(trace, LOCL_TRACE_WAITING, -1, -1, -1);
    assert_int_equal(locl_trace_read(trace, &next, out, 1), 1);
    assert_int_equal(out[0].kind, LOCL_TRACE_SENT);
    assert_int_equal(out[0].device, 63);
    assert_int_equal(out[0].stage, 255);
    assert_true(out[0].step == (int64_t)1 << 40 && out[0].time > 0);
    double before = out[0].time;
    assert_int_equal(locl_trace_read(trace, &next, out, RING), 1);
    assert_int_equal(out[0].kind, LOCL_TRACE_WAITING);
    assert_int_equal(out[0].device, -1);
    assert_int_equal(out[0].stage, -1);
    assert_true(out[0].step == -1 && out[0].time >= before);
    assert_int_equal(locl_trace_read(trace, &next, out, RING), 0);
    locl_trace_close(trace);
}

static void the_newest_replace_the_oldest(void **state)
{
    (void)state;
    locl_error err;
    locl_trace *trace;
    locl_trace_event out[2 * RING];
    uint64_t next = 0;
    assert_int_equal(locl_trace_open(RING - 1, &trace, &err), LOCL_OK); /* rounded up */
    for (int i = 0; i < 3 * RING + 7; i++) {
        locl_trace_add(trace, LOCL_TRACE_DONE, 0, 0, i);
    }
    assert_int_equal(locl_trace_read(trace, &next, out, 2 * RING), RING);
    assert_int_equal(next, 3 * RING + 7);
    for (int i = 0; i < RING; i++) {
        assert_int_equal(out[i].step, 2 * RING + 7 + i);
    }
    locl_trace_close(trace);
}

static void kinds_have_names(void **state)
{
    (void)state;
    assert_string_equal(locl_trace_name(LOCL_TRACE_TRAIN), "TRAIN");
    assert_string_equal(locl_trace_name(LOCL_TRACE_FAILED), "FAILED");
    assert_string_equal(locl_trace_name(LOCL_TRACE_KINDS), "?");
}

typedef struct writer {
    locl_trace *trace;
    int number;
} writer;

/* Events whose parts belong together. */
static void *write_events(void *argument)
{
    const writer *w = argument;
    for (int i = 0; i < 20000; i++) {
        locl_trace_add(w->trace, (locl_trace_kind)(i % LOCL_TRACE_KINDS), w->number, i % 256, i);
    }
    return NULL;
}

/* While four threads write: whole events only, each thread's in its order. */
static void reading_while_others_write(void **state)
{
    (void)state;
    locl_error err;
    locl_trace *trace;
    static locl_trace_event out[ALL];
    pthread_t thread[WRITERS];
    writer writers[WRITERS];
    int64_t last[WRITERS];
    uint64_t next = 0;
    assert_int_equal(locl_trace_open(ALL, &trace, &err), LOCL_OK);
    for (int i = 0; i < WRITERS; i++) {
        writers[i] = (writer){trace, i};
        last[i] = -1;
        assert_int_equal(pthread_create(&thread[i], NULL, write_events, &writers[i]), 0);
    }
    while (next < WRITERS * 20000) {
        size_t count = locl_trace_read(trace, &next, out, ALL);
        for (size_t i = 0; i < count; i++) {
            const locl_trace_event *e = &out[i];
            assert_in_range(e->device, 0, WRITERS - 1);
            assert_int_equal(e->kind, e->step % LOCL_TRACE_KINDS);
            assert_int_equal(e->stage, e->step % 256);
            assert_true(e->step > last[e->device]);
            last[e->device] = e->step;
        }
    }
    for (int i = 0; i < WRITERS; i++) {
        pthread_join(thread[i], NULL);
    }
    locl_trace_close(trace);
}

/* Where each event of a run is in the ring, counted from 1; 0: it is not there. */
typedef struct places {
    size_t of[LOCL_TRACE_KINDS][STAGES][STEPS], fetched[STEPS], reported[STEPS], begin;
} places;

static void find_places(const locl_pipeline *pipeline, const size_t *device, places *at)
{
    static locl_trace_event out[ALL];
    uint64_t next = 0;
    size_t count = locl_trace_read(locl_pipeline_trace(pipeline), &next, out, ALL);
    memset(at, 0, sizeof *at);
    for (size_t i = 0; i < count; i++) {
        const locl_trace_event *e = &out[i];
        size_t n = (size_t)(e->step - FIRST), *place = NULL;
        switch (e->kind) {
        case LOCL_TRACE_TRAIN:
            assert_int_equal(e->step, FIRST);
            place = &at->begin;
            break;
        case LOCL_TRACE_FETCHED:
            assert_int_equal(e->stage, 0);
            place = &at->fetched[n];
            break;
        case LOCL_TRACE_REPORTED:
            place = &at->reported[n];
            break;
        case LOCL_TRACE_COMPLETE:
        case LOCL_TRACE_WAITING:
        case LOCL_TRACE_BEGUN:
            continue;
        default:
            assert_in_range(e->kind, LOCL_TRACE_RECEIVED, LOCL_TRACE_DONE);
            assert_in_range(e->stage, 0, STAGES - 1);
            assert_int_equal(e->device, device[e->stage]);
            place = &at->of[e->kind][e->stage][n];
        }
        assert_int_equal(*place, 0); /* each once */
        *place = i + 1;
    }
}

static void in_order(size_t first, size_t second)
{
    assert_true(first > 0);
    assert_true(first < second);
}

/* What channels and workers promise of stage s and batch n. */
static void check_stage(const places *at, size_t s, size_t n, size_t depth)
{
    const size_t(*of)[STAGES][STEPS] = at->of;
    in_order(s ? of[LOCL_TRACE_SENT][s - 1][n] : at->fetched[n], of[LOCL_TRACE_RECEIVED][s][n]);
    in_order(of[LOCL_TRACE_RECEIVED][s][n], of[LOCL_TRACE_ENQUEUED][s][n]);
    in_order(of[LOCL_TRACE_ENQUEUED][s][n], of[LOCL_TRACE_DONE][s][n]);
    in_order(of[LOCL_TRACE_DONE][s][n], at->reported[n]);
    if (s + 1 < STAGES) {
        in_order(of[LOCL_TRACE_ENQUEUED][s][n], of[LOCL_TRACE_SENT][s][n]);
    } else {
        assert_int_equal(of[LOCL_TRACE_SENT][s][n], 0);
    }
    if (n) {
        in_order(of[LOCL_TRACE_ENQUEUED][s][n - 1], of[LOCL_TRACE_RECEIVED][s][n]);
        in_order(of[LOCL_TRACE_DONE][s][n - 1], of[LOCL_TRACE_DONE][s][n]);
        in_order(at->reported[n - 1], at->reported[n]);
    }
    if (n >= RUN_AHEAD) {
        in_order(of[LOCL_TRACE_DONE][s][n - RUN_AHEAD], of[LOCL_TRACE_RECEIVED][s][n]);
    }
    if (s + 1 < STAGES && n >= depth) { /* room for its output */
        in_order(of[LOCL_TRACE_ENQUEUED][s + 1][n - depth], of[LOCL_TRACE_ENQUEUED][s][n]);
    }
}

static void check_run(locl_devices *devices, const unsigned where[STAGES], bool sequential, unsigned delay)
{
    step_run run;
    uint64_t next;
    locl_error err = {0};
    size_t device[STAGES];
    static places at;
    step_run_begin(&run, devices);
    step_run_place(&run, where);
    step_run_open(&run);
    for (size_t s = 0; s < STAGES; s++) {
        device[s] = where[s];
    }
    step_ask ask = {.first = FIRST, .end = FIRST + STEPS, .sequential = sequential};
    locl_layer_delay(delay, 3);
    assert_int_equal(step_run_try_train(&run, &ask, &next, &err), LOCL_OK);
    locl_layer_delay(0, 0);
    find_places(run.pipeline, device, &at);
    in_order(at.begin, at.fetched[0]);
    for (size_t s = 0; s < STAGES; s++) {
        for (size_t n = 0; n < STEPS; n++) {
            bool one_queue = s + 1 < STAGES && where[s] == where[s + 1];
            check_stage(&at, s, n, one_queue ? 1 : DEPTH);
        }
    }
    step_run_close(&run);
}

static void runs_tell_the_promised_order(void **state)
{
    (void)state;
    const unsigned whole[STAGES] = {0}, apart[STAGES] = {0, 0, 1, 1}, interleaved[STAGES] = {0, 1, 0, 1};
    check_run(step_whole(), whole, false, 0);
    check_run(step_whole(), whole, true, 0);
    locl_devices *halves = step_halves();
    if (!halves) {
        skip();
    }
    check_run(halves, apart, false, 0);
    check_run(step_halves(), interleaved, false, 0);
    check_run(step_halves(), interleaved, false, 100);
    check_run(step_halves(), interleaved, true, 0);
}

/* The last event of a run that fails says where. */
static void a_failure_is_told(void **state)
{
    (void)state;
    step_run run;
    uint64_t next = 0;
    locl_error err = {0};
    static locl_trace_event out[ALL];
    step_run_begin(&run, step_whole());
    step_run_open(&run);
    locl_layer_reset();
    locl_layer_fail("clEnqueueNDRangeKernel", 1, -5);
    assert_int_equal(step_run_try_train(&run, &(step_ask){.end = 6}, &next, &err), LOCL_E_OPENCL);
    assert_int_equal(err.device, 0);
    assert_int_equal(err.stage, 0);
    assert_int_equal(err.step, 0);
    next = 0;
    size_t count = locl_trace_read(locl_pipeline_trace(run.pipeline), &next, out, ALL);
    assert_true(count > 0);
    const locl_trace_event *last = &out[count - 1];
    assert_int_equal(last->kind, LOCL_TRACE_FAILED);
    assert_int_equal(last->device, 0);
    assert_int_equal(last->stage, 0);
    assert_int_equal(last->step, 0);
    step_run_close(&run);
}

int main(int argc, char **argv)
{
    locl_layer_require(argc, argv);
    alarm(120);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_goes_in_comes_out),
        cmocka_unit_test(the_newest_replace_the_oldest),
        cmocka_unit_test(kinds_have_names),
        cmocka_unit_test(reading_while_others_write),
        cmocka_unit_test(runs_tell_the_promised_order),
        cmocka_unit_test(a_failure_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
