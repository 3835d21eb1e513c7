/* Stages on devices that share no context, of one platform and of two: activations go through the host, or lie there,
 * and the result is byte for byte that of the same stages run in turn on the same devices. PoCL gives two root devices
 * with POCL_DEVICES; Intel's runtime is used where it is there (tests/intel_runtime.sh). */
#include "support/opencl_layer.h"
#include "support/step_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { STEPS = 100 };

static locl_devices *two_of_pocl(void)
{
    locl_device_spec specs[2];
    for (int i = 0; i < 2; i++) {
        specs[i] = locl_device_spec_text("");
        snprintf(specs[i].platform, sizeof specs[i].platform, "Portable");
        specs[i].index = i;
    }
    return step_devices_of(specs, 2);
}

/* The same as if their memory was not the host's, so that activations are copied. */
static locl_devices *two_apart(void)
{
    locl_devices *devices = two_of_pocl();
    for (size_t i = 0; devices && i < devices->count; i++) {
        devices->device[i]->caps.unified_memory = false;
    }
    return devices;
}

/* Half of PoCL's device with threads and half of Intel's. */
static locl_devices *pocl_and_intel(void)
{
    locl_device_spec specs[2];
    for (int i = 0; i < 2; i++) {
        specs[i] = locl_device_spec_text("");
        snprintf(specs[i].platform, sizeof specs[i].platform, "%s", i ? "Intel(R) OpenCL" : "Portable");
        snprintf(specs[i].name, sizeof specs[i].name, "%s", i ? "" : "pthread");
        specs[i].split = 2;
        specs[i].part = i;
    }
    return step_devices_of(specs, 2);
}

static void open_run(step_run *run, locl_devices *devices, const unsigned where[4])
{
    step_run_begin(run, devices);
    step_run_place(run, where);
    step_run_open(run);
}

static void compare(locl_devices *(*devices)(void), const unsigned where[4], unsigned delay)
{
    step_run together, in_turn;
    locl_devices *first = devices();
    if (!first) {
        skip();
    }
    assert_int_equal(first->count, 2);
    assert_ptr_not_equal(first->device[0]->context, first->device[1]->context);
    open_run(&together, first, where);
    open_run(&in_turn, devices(), where);
    step_run_train(&in_turn, 0, STEPS, true);
    locl_layer_delay(delay, 3);
    step_run_train(&together, 0, 41, false);
    step_assert_differ(&together, &in_turn);
    step_run_train(&together, 41, STEPS, false);
    locl_layer_delay(0, 0);
    step_assert_same(&together, &in_turn);
    step_run_close(&together);
    step_run_close(&in_turn);
}

static const unsigned apart[4] = {0, 0, 1, 1}, interleaved[4] = {0, 1, 0, 1};

static void two_root_devices(void **state)
{
    (void)state;
    compare(two_of_pocl, apart, 0);
    compare(two_of_pocl, interleaved, 0);
    compare(two_apart, interleaved, 0);
}

static void two_root_devices_with_delays(void **state)
{
    (void)state;
    compare(two_of_pocl, interleaved, 100);
    compare(two_apart, interleaved, 100);
}

static void two_platforms(void **state)
{
    (void)state;
    compare(pocl_and_intel, apart, 0);
    compare(pocl_and_intel, interleaved, 100);
}

/* A call that fails between the contexts ends both workers. */
static void a_failure_between_contexts(void **state)
{
    (void)state;
    locl_devices *devices = two_of_pocl();
    if (!devices) {
        skip();
    }
    locl_devices_close(devices);
    for (long nth = 1; nth < 400; nth += 57) {
        step_run run;
        uint64_t next;
        locl_error err = {0};
        open_run(&run, two_of_pocl(), interleaved);
        locl_layer_reset();
        locl_layer_fail("*", nth, -5);
        assert_int_equal(step_run_try_train(&run, &(step_ask){.end = 6}, &next, &err), LOCL_E_OPENCL);
        locl_layer_reset();
        step_run_close(&run);
    }
}

/* The device of the first stage hangs in its first step: its worker waits for it, and so does the other one,
 * for what it should send. It is the one with threads: PoCL's basic device runs what it is given at once. */
static void one_of_two_contexts_hangs(void **state)
{
    (void)state;
    step_run run;
    uint64_t next;
    locl_error err = {0};
    locl_devices *devices = two_of_pocl();
    if (!devices) {
        skip();
    }
    unsigned first = strncmp(devices->device[0]->name, "basic", 5) == 0;
    step_run_begin(&run, devices);
    step_run_place(&run, (const unsigned[]){first, 1 - first, first, 1 - first});
    run.deadline = 0.2;
    step_run_open(&run);
    locl_layer_block(1);
    assert_int_equal(step_run_try_train(&run, &(step_ask){.end = 6}, &next, &err), LOCL_E_DEADLINE);
    assert_int_equal(err.device, first);
    assert_in_range(err.stage, 0, 1);
    assert_int_equal(err.step, 0);
    locl_layer_unblock();
    step_run_close(&run);
}

int main(int argc, char **argv)
{
    setenv("POCL_DEVICES", "pthread basic", 0);
    locl_layer_require(argc, argv);
    alarm(200); /* a pipeline that hangs is a failure */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_root_devices),
        cmocka_unit_test(two_root_devices_with_delays),
        cmocka_unit_test(two_platforms),
        cmocka_unit_test(a_failure_between_contexts),
        cmocka_unit_test(one_of_two_contexts_hangs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
