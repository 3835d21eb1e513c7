#include "support/kernel_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SMALL_VALUES = 6000, FIRST_SEED = 41 };
static const double simulated_flops = 5e5, tested_flops = 1e8; /* at most */

static locl_devices *devices;

locl_device *locl_check_device(void)
{
    locl_error err = {0};
    if (!devices && locl_devices_open(NULL, 0, &devices, &err) != LOCL_OK) {
        fail_msg("%s: %s", err.where, err.message);
    }
    return devices->device[0];
}

int locl_check_close(void **state)
{
    (void)state;
    locl_devices_close(devices);
    devices = NULL;
    return 0;
}

static bool is_set(const char *name)
{
    const char *value = getenv(name);
    return value && value[0];
}

bool locl_check_small(void)
{
    return is_set("LOCL_TEST_SMALL");
}

bool locl_check_all(void)
{
    return is_set("LOCL_TEST_ALL");
}

locl_check_family locl_check_family_of(const locl_op *op)
{
    return !strncmp(op->name, "product_", 8) ? LOCL_CHECK_PRODUCT
           : !strncmp(op->name, "optim_", 6) ? LOCL_CHECK_OPTIMISER
                                             : LOCL_CHECK_OPERATION;
}

void locl_check_parse(const locl_op *op, const char *shape, size_t dim[LOCL_OP_DIMS])
{
    locl_error err = {0};
    if (locl_op_shape_parse(op, shape, dim, &err) != LOCL_OK) {
        fail_msg("%s: %s", op->name, err.message);
    }
}

bool locl_check_skips(const locl_op *op, const locl_op_variant *variant, const char *shape)
{
    locl_op_case c = {.op = op, .engine = variant->engine};
    locl_check_parse(op, shape, c.dim);
    op->lay_out(&c);
    double flops = op->cost(&c, &locl_check_device()->caps).flops;
    if (locl_check_small()) {
        /* CLBlast has kernels of its own, which a simulator takes long for */
        return variant->engine == LOCL_ENGINE_CLBLAST || flops > simulated_flops ||
               (locl_check_family_of(op) == LOCL_CHECK_OPERATION &&
                locl_op_largest(op, c.dim) > SMALL_VALUES);
    }
    return flops > tested_flops && !locl_check_all();
}

locl_op_case *locl_check_make(const char *name, const char *shape, uint64_t seed, locl_op_inputs inputs)
{
    const locl_op *op = locl_op_find(name);
    locl_error err = {0};
    locl_op_case *c = NULL;
    size_t dim[LOCL_OP_DIMS];
    assert_non_null(op);
    locl_check_parse(op, shape, dim);
    if (locl_op_case_create(op, dim, seed, inputs, &c, &err) != LOCL_OK) {
        fail_msg("%s: %s", op->name, err.message);
    }
    return c;
}

void locl_check_expect(locl_op_case *c)
{
    locl_error err = {0};
    if (locl_op_case_expect(c, &err) != LOCL_OK) {
        fail_msg("%s: %s", err.where, err.message);
    }
}

void locl_check_run(locl_op_case *c, const char *variant)
{
    const locl_check check = {.device = locl_check_device(), .exact_buffers = locl_check_small()};
    const locl_op_variant *v = variant ? locl_op_variant_find(c->op, variant) : c->op->variant;
    locl_error err = {0};
    if (locl_op_case_run(c, check.device, v, locl_check_guards(&check), &err) != LOCL_OK) {
        fail_msg("%s: %s", err.where, err.message);
    }
}

uint64_t locl_check_seed(size_t shape)
{
    return FIRST_SEED + shape;
}

static void check_shape(const locl_op *op, const char *shape, uint64_t seed,
                        const locl_op_variant *const *variants, size_t count)
{
    const locl_check check = {.device = locl_check_device(), .exact_buffers = locl_check_small()};
    locl_check_result result;
    locl_error err = {0};
    size_t dim[LOCL_OP_DIMS];
    locl_check_parse(op, shape, dim);
    if (locl_check_shape(&check, op, dim, seed, variants, count, &result, &err) != LOCL_OK) {
        fail_msg("%s: %s [%s]: %s", err.where, op->name, shape, err.message);
    }
    if (!result.passed) {
        fail_msg("%s", result.text);
    }
}

static bool is_large(const locl_op *op, const char *shape)
{
    enum { LARGE = 1 << 18 };
    size_t dim[LOCL_OP_DIMS];
    locl_check_parse(op, shape, dim);
    return locl_op_largest(op, dim) > LARGE;
}

void locl_check_row(const locl_op *op, size_t every)
{
    const locl_caps *caps = &locl_check_device()->caps;
    const locl_op_variant **due = calloc(op->variants, sizeof *due);
    char shape[LOCL_OP_SHAPE_TEXT];
    size_t run = 0;
    assert_non_null(due);
    for (size_t i = 0; locl_op_shape_at(op, i, shape); i++) {
        bool due_in_all =
            locl_check_all() || (i < op->shapes && i % every == every / 2 && !is_large(op, shape));
        size_t count = 0;
        for (const locl_op_variant *v = op->variant; v < op->variant + op->variants; v++) {
            bool share = v == op->variant || due_in_all;
            if (share && !locl_op_variant_idle(op, v, caps) && !locl_check_skips(op, v, shape)) {
                due[count++] = v;
            }
        }
        if (count) {
            check_shape(op, shape, locl_check_seed(i), due, count);
            run += count;
        }
    }
    free(due);
    assert_true(run > 0 || (op->whole_blocks && !caps->whole_blocks));
}

int locl_check_run_rows(const char *group, CMUnitTestFunction test, bool (*wanted)(const locl_op *),
                        const struct CMUnitTest *tests, size_t more)
{
    size_t rows = 0, count = 0;
    while (locl_ops[rows]) {
        rows++;
    }
    struct CMUnitTest *all = calloc(rows + more, sizeof *all);
    if (!all) {
        abort();
    }
    for (size_t i = 0; i < rows; i++) {
        if (!wanted || wanted(locl_ops[i])) {
            all[count++] = (struct CMUnitTest){locl_ops[i]->name, test, NULL, NULL, (void *)locl_ops[i]};
        }
    }
    if (more) {
        memcpy(all + count, tests, more * sizeof *all);
    }
    int failed = _cmocka_run_group_tests(group, all, count + more, NULL, locl_check_close);
    free(all);
    return failed;
}
