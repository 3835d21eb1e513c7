/* Opening real devices, whole and split, building and running kernels on them. */
#include "device/call.h"
#include "device/device.h"
#include "device/program.h"
#include "device/select.h"
#include "support/kernel_folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define KERNEL                                                                                               \
    "#include \"twice.clh\"\n"                                                                               \
    "kernel void twice(global float *x) { x[get_global_id(0)] = TWICE(x[get_global_id(0)]) + ADD; }\n"

static void run_twice(locl_device *device, float *values, size_t count)
{
    locl_error err = {0};
    locl_queue queue;
    cl_mem buffer;
    cl_kernel kernel;
    cl_event event = NULL;
    assert_int_equal(locl_queue_create(device, LOCL_QUEUE_PROFILING, &queue, &err), LOCL_OK);
    assert_int_equal(locl_buffer_create(device, count * sizeof(float), "x", &buffer, &err), LOCL_OK);
    assert_int_equal(locl_kernel_create(device, "twice.cl", "twice", "-D ADD=1", 1, &kernel, &err), LOCL_OK);
    assert_int_equal(
        locl_buffer_write(&queue, buffer, 0, count * sizeof(float), values, LOCL_ASYNC, NULL, NULL, &err),
        LOCL_OK);
    assert_int_equal(clSetKernelArg(kernel, 0, sizeof buffer, &buffer), CL_SUCCESS);
    assert_int_equal(clEnqueueNDRangeKernel(queue.cl, kernel, 1, NULL, &count, NULL, 0, NULL, &event),
                     CL_SUCCESS);
    assert_int_equal(
        locl_buffer_read(&queue, buffer, 0, count * sizeof(float), values, LOCL_BLOCKING, &event, NULL, &err),
        LOCL_OK);
    cl_ulong start = 1, end = 0;
    assert_int_equal(locl_event_times(device, event, &start, &end, &err), LOCL_OK);
    assert_true(end >= start);
    locl_event_release(&event);
    locl_buffer_release(&buffer);
    clReleaseKernel(kernel);
    locl_queue_release(&queue);
}

static void check_twice(locl_device *device)
{
    float values[37];
    for (size_t i = 0; i < 37; i++) {
        values[i] = (float)i;
    }
    run_twice(device, values, 37);
    for (size_t i = 0; i < 37; i++) {
        assert_float_equal(values[i], 2.0f * (float)i + 1.0f, 0.0f);
    }
}

static locl_devices *open_text(const char *text)
{
    locl_error err = {0};
    locl_devices *devices = NULL;
    if (locl_devices_open_text(text, &devices, &err) != LOCL_OK) {
        fail_msg("%s: %s", err.where, err.message);
    }
    return devices;
}

static int set_up(void **state)
{
    *state = locl_kernel_folder_make();
    locl_kernel_folder_write(*state, "twice.clh", "#define TWICE(v) ((v) * 2.0f)\n");
    locl_kernel_folder_write(*state, "twice.cl", KERNEL);
    return 0;
}

static int tear_down(void **state)
{
    locl_kernel_folder_remove(*state);
    return 0;
}

static void opens_a_device_and_runs_a_kernel(void **state)
{
    (void)state;
    locl_devices *devices = open_text("auto");
    assert_int_equal(devices->count, 1);
    locl_device *device = devices->device[0];
    assert_true(device->caps.units > 0 && device->caps.memory > 0 && device->caps.largest_buffer > 0);
    assert_true(device->caps.alignment >= 64);
    assert_string_not_equal(device->name, "");
    assert_string_equal(device->engine, "auto");
    check_twice(device);
    check_twice(device); /* from the cache in memory */
    locl_devices_close(devices);
}

