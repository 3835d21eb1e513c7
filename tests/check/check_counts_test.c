/* FLOPs and bytes that launches say of themselves, against a count by hand (locl_op_cost): products to the
 * last one, others to what a count per value leaves out. */
#include "support/kernel_check.h"

#include "check/time.h"

#include <math.h>
#include <string.h>

/* Per row and per column a few more are done than are counted per value. */
static const double tolerance = 0.04;

static bool is_near(double said, double counted, bool exact)
{
    return exact ? said == counted : fabs(said - counted) <= tolerance * counted;
}

static void check_counts(const locl_op *op, const char *shape, const locl_op_variant *variant)
{
    bool exact = locl_check_family_of(op) == LOCL_CHECK_PRODUCT;
    locl_device *device = locl_check_device();
    locl_caps caps = locl_op_variant_caps(variant, &device->caps);
    locl_op_case *c = locl_check_make(op->name, shape, 1, false);
    locl_op_timing said;
    locl_error err = {0};
    if (locl_op_count(c, device, variant, &said, NULL, &err) != LOCL_OK) {
        fail_msg("%s: %s", op->name, err.message);
    }
    locl_op_cost counted = op->cost(c, &caps);
    locl_op_case_release(c);
    if (!is_near(said.flops, counted.flops, exact) || !is_near(said.bytes, counted.bytes, exact)) {
        fail_msg("%s [%s] %s: its launches say %.9g FLOPs and %.9g bytes, by hand it is %.9g and %.9g",
                 op->name, shape, variant->name, said.flops, said.bytes, counted.flops, counted.bytes);
    }
}

static void says_what_it_does(void **state)
{
    const locl_op *op = *state;
    size_t first = op->presets ? op->shapes - op->presets : 0;
    bool product = locl_check_family_of(op) == LOCL_CHECK_PRODUCT;
    for (size_t v = 0; v < (product ? op->variants : 1); v++) {
        for (size_t i = product ? 0 : first; i < op->shapes; i++) {
            if (!locl_check_skips(op, &op->variant[v], op->shape[i])) {
                check_counts(op, op->shape[i], &op->variant[v]);
            }
        }
    }
}

int main(void)
{
    return locl_check_run_rows("counts of FLOPs and bytes", says_what_it_does, NULL, NULL, 0);
}
