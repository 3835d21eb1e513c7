/* How runs end: all done, stopped, out of batches, not finite, or with an OpenCL call that fails anywhere in
 * two workers: always soon, with a clear error, and with nothing left behind. */
#include "support/opencl_layer.h"
#include "support/step_run.h"

#include <math.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const unsigned interleaved[4] = {0, 1, 0, 1};

/* On two halves where the device can be split, else on the whole. */
static void begin(step_run *run)
{
    locl_devices *halves = step_halves();
    step_run_begin(run, halves ? halves : step_whole());
    if (halves) {
        step_run_place(run, interleaved);
    }
}

typedef struct watcher {
    uint64_t next; /* step expected */
    uint64_t stop_at;
    atomic_bool stop;
    size_t images, batches;
    double loss; /* of the classifier, summed over images */
    uint32_t wrong;
} watcher;

static void watch(void *user, const locl_step_report *report)
{
    watcher *w = user;
    const locl_step_metrics *last = &report->record[report->records - 1];
    assert_int_equal(report->step, w->next++);
    assert_int_equal(report->records, 5);
    w->stop = report->step == w->stop_at ? 1 : w->stop;
    w->images += report->images;
    w->batches++;
    w->loss += (double)last->loss * (double)last->valid;
    w->wrong += last->wrong;
    for (size_t i = 0; i < report->records; i++) {
        assert_int_equal(report->record[i].valid, report->images);
        assert_true(report->record[i].wrong <= report->images);
    }
}

static void a_stopped_run_goes_on_where_it_ended(void **state)
{
    (void)state;
    step_run stopped, whole;
    watcher w = {.stop_at = 7};
    uint64_t next = 0;
    locl_error err = {0};
    begin(&stopped);
    step_run_open(&stopped);
    step_ask ask = {.end = 1000, .loader_end = UINT64_MAX, .stop = &w.stop, .handler = watch, .user = &w};
    assert_int_equal(step_run_try_train(&stopped, &ask, &next, &err), LOCL_OK);
    assert_in_range(next, 8, 200);
    assert_int_equal(w.next, next); /* every step was reported */
    step_run_train(&stopped, next, next + 20, false);
    begin(&whole);
    step_run_open(&whole);
    step_run_train(&whole, 0, next + 20, false);
    step_assert_same(&stopped, &whole);
    step_run_close(&stopped);
    step_run_close(&whole);
}

static void a_stop_before_the_first_step(void **state)
{
    (void)state;
    step_run run;
    atomic_bool stop = true;
    uint64_t next = 0;
    locl_error err = {0};
    begin(&run);
    step_run_open(&run);
    step_ask ask = {.first = 3, .end = 9, .stop = &stop};
    assert_int_equal(step_run_try_train(&run, &ask, &next, &err), LOCL_OK);
    assert_int_equal(next, 3);
    step_run_close(&run);
}

static void a_loader_that_ends_early(void **state)
{
    (void)state;
    step_run run;
    watcher w = {.stop_at = UINT64_MAX};
    uint64_t next = 0;
    locl_error err = {0};
    begin(&run);
    step_run_open(&run);
    step_ask ask = {.end = 1000, .loader_end = 23, .handler = watch, .user = &w};
    assert_int_equal(step_run_try_train(&run, &ask, &next, &err), LOCL_OK);
    assert_int_equal(next, 23);
    assert_int_equal(w.batches, 23);
    step_run_close(&run);
}

static watcher evaluate(size_t batch, bool sequential)
{
    step_run run;
    watcher w = {.stop_at = UINT64_MAX};
    locl_error err = {0};
    begin(&run);
    run.batch = batch;
    step_run_open(&run);
    locl_arrays before = {0}, after = {0};
    assert_int_equal(locl_pipeline_save(run.pipeline, LOCL_STORED_ALL, &before, &err), LOCL_OK);
    step_ask ask = {.sequential = sequential, .handler = watch, .user = &w};
    assert_int_equal(step_run_try_evaluate(&run, &ask, &err), LOCL_OK);
    assert_int_equal(locl_pipeline_save(run.pipeline, LOCL_STORED_ALL, &after, &err), LOCL_OK);
    step_assert_arrays_same(&before, &after);
    locl_arrays_free(&before);
    locl_arrays_free(&after);
    step_run_close(&run);
    return w;
}

