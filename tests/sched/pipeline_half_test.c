/* Activations that pass between devices as halves, and those that a GPU stores so: parameters are byte for byte those
 * of the same stages one after another, near those with floats but not the same, and what passes or is stored is half
 * as much. */
#include "support/opencl_layer.h"
#include "support/step_pocl.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

enum { STEPS = 24 };

static void open_run(step_run *run, locl_devices *devices, unsigned seed, locl_precision precision)
{
    step_run_begin(run, devices);
    step_place_at_random(run, seed);
    run->precision = precision;
    step_run_open(run);
}

static void compare(locl_devices *(*devices)(void), unsigned seed, unsigned delay)
{
    step_run together, in_turn, floats;
    open_run(&together, devices(), seed, LOCL_PRECISION_FP16_STORAGE);
    open_run(&in_turn, devices(), seed, LOCL_PRECISION_FP16_STORAGE);
    open_run(&floats, devices(), seed, LOCL_PRECISION_FP32);
    step_run_train(&in_turn, 0, STEPS, true);
    step_run_train(&floats, 0, STEPS, true);
    locl_layer_delay(delay, 7);
    step_run_train(&together, 0, STEPS, false);
    locl_layer_delay(0, 0);
    step_assert_same(&together, &in_turn);
    step_assert_differ(&together, &floats);
    step_run_close(&together);
    step_run_close(&in_turn);
    step_run_close(&floats);
}

static void as_in_turn(void **state)
{
    (void)state;
    compare(step_pocl_halves, 1, 0);
    compare(step_pocl_halves, 3, 40);
    compare(step_pocl_two, 2, 40);
    compare(step_pocl_two, 5, 0);
}

typedef struct seen {
    double loss;
    size_t images;
} seen;

static void see(void *user, const locl_step_report *report)
{
    seen *s = user;
    s->loss += (double)report->record[report->records - 1].loss * (double)report->images;
    s->images += report->images;
}

static double loss_of(step_run *run)
{
    locl_error err = {0};
    seen s = {0};
    assert_int_equal(step_run_try_evaluate(run, &(step_ask){.handler = see, .user = &s}, &err), LOCL_OK);
    assert_int_equal(s.images, STEP_RUN_IMAGES);
    return s.loss / (double)s.images;
}

/* A half has eleven bits: what comes of it is near, but not the same. */
static void near_floats(void **state)
{
    (void)state;
    step_run halves, floats;
    open_run(&halves, step_pocl_two(), 2, LOCL_PRECISION_FP16_STORAGE);
    open_run(&floats, step_pocl_two(), 2, LOCL_PRECISION_FP32);
    step_run_train(&halves, 0, 4, false);
    step_run_train(&floats, 0, 4, false);
    double a = loss_of(&halves), b = loss_of(&floats);
    assert_true(a < b || a > b);
    assert_true(a < 1.01 * b && b < 1.01 * a);
    step_run_close(&halves);
    step_run_close(&floats);
}

/* Adds up what all devices send in a step. */
static uint64_t sent(const step_run *run)
{
    uint64_t all = 0;
    for (size_t d = 0; d < run->devices->count; d++) {
        uint64_t from, to;
        locl_pipeline_traffic(run->pipeline, d, &from, &to);
        all += from;
    }
    return all;
}

static void open_in_two(step_run *run, unsigned last, locl_precision precision)
{
    step_run_begin(run, step_pocl_two());
    step_run_place(run, (const unsigned[]){0, 0, last, last});
    run->precision = precision;
    step_run_open(run);
}

static void passes_half_as_much(void **state)
{
    (void)state;
    const uint64_t values = 16 * 4 * 24, labels = 16; /* B P D */
    step_run halves, floats;
    open_in_two(&halves, 1, LOCL_PRECISION_FP16_STORAGE);
    open_in_two(&floats, 1, LOCL_PRECISION_FP32);
    assert_int_equal(sent(&floats), 4 * values + 4 * labels);
    assert_int_equal(sent(&halves), 2 * values + 4 * labels);
    step_run_close(&halves);
    step_run_close(&floats);
}

/* Lets the first device be taken for a GPU, whose kernels run one by one. */
static locl_devices *with_gpu(locl_devices *devices)
{
    devices->device[0]->caps.cpu = false;
    return devices;
}