static void splits_a_device(void **state)
{
    (void)state;
    locl_devices *whole = open_text("auto");
    char selector[64], root[32];
    snprintf(root, sizeof root, "%s", whole->device[0]->selector);
    unsigned units = whole->device[0]->caps.units;
    bool can = whole->device[0]->caps.can_partition && units % 2 == 0;
    locl_devices_close(whole);
    if (!can) {
        skip();
    }
    snprintf(selector, sizeof selector, "%s/0/2,%s/1/2", root, root);
    locl_devices *halves = open_text(selector);
    assert_int_equal(halves->count, 2);
    assert_int_equal(halves->contexts, 1);
    for (size_t i = 0; i < 2; i++) {
        snprintf(selector, sizeof selector, "%s/%zu/2", root, i);
        assert_string_equal(halves->device[i]->selector, selector);
        assert_int_equal(halves->device[i]->index, i);
        assert_int_equal(halves->device[i]->caps.units, units / 2);
        assert_ptr_equal(halves->device[i]->context, halves->device[0]->context);
        check_twice(halves->device[i]);
    }
    assert_ptr_not_equal(halves->device[0]->id, halves->device[1]->id);
    locl_devices_close(halves);
    snprintf(selector, sizeof selector, "%s/1/2", root);
    locl_devices *one = open_text(selector);
    assert_int_equal(one->count, 1);
    check_twice(one->device[0]);
    locl_devices_close(one);
}

static void the_environment_overrides_the_configuration(void **state)
{
    (void)state;
    locl_error err = {0};
    locl_devices *devices = NULL;
    locl_device_spec spec = locl_device_spec_text("no such thing");
    assert_int_equal(locl_devices_open(&spec, 1, &devices, &err), LOCL_E_NODEVICE);
    assert_null(devices);
    setenv("LOCL_DEVICES", "auto", 1);
    assert_int_equal(locl_devices_open(&spec, 1, &devices, &err), LOCL_OK);
    locl_devices_close(devices);
    setenv("LOCL_DEVICES", "nothing like it", 1);
    spec = locl_device_spec_text("auto");
    assert_int_equal(locl_devices_open(&spec, 1, &devices, &err), LOCL_E_NODEVICE);
    assert_non_null(strstr(err.where, "LOCL_DEVICES"));
    unsetenv("LOCL_DEVICES");
}

static void caps_can_be_lowered_not_raised(void **state)
{
    (void)state;
    locl_error err = {0};
    locl_devices *devices = open_text("auto");
    locl_caps real = devices->device[0]->caps;
    cl_kernel kernel;
    cl_mem buffer;
    locl_devices_close(devices);
    setenv("LOCL_CAPS", "cpu=0,largest_buffer=1000,work_group=4,units=4000000000,alignment=65536", 1);
    devices = open_text("auto");
    locl_device *device = devices->device[0];
    assert_false(device->caps.cpu);
    assert_int_equal(device->caps.largest_buffer, 1000);
    assert_int_equal(device->caps.work_group, 4);
    assert_int_equal(device->caps.units, real.units);
    assert_int_equal(device->caps.alignment, 65536);
    assert_int_equal(locl_buffer_create(device, 1001, "activations", &buffer, &err), LOCL_E_TOO_LARGE);
    assert_null(buffer);
    assert_non_null(strstr(err.message, "activations"));
    assert_int_equal(locl_kernel_create(device, "twice.cl", "twice", "-D ADD=1", 5, &kernel, &err),
                     LOCL_E_TOO_LARGE);
    assert_null(kernel);
    locl_devices_close(devices);
    const char *wrong[] = {"gpu=1", "units", "units=", "units=x", "units=3x", "alignment=100", "=4"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        setenv("LOCL_CAPS", wrong[i], 1);
        assert_int_equal(locl_devices_open_text("auto", &devices, &err), LOCL_E_CONFIG);
        assert_null(devices);
        assert_non_null(strstr(err.message, "LOCL_CAPS"));
    }
    unsetenv("LOCL_CAPS");
}

static void a_build_failure_says_where(void **state)
{
    locl_error err = {0};
    cl_kernel kernel;
    locl_devices *devices = open_text("auto");
    locl_kernel_folder_write(*state, "bad.clh", "\n\nint oops(void) { return undeclared; }\n");
    locl_kernel_folder_write(*state, "bad.cl",
                             "// a comment\n#include \"bad.clh\"\nkernel void k(void) {}\n");
    assert_int_equal(locl_kernel_create(devices->device[0], "bad.cl", "k", "-D MARK=7", 1, &kernel, &err),
                     LOCL_E_OPENCL);
    assert_non_null(strstr(err.message, "bad.cl "));
    assert_non_null(strstr(err.message, "-D MARK=7"));
    assert_non_null(strstr(err.message, devices->device[0]->name));
    assert_non_null(strstr(err.message, "undeclared"));
    bool keeps_lines = !strstr(devices->device[0]->name, "Oclgrind"); /* it ignores #line */
    assert_true(!keeps_lines || strstr(err.message, "bad.clh:3"));
    locl_kernel_folder_write(*state, "lost.cl", "\n#include \"nowhere.clh\"\n");
    assert_int_equal(locl_kernel_create(devices->device[0], "lost.cl", "k", NULL, 1, &kernel, &err),
                     LOCL_E_FAILED);
    assert_non_null(strstr(err.message, "nowhere.clh"));
    assert_string_equal(err.where, "lost.cl:2");
    assert_int_equal(
        locl_kernel_create(devices->device[0], "twice.cl", "thrice", "-D ADD=1", 1, &kernel, &err),
        LOCL_E_OPENCL);
    assert_non_null(strstr(err.message, "CL_INVALID_KERNEL_NAME"));
    assert_non_null(strstr(err.message, "thrice"));
    locl_devices_close(devices);
}

