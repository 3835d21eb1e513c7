#include "support/kernel_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    SMALL_VALUES = 6000,
    ITEMS_ON_CPUS = 4 /* more make the builds of kernels with barriers slower yet */
};

static locl_devices *devices;
static locl_caps real;

locl_device *locl_check_device(locl_check_caps caps)
{
    locl_error err = {0};
    if (!devices) {
        if (locl_devices_open(NULL, 0, &devices, &err) != LOCL_OK) {
            fail_msg("%s: %s", err.where, err.message);
        }
        real = devices->device[0]->caps;
    }
    locl_device *device = devices->device[0];
    device->caps = real;
    if (caps == LOCL_CHECK_GPU && real.cpu) {
        device->caps.cpu = false;
        device->caps.work_group = ITEMS_ON_CPUS;
    }
    return device;
}

int locl_check_close(void **state)
{
    (void)state;
    locl_devices_close(devices);
    devices = NULL;
    return 0;
}

bool locl_check_small(void)
{
    const char *small = getenv("LOCL_TEST_SMALL");
    return small && small[0];
}

bool locl_check_skips(const locl_op *op, const size_t *dim)
{
    locl_op_case c = {.op = op};
    size_t most = 0;
    memcpy(c.dim, dim, sizeof c.dim);
    op->lay_out(&c);
    for (size_t i = 0; i < LOCL_OP_TENSORS; i++) {
        most = c.t[i].rows * c.t[i].n > most ? c.t[i].rows * c.t[i].n : most;
    }
    return locl_check_small() && most > SMALL_VALUES;
}

locl_op_case *locl_check_make(const locl_op *op, const size_t *dim, uint64_t seed, bool hard)
{
    locl_error err = {0};
    locl_op_case *c = NULL;
    if (locl_op_case_create(op, dim, seed, hard, &c, &err) != LOCL_OK) {
        fail_msg("%s: %s", op->name, err.message);
    }
    return c;
}

void locl_check_run(locl_op_case *c, locl_check_caps caps)
{
    locl_error err = {0};
    if (locl_op_case_run(c, locl_check_device(caps), !locl_check_small(), &err) != LOCL_OK) {
        fail_msg("%s: %s", err.where, err.message);
    }
}

void locl_check_shape(const locl_op *op, const size_t *dim, uint64_t seed, locl_check_caps caps)
{
    char text[1024];
    locl_op_case *c = locl_check_make(op, dim, seed, true);
    locl_op_case_expect(c);
    locl_check_run(c, caps);
    bool near = locl_op_case_near(c, locl_check_device(caps)->selector, text, sizeof text);
    if (getenv("LOCL_TEST_VERBOSE")) {
        print_message("%s %zu,%zu,%zu: error %.2g\n", op->name, dim[0], dim[1], dim[2],
                      locl_op_case_error(c));
    }
    locl_op_case_release(c);
    if (!near) {
        fail_msg("%s", text);
    }
}
