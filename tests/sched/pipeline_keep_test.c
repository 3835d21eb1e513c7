/* What is kept of a step while the pipeline goes on is byte for byte what a pipeline has that stops there, whatever the
 * placement, the shares and the delays. */
#include "support/opencl_layer.h"
#include "support/step_pocl.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

enum { STEPS = 16 };

/* Changes what is at its default. */
typedef void (*changer)(step_run *run);

/* What a run kept, by step. */
typedef struct keeper {
    step_run *run;
    locl_arrays set[STEPS];
    size_t kept;
    atomic_bool ask;
    uint64_t asked_at; /* step whose handler asks; STEPS: none does */
} keeper;

static locl_status keep(void *user, uint64_t step, locl_error *err)
{
    keeper *k = user;
    assert_true(step < STEPS && k->set[step].count == 0);
    k->kept++;
    return locl_pipeline_kept(k->run->pipeline, LOCL_STORED_ALL, &k->set[step], err);
}

static void handle(void *user, const locl_step_report *report)
{
    keeper *k = user;
    if (report->step == k->asked_at) {
        k->ask = true;
    }
}

static void open_run(step_run *run, locl_devices *(*devices)(void), unsigned seed, changer change)
{
    step_run_begin(run, devices());
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

/* Trains a run from step 2 on, and keeps every third and fourth step of it. */
static void train_and_keep(keeper *k, bool sequential)
{
    locl_error err = {0};
    uint64_t next;
    step_ask ask = {.first = 2,
                    .end = STEPS,
                    .sequential = sequential,
                    .handler = handle,
                    .kept = keep,
                    .keep_every = {3, 4},
                    .keep = &k->ask,
                    .user = k};
    step_run_train(k->run, 0, 2, sequential);
    assert_int_equal(step_run_try_train(k->run, &ask, &next, &err), LOCL_OK);
    assert_int_equal(next, STEPS);
}

/* Trains a run that stops at each step that was kept, and compares. */
static void compare_with_stops(const keeper *k, step_run *stops)
{
    uint64_t from = 0;
    for (uint64_t step = 0; step < STEPS; step++) {
        locl_arrays now = {0};
        if (k->set[step].count > 0) {
            step_run_train(stops, from, step + 1, false);
            step_run_save(stops, &now);
            step_assert_arrays_same(&k->set[step], &now);
            locl_arrays_free(&now);
            from = step + 1;
        }
    }
    assert_true(from > 0);
}

static void free_kept(keeper *k)
{
    for (size_t i = 0; i < STEPS; i++) {
        locl_arrays_free(&k->set[i]);
    }
}

static void compare(locl_devices *(*devices)(void), unsigned seed, changer change, unsigned delay,
                    bool sequential)
{
    step_run goes_on, stops;
    keeper k = {.run = &goes_on, .asked_at = STEPS};
    open_run(&goes_on, devices, seed, change);
    open_run(&stops, devices, seed, change);
    locl_layer_delay(delay, 7);
    train_and_keep(&k, sequential);
    locl_layer_delay(0, 0);
    assert_int_equal(k.kept, 7); /* after 3, 4, 6, 8, 9, 12 and 15, but not 16 */
    compare_with_stops(&k, &stops);
    free_kept(&k);
    step_run_close(&goes_on);
    step_run_close(&stops);
}

static void on_halves(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= 4; seed++) {
        compare(step_pocl_halves, seed, NULL, seed % 2 ? 60 : 0, false);
    }
    compare(step_pocl_halves, 2, NULL, 0, true);
}

static void adam_in_slices(step_run *run)
{
    run->slice = 4;
    run->optim.kind = LOCL_OPTIMIZER_ADAM;
    run->optim.lr = 0.002;
}

static void between_contexts(void **state)
{
    (void)state;
    compare(step_pocl_two, 0, adam_in_slices, 40, false);
    compare(step_pocl_two, 3, NULL, 40, false);
    compare(step_pocl_two, 5, adam_in_slices, 0, false);
}

static void backpropagation(step_run *run)
{
    run->rule.kind = LOCL_RULE_BP;
}

static void fixed_feedback(step_run *run)
{
    step_run_place(run, (const unsigned[]){0, 0, 1, 1});
    run->rule.group_feedback = run->rule.channel_feedback = LOCL_GUESS_MIRROR;
}

static void other_rules(void **state)
{
    (void)state;
    compare(step_pocl_halves, 0, backpropagation, 20, false);
    compare(step_pocl_halves, 1, fixed_feedback, 20, false);
}

/* One more step is kept where that is asked for, soon after. */
static void when_asked(void **state)
{
    (void)state;
    step_run goes_on, stops;
    keeper k = {.run = &goes_on, .asked_at = 8};
    open_run(&goes_on, step_pocl_halves, 1, NULL);
    open_run(&stops, step_pocl_halves, 1, NULL);
    train_and_keep(&k, true);
    assert_false(k.ask);
    assert_int_equal(k.kept, 8);
    assert_int_equal(k.set[10].count, k.set[11].count);
    compare_with_stops(&k, &stops);
    free_kept(&k);
    step_run_close(&goes_on);
    step_run_close(&stops);
}

/* Waits until a stage is two steps further than the one that is kept. */
static locl_status wait_for_later(void *user, uint64_t step, locl_error *err)
{
    step_run *run = user;
    locl_trace_event event[64];
    uint64_t next = 0;
    double end = locl_clock_seconds() + 60;
    (void)err;
    while (locl_clock_seconds() < end) {
        size_t count = locl_trace_read(locl_pipeline_trace(run->pipeline), &next, event, 64);
        for (size_t i = 0; i < count; i++) {
            if (event[i].kind == LOCL_TRACE_DONE && event[i].step == (int64_t)step + 2) {
                return LOCL_OK;
            }
        }
        usleep(1000);
    }
    return LOCL_E_FAILED;
}

static void others_go_on(void **state)
{
    (void)state;
    step_run run;
    locl_error err = {0};
    uint64_t next;
    open_run(&run, step_pocl_halves, 1, NULL);
    step_ask ask = {.end = STEPS - 2, .kept = wait_for_later, .keep_every = {5}, .user = &run};
    assert_int_equal(step_run_try_train(&run, &ask, &next, &err), LOCL_OK);
    assert_int_equal(next, STEPS - 2);
    step_run_close(&run);
}

static locl_status refuse(void *user, uint64_t step, locl_error *err)
{
    (void)user;
    return step == 5 ? locl_fail(err, LOCL_E_IO, "no room") : LOCL_OK;
}

/* A checkpoint that can't be written ends the run there. */
static void an_error_ends_the_run(void **state)
{
    (void)state;
    step_run run;
    locl_error err = {0};
    uint64_t next;
    open_run(&run, step_pocl_halves, 1, NULL);
    step_ask ask = {.end = STEPS, .kept = refuse, .keep_every = {3}};
    assert_int_equal(step_run_try_train(&run, &ask, &next, &err), LOCL_E_IO);
    assert_string_equal(err.message, "no room");
    step_run_train(&run, STEPS, STEPS + 2, false);
    step_run_close(&run);
}

int main(int argc, char **argv)
{
    locl_layer_require(argc, argv);
    setenv("POCL_DEVICES", "pthread basic", 0);
    alarm(600); /* a pipeline that hangs is a failure */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(on_halves),    cmocka_unit_test(between_contexts),
        cmocka_unit_test(other_rules),  cmocka_unit_test(when_asked),
        cmocka_unit_test(others_go_on), cmocka_unit_test(an_error_ends_the_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
