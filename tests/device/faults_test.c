/* Every OpenCL call on the way from nothing to a finished kernel fails once: the error is clean, nothing is
 * left behind, and the next try works. */
#include "device/call.h"
#include "device/program.h"
#include "support/kernel_folder.h"
#include "support/opencl_layer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int set_up(void **state)
{
    *state = locl_kernel_folder_make();
    locl_kernel_folder_write(*state, "one.cl",
                             "kernel void one(global float *x) { x[get_global_id(0)] = 1; }\n");
    return 0;
}

static int tear_down(void **state)
{
    locl_kernel_folder_remove(*state);
    return 0;
}

/* Copies through a buffer and its part on a queue, and waits for an event. */
static locl_status use_device(locl_device *device, locl_error *err)
{
    locl_queue queue = {0};
    cl_mem whole = NULL, part = NULL;
    cl_kernel kernel = NULL;
    cl_event event = NULL;
    float value = 3.0f;
    bool done;
    size_t align = device->caps.alignment;
    locl_status status;
    LOCL_TRY_GOTO(status, locl_kernel_create(device, "one.cl", "one", NULL, 1, &kernel, err));
    LOCL_TRY_GOTO(status, locl_queue_create(device, LOCL_QUEUE_PLAIN, &queue, err));
    LOCL_TRY_GOTO(status, locl_buffer_create(device, 2 * align, "whole", &whole, err));
    LOCL_TRY_GOTO(status, locl_buffer_part(device, whole, align, align, "part", &part, err));
    LOCL_TRY_GOTO(status, locl_buffer_fill(&queue, whole, 0, 2 * align, &value, sizeof value, err));
    LOCL_TRY_GOTO(status, locl_buffer_copy(&queue, whole, 0, whole, align, sizeof value, NULL, err));
    LOCL_TRY_GOTO(status,
                  locl_buffer_write(&queue, part, 0, sizeof value, &value, LOCL_ASYNC, NULL, &event, err));
    LOCL_TRY_GOTO(status, locl_queue_wait_for(&queue, event, err));
    LOCL_TRY_GOTO(status, locl_queue_flush(&queue, err));
    LOCL_TRY_GOTO(status, locl_event_wait(device, event, err));
    locl_event_release(&event);
    LOCL_TRY_GOTO(status, locl_queue_marker(&queue, &event, err));
    LOCL_TRY_GOTO(status, locl_queue_finish(&queue, err));
    LOCL_TRY_GOTO(status, locl_event_done(device, event, &done, err));
    LOCL_TRY_GOTO(status,
                  locl_buffer_read(&queue, part, 0, sizeof value, &value, LOCL_BLOCKING, NULL, NULL, err));
fail:
    if (status != LOCL_OK && queue.cl) {
        locl_queue_finish(&queue, NULL); /* commands may still use what is released here */
    }
    locl_event_release(&event);
    if (kernel) {
        clReleaseKernel(kernel);
    }
    locl_buffer_release(&part);
    locl_buffer_release(&whole);
    locl_queue_release(&queue);
    return status;
}

static locl_status open_and_use(const char *selectors, locl_error *err)
{
    locl_devices *devices = NULL;
    locl_status status = locl_devices_open_text(selectors, &devices, err);
    for (size_t i = 0; status == LOCL_OK && i < devices->count; i++) {
        status = use_device(devices->device[i], err);
    }
    locl_devices_close(devices);
    return status;
}

/* Entry points whose failure no caller can do without. */
static const char *const needed[] = {
    "clCreateContext",     "clCreateCommandQueue", "clCreateBuffer",
    "clCreateSubBuffer",   "clCreateKernel",       "clFlush",
    "clWaitForEvents",     "clEnqueueReadBuffer",  "clFinish",
    "clEnqueueFillBuffer", "clEnqueueWriteBuffer", "clEnqueueBarrierWithWaitList"};
enum { NEEDED = sizeof needed / sizeof needed[0] };

/* Fails call 1, 2, ... until none is left to fail. Questions about a device may have no answer, however many
 * platforms are asked; calls of the needed entry points may not fail unnoticed. */
