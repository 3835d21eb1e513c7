/* Stages that several devices share: parameters and optimiser state after many steps are byte for byte those of the
 * same parts run one after another on the same devices, whatever the placement, the shares and the delays. What the
 * parts give together is what one device gives, up to rounding. */
#include "support/opencl_layer.h"
#include "support/step_pocl.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { MANY = 200, STEPS = 24, PLACEMENTS = 5, COMPARED = 2 };

/* Changes what is at its default. */
typedef void (*changer)(step_run *run);

static void open_run(step_run *run, locl_devices *devices, unsigned seed, changer change)
{
    step_run_begin(run, devices);
    if (seed) {
        step_place_at_random(run, seed);
    } else {
        step_place_everywhere(run);
    }
    if (change) {
        change(run);
    }
    step_run_open(run);
}

/* Together, in two pieces, against in turn. */
static void compare_steps(locl_devices *(*devices)(void), unsigned seed, changer change, unsigned delay,
                          uint64_t steps)
{
    step_run together, in_turn;
    open_run(&together, devices(), seed, change);
    open_run(&in_turn, devices(), seed, change);
    step_run_train(&in_turn, 0, steps, true);
    locl_layer_delay(delay, 7);
    step_run_train(&together, 0, 11, false);
    step_assert_differ(&together, &in_turn);
    step_run_train(&together, 11, steps, false);
    locl_layer_delay(0, 0);
    step_assert_same(&together, &in_turn);
    step_run_close(&together);
    step_run_close(&in_turn);
}

static void compare(locl_devices *(*devices)(void), unsigned seed, changer change, unsigned delay)
{
    compare_steps(devices, seed, change, delay, STEPS);
}

static void random_placements(void **state)
{
    const char *few = getenv("LOCL_TEST_SMALL"); /* as under ThreadSanitizer, which takes minutes for one */
    (void)state;
    for (unsigned seed = 1; seed <= (few && few[0] ? 2 : PLACEMENTS); seed++) {
        compare_steps(step_pocl_halves, seed, NULL, 0, MANY);
    }
}

static void random_placements_with_delays(void **state)
{
    (void)state;
    for (unsigned seed = 7; seed <= 9; seed++) {
        compare(step_pocl_halves, seed, NULL, 40);
    }
}

static void between_contexts(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= 3; seed++) {
        compare(step_pocl_two, seed, NULL, seed == 2 ? 40 : 0);
    }
    compare(step_pocl_two, 0, NULL, 0);
}

static void slices(step_run *run)
{
    run->slice = 4;
}

static void momentum_and_slices(step_run *run)
{
    slices(run);
    run->optim.kind = LOCL_OPTIMIZER_ADAM;
    run->optim.lr = 0.002;
}

static void in_slices(void **state)
{
    (void)state;
    compare(step_pocl_halves, 0, slices, 0);
    compare(step_pocl_two, 3, momentum_and_slices, 10);
}

/* One stage of all blocks: data-parallel. */
static void backpropagation(step_run *run)
{
    run->rule.kind = LOCL_RULE_BP;
}

static void forward_gradients(step_run *run)
{
    run->rule.kind = LOCL_RULE_FG_A;
}

static void weight_perturbation(step_run *run)
{
    run->rule.kind = LOCL_RULE_FG_W;
    run->rule.passes = 2;
}

static void rules_that_are_not_local(void **state)
{
    (void)state;
    compare(step_pocl_halves, 0, backpropagation, 0);
    compare(step_pocl_halves, 0, forward_gradients, 20);
    compare(step_pocl_two, 0, weight_perturbation, 0);
}

/* Largest difference of any parameter, over the largest parameter. */
static double distance(step_run *a, step_run *b)
{
    locl_arrays of_a = {0}, of_b = {0};
    locl_error err = {0};
    double most = 0, largest = 0;
    assert_int_equal(locl_pipeline_save(a->pipeline, LOCL_STORED_PARAMETERS, &of_a, &err), LOCL_OK);
    assert_int_equal(locl_pipeline_save(b->pipeline, LOCL_STORED_PARAMETERS, &of_b, &err), LOCL_OK);
    assert_int_equal(of_a.count, of_b.count);
    for (size_t i = 0; i < of_a.count; i++) {
        const locl_array *x = of_a.array[i], *y = locl_arrays_find(&of_b, x->name);
        const float *u = x->data, *v = y->data;
        for (size_t j = 0; j < x->count; j++) {
            most = fmax(most, fabs((double)u[j] - (double)v[j]));
            largest = fmax(largest, fabs((double)u[j]));
        }
    }
    locl_arrays_free(&of_a);
    locl_arrays_free(&of_b);
    return most / largest;
}