static void queues_wait_for_each_other(void **state)
{
    (void)state;
    locl_error err = {0};
    locl_devices *devices = open_text("auto");
    locl_device *device = devices->device[0];
    locl_queue queue[2];
    cl_mem whole, part, other;
    cl_event event = NULL;
    bool done = false;
    float seven = 7.0f, back[4] = {0};
    size_t align = device->caps.alignment;
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(locl_queue_create(device, LOCL_QUEUE_PLAIN, &queue[i], &err), LOCL_OK);
    }
    assert_int_equal(locl_buffer_create(device, 2 * align, "whole", &whole, &err), LOCL_OK);
    assert_int_equal(locl_buffer_create(device, sizeof back, "other", &other, &err), LOCL_OK);
    assert_int_equal(locl_buffer_part(device, whole, align, sizeof back, "part", &part, &err), LOCL_OK);
    assert_int_equal(locl_buffer_fill(&queue[0], part, 0, sizeof back, &seven, sizeof seven, &err), LOCL_OK);
    assert_int_equal(locl_queue_marker(&queue[0], &event, &err), LOCL_OK);
    assert_int_equal(locl_queue_flush(&queue[0], &err), LOCL_OK);
    assert_int_equal(locl_queue_wait_for(&queue[1], event, &err), LOCL_OK);
    assert_int_equal(locl_buffer_copy(&queue[1], whole, align, other, 0, sizeof back, NULL, &err), LOCL_OK);
    assert_int_equal(
        locl_buffer_read(&queue[1], other, 0, sizeof back, back, LOCL_BLOCKING, NULL, NULL, &err), LOCL_OK);
    assert_int_equal(locl_event_wait(device, event, &err), LOCL_OK);
    assert_int_equal(locl_event_done(device, event, &done, &err), LOCL_OK);
    assert_true(done);
    for (size_t i = 0; i < 4; i++) {
        assert_float_equal(back[i], 7.0f, 0.0f);
    }
    locl_event_release(&event);
    locl_buffer_release(&part);
    locl_buffer_release(&other);
    locl_buffer_release(&whole);
    locl_queue_release(&queue[0]);
    locl_queue_release(&queue[1]);
    locl_devices_close(devices);
}

static void errors_have_names(void **state)
{
    (void)state;
    locl_error err = {0};
    assert_string_equal(locl_cl_error_name(CL_OUT_OF_RESOURCES), "CL_OUT_OF_RESOURCES");
    assert_string_equal(locl_cl_error_name(-4711), "unknown OpenCL error");
    assert_int_equal(locl_fail_cl(&err, "clCreateBuffer", CL_MEM_OBJECT_ALLOCATION_FAILURE, NULL, "x"),
                     LOCL_E_TOO_LARGE);
    assert_string_equal(err.message, "clCreateBuffer for x: CL_MEM_OBJECT_ALLOCATION_FAILURE (-4)");
    assert_string_not_equal(err.remedy, "");
    assert_int_equal(locl_fail_cl(NULL, "clFinish", CL_INVALID_EVENT, NULL, NULL), LOCL_E_OPENCL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opens_a_device_and_runs_a_kernel),
        cmocka_unit_test(splits_a_device),
        cmocka_unit_test(the_environment_overrides_the_configuration),
        cmocka_unit_test(caps_can_be_lowered_not_raised),
        cmocka_unit_test(a_build_failure_says_where),
        cmocka_unit_test(queues_wait_for_each_other),
        cmocka_unit_test(errors_have_names),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
