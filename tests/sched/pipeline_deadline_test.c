/* A device that does not finish: the run ends with an error that says where, and nothing hangs. */
#include "support/opencl_layer.h"
#include "support/step_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { STEPS = 30, STAGES = 4 };
#define SHORT 0.5
#define LONG 100.0

static const unsigned interleaved[4] = {0, 1, 0, 1};

/* `devices`: NULL where they cannot be had. */
static void open_run(step_run *run, locl_devices *devices, double deadline)
{
    if (!devices) {
        skip();
    }
    step_run_begin(run, devices);
    if (devices->count > 1) {
        step_run_place(run, interleaved);
    }
    run->deadline = deadline;
    step_run_open(run);
}

/* Launches of a step on all devices. */
static long launches(const step_run *run)
{
    long all = 0;
    for (size_t i = 0; i < locl_pipeline_stages(run->pipeline); i++) {
        all += (long)locl_pipeline_stage_info(run->pipeline, i).launches;
    }
    return all;
}

static void check_error(const locl_error *err, bool sequential)
{
    assert_int_equal(err->status, LOCL_E_DEADLINE);
    assert_non_null(strstr(err->message, "waited 0.5 s for the"));
    assert_non_null(strstr(err->where, "stage "));
    assert_non_null(strstr(err->where, sequential ? "step 4: " : "step "));
    assert_non_null(strstr(err->where, "on device "));
    assert_non_null(strstr(err->remedy, "LOCL_DEADLINE"));
    assert_in_range(err->device, 0, 1);
    assert_in_range(err->stage, 0, STAGES - 1);
    if (sequential) {
        assert_int_equal(err->step, 3);
        assert_int_equal(err->stage, 0);
        assert_int_equal(err->device, 0);
    }
    assert_in_range(err->step, 0, 5);
}

/* Drivers finish kernels in their first step: none of that falls into a deadline. */
static void warm_up(locl_devices *devices)
{
    step_run run;
    open_run(&run, devices, 0);
    step_run_train(&run, 0, 2, false);
    step_run_close(&run);
}

/* Hangs in the fourth step, and moves again before the pipeline is closed. */
static void check_hang(locl_devices *(*devices)(void), bool sequential)
{
    step_run run;
    uint64_t next = 0;
    locl_error err = {0};
    warm_up(devices());
    open_run(&run, devices(), SHORT);
    long live = locl_layer_live();
    locl_layer_block(3 * launches(&run) + 1);
    step_ask ask = {.end = STEPS, .sequential = sequential};
    assert_int_equal(step_run_try_train(&run, &ask, &next, &err), LOCL_E_DEADLINE);
    check_error(&err, sequential);
    assert_in_range(next, 0, 3);
    /* while it stands still no other run begins */
    assert_int_equal(step_run_try_train(&run, &ask, &next, &err), LOCL_E_DEADLINE);
    assert_non_null(strstr(err.message, "still busy"));
    locl_layer_unblock();
    assert_int_equal(step_run_try_train(&run, &ask, &next, &err), LOCL_OK);
    assert_int_equal(next, STEPS);
    assert_int_equal(locl_layer_live(), live);
    step_run_close(&run);
}

static void a_device_that_hangs(void **state)
{
    (void)state;
    check_hang(step_whole, false);
    check_hang(step_whole, true);
}

static void one_of_two_devices_hangs(void **state)
{
    (void)state;
    check_hang(step_halves, false);
    check_hang(step_halves, true);
}

/* A device that is slow, but within the deadline: the same result as without one. */
static void a_deadline_changes_nothing(void **state)
{
    (void)state;
    step_run with, without;
    open_run(&with, step_halves(), LONG);
    open_run(&without, step_halves(), 0);
    locl_layer_delay(100, 5);
    step_run_train(&with, 0, STEPS, false);
    locl_layer_delay(0, 0);
    step_run_train(&without, 0, STEPS, false);
    step_assert_same(&with, &without);
    step_run_close(&with);
    step_run_close(&without);
}

/* With a deadline nothing blocks in OpenCL, without one nothing polls. */
static void waits_are_of_one_kind(void **state)
{
    (void)state;
    const double deadline[] = {0, LONG};
    for (int i = 0; i < 2; i++) {
        step_run run;
        open_run(&run, step_whole(), deadline[i]);
        locl_layer_reset();
        step_run_train(&run, 0, STEPS, false);
        assert_int_equal(locl_layer_count("clWaitForEvents"), deadline[i] > 0 ? 0 : STAGES * STEPS);
        assert_int_equal(locl_layer_count("clGetEventInfo") > 0, deadline[i] > 0);
        step_run_close(&run);
    }
}

static void the_environment_sets_it(void **state)
{
    (void)state;
    const char *const wrong[] = {"soon", "-1", "1e9", "3s", "nan"};
    locl_devices *devices;
    locl_error err;
    setenv("LOCL_DEADLINE", "2.5", 1);
    devices = step_whole();
    assert_non_null(devices);
    assert_true(devices->device[0]->deadline == 2.5);
    locl_devices_close(devices);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        setenv("LOCL_DEADLINE", wrong[i], 1);
        assert_int_equal(locl_devices_open_text("auto", &devices, &err), LOCL_E_CONFIG);
        assert_non_null(strstr(err.message, "LOCL_DEADLINE"));
        assert_non_null(strstr(err.message, wrong[i]));
    }
    setenv("LOCL_DEADLINE", "0.2", 1);
    devices = step_whole();
    unsetenv("LOCL_DEADLINE");
    step_run run;
    uint64_t next = 0;
    open_run(&run, devices, 0);
    locl_layer_block(1);
    assert_int_equal(step_run_try_train(&run, &(step_ask){.end = STEPS}, &next, &err), LOCL_E_DEADLINE);
    locl_layer_unblock();
    step_run_close(&run);
}

int main(int argc, char **argv)
{
    locl_layer_require(argc, argv);
    alarm(200); /* a pipeline that hangs is a failure */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_device_that_hangs),        cmocka_unit_test(one_of_two_devices_hangs),
        cmocka_unit_test(a_deadline_changes_nothing), cmocka_unit_test(waits_are_of_one_kind),
        cmocka_unit_test(the_environment_sets_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