/* Shared by two devices, or not, a few steps give the same but for rounding: draws are those of the whole batch, and
 * shares of the gradient are those of its images. */
static void compare_with_one(changer change)
{
    step_run shared, whole;
    open_run(&shared, step_pocl_halves(), 0, change);
    step_run_begin(&whole, step_pocl_one());
    if (change) {
        change(&whole);
    }
    step_run_open(&whole);
    step_run_train(&whole, 0, COMPARED, false);
    assert_true(distance(&shared, &whole) > 1e-3);
    step_run_train(&shared, 0, COMPARED, false);
    assert_true(distance(&shared, &whole) < 1e-5);
    step_run_close(&shared);
    step_run_close(&whole);
}

static void as_on_one_device(void **state)
{
    (void)state;
    compare_with_one(NULL);
    compare_with_one(slices);
    compare_with_one(backpropagation);
    compare_with_one(forward_gradients);
    compare_with_one(weight_perturbation);
}

typedef struct seen {
    double loss;
    size_t wrong, images, reports;
} seen;

static void see(void *user, const locl_step_report *report)
{
    seen *s = user;
    const locl_step_metrics *classifier = &report->record[report->records - 1];
    s->loss += (double)classifier->loss * classifier->valid;
    s->wrong += classifier->wrong;
    s->images += report->images;
    s->reports++;
}

static seen evaluate(step_run *run)
{
    locl_error err = {0};
    seen s = {0};
    assert_int_equal(step_run_try_evaluate(run, &(step_ask){.handler = see, .user = &s}, &err), LOCL_OK);
    return s;
}

/* All images of all batches count once, the last one's too, of which a device may have none. */
static void evaluation_counts_every_image(void **state)
{
    (void)state;
    step_run shared, whole;
    open_run(&shared, step_pocl_halves(), 0, NULL);
    step_run_begin(&whole, step_pocl_one());
    step_run_open(&whole);
    step_run_train(&shared, 0, 9, false);
    step_run_train(&whole, 0, 9, false);
    seen a = evaluate(&shared), b = evaluate(&whole);
    assert_int_equal(b.images, STEP_RUN_IMAGES);
    assert_int_equal(a.images, b.images);
    assert_int_equal(a.reports, b.reports);
    assert_true(a.wrong <= b.wrong + 1 && b.wrong <= a.wrong + 1);
    assert_true(fabs(a.loss - b.loss) < 1e-3 * b.loss);
    step_run_close(&shared);
    step_run_close(&whole);
}

/* What one pipeline has, another one with other shares goes on with. */
static void parameters_go_to_other_shares(void **state)
{
    (void)state;
    step_run from, to;
    locl_arrays all = {0}, again = {0};
    locl_error err = {0};
    open_run(&from, step_pocl_halves(), 0, NULL);
    open_run(&to, step_pocl_halves(), 4, NULL);
    step_run_train(&from, 0, 9, false);
    assert_int_equal(locl_pipeline_save(from.pipeline, LOCL_STORED_ALL, &all, &err), LOCL_OK);
    assert_int_equal(locl_pipeline_load(to.pipeline, LOCL_STORED_ALL, &all, &err), LOCL_OK);
    assert_int_equal(locl_pipeline_save(to.pipeline, LOCL_STORED_ALL, &again, &err), LOCL_OK);
    step_assert_arrays_same(&all, &again);
    locl_arrays_free(&all);
    locl_arrays_free(&again);
    step_run_train(&from, 9, 14, false);
    step_run_train(&to, 9, 14, false);
    assert_true(distance(&from, &to) < 1e-5);
    step_run_close(&from);
    step_run_close(&to);
}

int main(int argc, char **argv)
{
    locl_layer_require(argc, argv);
    setenv("POCL_DEVICES", "pthread basic", 0);
    alarm(600); /* a pipeline that hangs is a failure */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_placements),
        cmocka_unit_test(random_placements_with_delays),
        cmocka_unit_test(between_contexts),
        cmocka_unit_test(in_slices),
        cmocka_unit_test(rules_that_are_not_local),
        cmocka_unit_test(as_on_one_device),
        cmocka_unit_test(evaluation_counts_every_image),
        cmocka_unit_test(parameters_go_to_other_shares),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
