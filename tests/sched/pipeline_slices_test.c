/* Batches that go through a pipeline in slices (micro-batches): the same steps but for rounding, however stages
 * are spread, stopped and begun again; reported as steps; in less memory. */
#include "support/step_run.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { STEPS = 40 };

static const unsigned interleaved[4] = {0, 1, 0, 1};

/* On two halves where the device can be split, else on the whole. */
static void begin(step_run *run, size_t slice)
{
    locl_devices *halves = step_halves();
    step_run_begin(run, halves ? halves : step_whole());
    if (halves) {
        step_run_place(run, interleaved);
    }
    run->slice = slice;
}

/* Together in two pieces, as a run that was resumed, against one after another: byte for byte. */
static void the_same_on_any_devices(void **state)
{
    static const size_t slices[] = {1, 4, 8};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        step_run together, in_turn;
        begin(&together, slices[i]);
        begin(&in_turn, slices[i]);
        step_run_open(&together);
        step_run_open(&in_turn);
        step_run_train(&in_turn, 0, STEPS, true);
        step_run_train(&together, 0, 13, false);
        step_run_train(&together, 13, STEPS, false);
        step_assert_same(&together, &in_turn);
        step_run_close(&together);
        step_run_close(&in_turn);
    }
}

/* What is told of steps. */
typedef struct watcher {
    uint64_t next, stop_at;
    atomic_bool stop;
    size_t images;
    uint32_t wrong;
    double loss[STEPS];
} watcher;

static void watch(void *user, const locl_step_report *report)
{
    watcher *w = user;
    const locl_step_metrics *classifier = &report->record[report->records - 1];
    assert_int_equal(report->step, w->next);
    assert_true(w->next < STEPS);
    w->stop = w->stop || report->step == w->stop_at;
    w->loss[w->next++] = (double)classifier->loss;
    w->images += report->images;
    w->wrong += classifier->wrong;
    for (size_t i = 0; i < report->records; i++) {
        assert_int_equal(report->record[i].valid, report->images);
    }
}

static void train_watched(step_run *run, size_t slice, uint64_t steps, watcher *w)
{
    uint64_t next;
    locl_error err = {0};
    begin(run, slice);
    step_run_open(run);
    step_ask ask = {.end = steps, .handler = watch, .user = w};
    assert_int_equal(step_run_try_train(run, &ask, &next, &err), LOCL_OK);
    assert_int_equal(next, steps);
    assert_int_equal(w->next, steps);
    assert_int_equal(w->images, steps * STEP_RUN_BATCH);
}

/* Parameters and optimiser state of both differ by no more than rounding makes of a few steps. */
static void assert_near(step_run *a, step_run *b)
{
    locl_arrays of_a = {0}, of_b = {0};
    locl_error err = {0};
    assert_int_equal(locl_pipeline_save(a->pipeline, LOCL_STORED_ALL, &of_a, &err), LOCL_OK);
    assert_int_equal(locl_pipeline_save(b->pipeline, LOCL_STORED_ALL, &of_b, &err), LOCL_OK);
    for (size_t i = 0; i < of_a.count; i++) {
        const locl_array *x = of_a.array[i], *y = locl_arrays_find(&of_b, x->name);
        double difference = 0, size = 0;
        for (size_t j = 0; j < x->count; j++) {
            double v = (double)((const float *)x->data)[j], w = (double)((const float *)y->data)[j];
            difference += (v - w) * (v - w);
            size += v * v;
        }
        if (!(sqrt(difference) <= 1e-3 * sqrt(size) + 1e-5)) {
            fail_msg("%s: the difference's norm is %g, of %g", x->name, sqrt(difference), sqrt(size));
        }
    }
    locl_arrays_free(&of_a);
    locl_arrays_free(&of_b);
}

static void the_same_as_whole_batches(void **state)
{
    static const size_t slices[] = {1, 2, 8};
    enum { FEW = 3 };
    (void)state;
    step_run whole;
    watcher of_whole = {.stop_at = UINT64_MAX};
    train_watched(&whole, 0, FEW, &of_whole);
    for (size_t i = 0; i < 3; i++) {
        step_run sliced;
        watcher w = {.stop_at = UINT64_MAX};
        train_watched(&sliced, slices[i], FEW, &w);
        assert_near(&whole, &sliced);
        for (size_t n = 0; n < FEW; n++) {
            assert_float_equal(w.loss[n], of_whole.loss[n], 1e-4);
        }
        step_run_close(&sliced);
    }
    step_run_close(&whole);
}

/* Within a step a run does not end: what it had is what whole steps give. */
static void a_stop_completes_the_step(void **state)
{
    (void)state;
    step_run stopped, whole;
    watcher w = {.stop_at = 5};
    uint64_t next = 0;
    locl_error err = {0};
    begin(&stopped, 2);
    step_run_open(&stopped);
    step_ask ask = {
        .end = STEPS, .loader_end = UINT64_MAX / 16, .stop = &w.stop, .handler = watch, .user = &w};
    assert_int_equal(step_run_try_train(&stopped, &ask, &next, &err), LOCL_OK);
    assert_in_range(next, 6, STEPS);
    assert_int_equal(w.next, next);
    step_run_train(&stopped, next, STEPS, false);
    begin(&whole, 2);
    step_run_open(&whole);
    step_run_train(&whole, 0, STEPS, false);
    step_assert_same(&stopped, &whole);
    step_run_close(&stopped);
    step_run_close(&whole);
}

static watcher evaluate(size_t slice)
{
    step_run run;
    watcher w = {.stop_at = UINT64_MAX};
    locl_error err = {0};
    begin(&run, slice);
    step_run_open(&run);
    step_ask ask = {.handler = watch, .user = &w};
    assert_int_equal(step_run_try_evaluate(&run, &ask, &err), LOCL_OK);
    step_run_close(&run);
    return w;
}

static void evaluation_counts_every_image_once(void **state)
{
    (void)state;
    watcher whole = evaluate(0), sliced = evaluate(4);
    assert_int_equal(whole.images, STEP_RUN_IMAGES);
    assert_int_equal(sliced.images, STEP_RUN_IMAGES);
    assert_int_equal(sliced.next, (STEP_RUN_IMAGES + 3) / 4);
    assert_int_equal(sliced.wrong, whole.wrong);
}

static size_t workspace(size_t slice)
{
    step_run run;
    step_run_begin(&run, step_whole());
    run.batch = 64;
    run.slice = slice;
    step_run_open(&run);
    size_t bytes = locl_pipeline_workspace_bytes(run.pipeline, 0);
    step_run_close(&run);
    return bytes;
}

static void slices_take_less_memory(void **state)
{
    (void)state;
    assert_true(4 * workspace(8) < workspace(64));
    assert_int_equal(workspace(64), workspace(0));
}

int main(void)
{
    alarm(200); /* a pipeline that hangs is a failure */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_on_any_devices),   cmocka_unit_test(the_same_as_whole_batches),
        cmocka_unit_test(a_stop_completes_the_step), cmocka_unit_test(evaluation_counts_every_image_once),
        cmocka_unit_test(slices_take_less_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