static void fail_each_call(const char *selectors)
{
    long calls = 0, failures = 0, least = 0;
    locl_error err = {0};
    assert_int_equal(open_and_use(selectors, &err), LOCL_OK); /* fills the cache on disk */
    long kept = locl_layer_live();                            /* sub-devices stay until the process ends */
    locl_layer_reset();
    assert_int_equal(open_and_use(selectors, &err), LOCL_OK);
    calls = locl_layer_count("*");
    for (size_t i = 0; i < NEEDED; i++) {
        least += locl_layer_count(needed[i]);
    }
    for (long nth = 1; nth <= calls; nth++) {
        err = (locl_error){0};
        locl_layer_reset();
        locl_layer_fail("*", nth, CL_OUT_OF_RESOURCES);
        locl_status status = open_and_use(selectors, &err);
        if (status != LOCL_OK) {
            failures++;
            if (!err.message[0] || err.status != status) {
                fail_msg("call %ld: status %s without a message", nth, locl_status_name(status));
            }
        }
        if (locl_layer_live() != kept) {
            fail_msg("call %ld: %ld references left behind", nth, locl_layer_live() - kept);
        }
    }
    locl_layer_reset();
    assert_true(failures >= least);
    assert_int_equal(open_and_use(selectors, &err), LOCL_OK);
}

static void each_call_may_fail(void **state)
{
    (void)state;
    assert_int_equal(locl_layer_live(), 0);
    fail_each_call("auto");
    assert_int_equal(locl_layer_live(), 0);
}

static void each_call_may_fail_on_sub_devices(void **state)
{
    (void)state;
    locl_devices *devices = NULL;
    char halves[80];
    assert_int_equal(locl_devices_open_text("auto", &devices, NULL), LOCL_OK);
    locl_device *device = devices->device[0];
    bool can = device->caps.can_partition && device->caps.units % 2 == 0;
    snprintf(halves, sizeof halves, "%s/0/2,%s/1/2", device->selector, device->selector);
    locl_devices_close(devices);
    if (!can) {
        skip();
    }
    locl_error err = {0};
    locl_layer_fail("clCreateSubDevices", 1, CL_DEVICE_PARTITION_FAILED);
    assert_int_equal(open_and_use(halves, &err), LOCL_E_OPENCL);
    assert_non_null(strstr(err.message, "clCreateSubDevices"));
    fail_each_call(halves);
}

static void each_entry_point_may_fail(void **state)
{
    (void)state;
    long kept = locl_layer_live();
    for (size_t i = 0; i < NEEDED; i++) {
        locl_error err = {0};
        locl_layer_reset();
        locl_layer_fail(needed[i], 1, CL_INVALID_OPERATION);
        assert_int_equal(open_and_use("auto", &err), LOCL_E_OPENCL);
        if (!strstr(err.message, needed[i]) || !strstr(err.message, "CL_INVALID_OPERATION")) {
            fail_msg("%s failed, the message is: %s", needed[i], err.message);
        }
        assert_int_equal(locl_layer_live(), kept);
    }
}

static void a_cached_binary_saves_the_build_from_source(void **state)
{
    (void)state;
    locl_error err = {0};
    locl_kernel_folder_write(*state, "one.cl",
                             "kernel void one(global float *x) { x[get_global_id(0)] = 2; }\n");
    locl_layer_reset();
    setenv("LOCL_CAPS", "builds_late=0", 1);
    assert_int_equal(open_and_use("auto", &err), LOCL_OK);
    assert_int_equal(locl_layer_count("clCreateProgramWithSource"), 1);
    assert_int_equal(open_and_use("auto", &err), LOCL_OK);
    assert_int_equal(locl_layer_count("clCreateProgramWithSource"), 1);
    assert_int_equal(locl_layer_count("clCreateProgramWithBinary"), 1);
    locl_layer_fail("clCreateProgramWithBinary", 1, CL_INVALID_BINARY);
    assert_int_equal(open_and_use("auto", &err), LOCL_OK);
    assert_int_equal(locl_layer_count("clCreateProgramWithSource"), 2);
    unsetenv("LOCL_CAPS");
}

static void the_layer_counts(void **state)
{
    (void)state;
    locl_error err = {0};
    locl_layer_reset();
    assert_int_equal(locl_layer_count("clFinish"), 0);
    locl_layer_delay(50, 1);
    assert_int_equal(open_and_use("auto", &err), LOCL_OK);
    locl_layer_delay(0, 0);
    assert_int_equal(locl_layer_count("clFinish"), 1);
    assert_int_equal(locl_layer_count("clEnqueueReadBuffer"), 1);
    assert_int_equal(locl_layer_count("clEnqueueReadBuffer:blocking"), 1);
    assert_int_equal(locl_layer_count("clEnqueueWriteBuffer"), 1);
    assert_int_equal(locl_layer_count("clEnqueueWriteBuffer:blocking"), 0);
    assert_int_equal(locl_layer_count("clReleaseMemObject"), 2);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_call_may_fail),
        cmocka_unit_test(each_call_may_fail_on_sub_devices),
        cmocka_unit_test(each_entry_point_may_fail),
        cmocka_unit_test(a_cached_binary_saves_the_build_from_source),
        cmocka_unit_test(the_layer_counts),
    };
    locl_layer_require(argc, argv);
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