/* The last batch is a partial one: its missing images count nowhere. */
static void evaluation_counts_every_image_once(void **state)
{
    (void)state;
    watcher whole = evaluate(STEP_RUN_IMAGES, false);
    const size_t sizes[] = {1, 16, 50, 200};
    assert_int_equal(whole.batches, 1);
    for (size_t i = 0; i < 4; i++) {
        watcher parts = evaluate(sizes[i], i % 2);
        assert_int_equal(parts.images, STEP_RUN_IMAGES);
        assert_int_equal(parts.batches, (STEP_RUN_IMAGES + sizes[i] - 1) / sizes[i]);
        assert_int_equal(parts.wrong, whole.wrong);
        assert_float_equal(parts.loss, whole.loss, 1e-3);
    }
}

static void expect_numeric(double lr, const char *text)
{
    step_run run;
    uint64_t next;
    locl_error err = {0};
    begin(&run);
    run.optim.lr = lr;
    step_run_open(&run);
    step_ask ask = {.end = 1000, .loader_end = UINT64_MAX};
    assert_int_equal(step_run_try_train(&run, &ask, &next, &err), LOCL_E_NUMERIC);
    assert_true(next < 1000);
    if (!strstr(err.message, text)) {
        fail_msg("'%s' is not in: %s", text, err.message);
    }
    assert_non_null(strstr(err.remedy, "optimizer.lr"));
    step_run_close(&run);
}

/* Step, block and layer are named. */
static void what_is_not_finite_is_named(void **state)
{
    (void)state;
    expect_numeric(1e38, "step 1: block ");
    expect_numeric(1e30, "step ");
}

/* Opens, trains 6 steps, closes. */
static locl_status attempt(locl_error *err, bool count)
{
    step_run run;
    uint64_t next;
    begin(&run);
    step_run_open(&run);
    if (count) {
        locl_layer_reset();
    }
    locl_status status = step_run_try_train(&run, &(step_ask){.end = 6}, &next, err);
    if (status == LOCL_OK) {
        assert_int_equal(next, 6);
    }
    return step_run_close(&run), status;
}

static void check_failure(long nth, long live)
{
    step_run run;
    uint64_t next;
    locl_error err = {0};
    begin(&run);
    step_run_open(&run);
    locl_layer_reset();
    locl_layer_fail("*", nth, -5);
    locl_status status = step_run_try_train(&run, &(step_ask){.end = 6}, &next, &err);
    if (status != LOCL_E_OPENCL || !strstr(err.message, "CL_OUT_OF_RESOURCES") || !err.where[0]) {
        fail_msg("call %ld: status %d, %s: %s", nth, status, err.where, err.message);
    }
    locl_layer_reset();
    step_run_close(&run);
    assert_int_equal(locl_layer_live(), live);
}

static void a_failing_call_ends_all_workers(void **state)
{
    (void)state;
    locl_error err = {0};
    assert_int_equal(attempt(&err, false), LOCL_OK);
    long live = locl_layer_live();
    assert_int_equal(attempt(&err, true), LOCL_OK);
    assert_int_equal(locl_layer_live(), live);
    step_run run;
    uint64_t next;
    begin(&run);
    step_run_open(&run);
    locl_layer_reset();
    assert_int_equal(step_run_try_train(&run, &(step_ask){.end = 6}, &next, &err), LOCL_OK);
    long calls = locl_layer_count("*");
    step_run_close(&run);
    uint32_t random = 99;
    for (int i = 0; i < 60; i++) {
        random = random * 1664525u + 1013904223u;
        check_failure(1 + (long)(random >> 8) % calls, live);
    }
    assert_int_equal(attempt(&err, false), LOCL_OK);
}

int main(int argc, char **argv)
{
    locl_layer_require(argc, argv);
    alarm(200); /* a pipeline that hangs is a failure */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stopped_run_goes_on_where_it_ended),
        cmocka_unit_test(a_stop_before_the_first_step),
        cmocka_unit_test(a_loader_that_ends_early),
        cmocka_unit_test(evaluation_counts_every_image_once),
        cmocka_unit_test(what_is_not_finite_is_named),
        cmocka_unit_test(a_failing_call_ends_all_workers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
