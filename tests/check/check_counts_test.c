/* FLOPs and bytes that launches say of themselves, against a count by hand (locl_op_cost): to the last. */
#include "support/kernel_check.h"

#include "check/time.h"

#include <stdlib.h>

static void look_at(const locl_op *op, const char *shape, const locl_op_variant *variant)
{
    locl_device *device = locl_check_device();
    locl_caps caps = locl_op_variant_caps(variant, &device->caps);
    locl_op_case *c = locl_check_make(op->name, shape, 1, LOCL_OP_PLAIN);
    locl_op_counts said;
    locl_error err = {0};
    char *kernels = NULL;
    if (locl_op_count(c, device, variant, &said, &kernels, &err) != LOCL_OK) {
        fail_msg("%s: %s", op->name, err.message);
    }
    locl_op_cost counted = op->cost(c, &caps);
    locl_op_case_release(c);
    if (said.flops != counted.flops || said.bytes != counted.bytes) {
        fail_msg(
            "%s [%s] %s: its launches (%s) say %.17g FLOPs and %.17g bytes, by hand it is %.17g and %.17g",
            op->name, shape, variant->name, kernels + 1, said.flops, said.bytes, counted.flops,
            counted.bytes);
    }
    free(kernels);
}

/* Not those that take memory and time. */
static bool is_looked_at(const locl_op *op, const char *shape)
{
    enum { MOST = 1 << 18 };
    size_t dim[LOCL_OP_DIMS];
    locl_check_parse(op, shape, dim);
    return locl_op_largest(op, dim) <= MOST;
}

/* How an operation is cut doesn't change what is counted; of products and optimisers it does. */
static void says_what_it_does(void **state)
{
    const locl_op *op = *state;
    char shape[LOCL_OP_SHAPE_TEXT];
    size_t looked = 0, variants = locl_check_family_of(op) == LOCL_CHECK_OPERATION ? 1 : op->variants;
    for (const locl_op_variant *v = op->variant; v < op->variant + variants; v++) {
        bool idle = locl_op_variant_idle(op, v, &locl_check_device()->caps);
        for (size_t i = 0; !idle && locl_op_shape_at(op, i, shape); i++) {
            if (is_looked_at(op, shape) && !locl_check_skips(op, v, shape)) {
                look_at(op, shape, v);
                looked++;
            }
        }
    }
    assert_true(looked > 0 || (op->whole_blocks && !locl_check_device()->caps.whole_blocks));
}

int main(void)
{
    return locl_check_run_rows("counts of FLOPs and bytes", says_what_it_does, NULL, NULL, 0);
}