static void open_on_gpu(step_run *run, locl_devices *devices, unsigned last, locl_rule_kind rule,
                        locl_precision precision)
{
    step_run_begin(run, with_gpu(devices));
    step_run_place(run, (const unsigned[]){0, 0, last, last});
    run->rule.kind = rule;
    run->precision = precision;
    step_run_open(run);
}

/* Trains with halves and with floats, and compares. */
static void compare_stored(locl_devices *(*devices)(void), unsigned last, locl_rule_kind rule)
{
    step_run together, in_turn, floats;
    open_on_gpu(&together, devices(), last, rule, LOCL_PRECISION_FP16_STORAGE);
    open_on_gpu(&in_turn, devices(), last, rule, LOCL_PRECISION_FP16_STORAGE);
    open_on_gpu(&floats, devices(), last, rule, LOCL_PRECISION_FP32);
    step_run_train(&together, 0, 4, false);
    step_run_train(&in_turn, 0, 4, true);
    step_run_train(&floats, 0, 4, false);
    step_assert_same(&together, &in_turn);
    step_assert_differ(&together, &floats);
    double a = loss_of(&together), b = loss_of(&floats);
    assert_true(a < b || a > b);
    assert_true(a < 1.01 * b && b < 1.01 * a);
    step_run_close(&together);
    step_run_close(&in_turn);
    step_run_close(&floats);
}

static void stored_on_a_gpu(void **state)
{
    (void)state;
    compare_stored(step_pocl_one, 0, LOCL_RULE_LG_FG_A);
    compare_stored(step_pocl_one, 0, LOCL_RULE_LG_BP);
    compare_stored(step_pocl_two, 1, LOCL_RULE_LG_FG_A); /* beside a CPU, which has floats */
}

/* Activations that pass are half as large. Beside what a GPU's stages store in the workspace there are gradients,
 * statistics and a cotangent, in floats. Other rules have floats. */
static void takes_less_memory(void **state)
{
    (void)state;
    step_run halves, floats, others;
    open_on_gpu(&halves, step_pocl_one(), 0, LOCL_RULE_LG_FG_A, LOCL_PRECISION_FP16_STORAGE);
    open_on_gpu(&floats, step_pocl_one(), 0, LOCL_RULE_LG_FG_A, LOCL_PRECISION_FP32);
    open_on_gpu(&others, step_pocl_one(), 0, LOCL_RULE_LG_FG_W, LOCL_PRECISION_FP16_STORAGE);
    assert_true(locl_pipeline_stores_halves(halves.pipeline));
    assert_false(locl_pipeline_stores_halves(floats.pipeline));
    assert_false(locl_pipeline_stores_halves(others.pipeline));
    assert_true(locl_pipeline_passing_bytes(halves.pipeline, 0) <
                locl_pipeline_passing_bytes(floats.pipeline, 0));
    assert_true(4 * locl_pipeline_workspace_bytes(halves.pipeline, 0) <
                3 * locl_pipeline_workspace_bytes(floats.pipeline, 0));
    step_run_close(&halves);
    step_run_close(&floats);
    step_run_close(&others);
}

/* Where nothing passes between devices, nothing changes on a CPU. */
static void nothing_changes_on_one_device(void **state)
{
    (void)state;
    step_run halves, floats;
    open_in_two(&halves, 0, LOCL_PRECISION_FP16_STORAGE);
    open_in_two(&floats, 0, LOCL_PRECISION_FP32);
    step_run_train(&halves, 0, STEPS, false);
    step_assert_differ(&halves, &floats);
    step_run_train(&floats, 0, STEPS, false);
    step_assert_same(&halves, &floats);
    step_run_close(&halves);
    step_run_close(&floats);
}

int main(int argc, char **argv)
{
    locl_layer_require(argc, argv);
    setenv("POCL_DEVICES", "pthread basic", 0);
    alarm(600); /* a pipeline that hangs is a failure */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_in_turn),          cmocka_unit_test(near_floats),
        cmocka_unit_test(passes_half_as_much), cmocka_unit_test(stored_on_a_gpu),
        cmocka_unit_test(takes_less_memory),   cmocka_unit_test(nothing_changes_on_one_device),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
