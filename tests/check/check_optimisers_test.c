/* The optimisers against their reference, as CPUs and as GPUs run them, and what they note about values that
 * are not finite. */
#include "support/kernel_check.h"

#include "ops/metrics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool wanted(const locl_op *op)
{
    return locl_check_family_of(op) == LOCL_CHECK_OPTIMISER;
}

static void agrees_with_its_reference(void **state)
{
    locl_check_row(*state, 1);
}

/* Element by element there is only add and multiply: the way of cutting must not show. */
static void sgd_has_the_same_bits_in_any_shape(void **state)
{
    const locl_op *op = locl_op_find("optim_sgd");
    locl_op_case *c = locl_check_make(op->name, "segments=odd rate=0.07", 99, LOCL_OP_HARD);
    locl_op_tensor *params = locl_op_case_find(c, "params");
    size_t bytes = params->n * sizeof(float);
    float *kept = malloc(bytes);
    (void)state;
    assert_non_null(kept);
    for (size_t v = 0; v < op->variants; v++) {
        locl_check_run(c, op->variant[v].name);
        if (v == 0) {
            memcpy(kept, params->got, bytes);
        }
        assert_memory_equal(kept, params->got, bytes);
    }
    free(kept);
    locl_op_case_release(c);
}

/* A gradient in segments 3 and 6: segment 3, counted from 1, has to be noted, and stay noted. */
static void check_noted(const char *name, const char *variant, float gradient)
{
    enum { IN_3 = 4160 + 12344, IN_6 = 21696 + 62 };
    locl_op_case *c = locl_check_make(name, "segments=odd rate=0.1", 1, LOCL_OP_PLAIN);
    locl_step_metrics record;
    locl_op_case_find(c, "grads")->in[IN_3] = gradient;
    locl_op_case_find(c, "grads")->in[IN_6] = gradient;
    locl_check_run(c, variant);
    memcpy(&record, locl_op_case_find(c, "records")->got, sizeof record);
    assert_int_equal(record.bad, 4);
    assert_int_equal(record.wrong, 7); /* as it was */
    locl_op_case_release(c);
}

static void the_first_segment_gone_wrong_is_noted(void **state)
{
    (void)state;
    for (size_t i = 0; locl_ops[i]; i++) {
        if (wanted(locl_ops[i])) {
            check_noted(locl_ops[i]->name, "cpu", NAN);
            check_noted(locl_ops[i]->name, "wide", -INFINITY);
        }
    }
    check_noted("optim_adam", "cpu", 1e30f); /* g^2 overflows: the update would stay 0 for good */
}

/* One value, and one in a gap. */
static void a_spoiled_value_is_noticed(void **state)
{
    char text[2048];
    locl_op_case *c = locl_check_make("optim_lars", "segments=odd", 41, LOCL_OP_PLAIN);
    const locl_op_variant *v = c->op->variant;
    const locl_device *device = locl_check_device();
    float *got;
    (void)state;
    locl_check_expect(c);
    locl_check_run(c, NULL);
    assert_true(locl_op_case_near(c, device, v, text, sizeof text));
    got = locl_op_case_find(c, "params")->got;
    got[4160 + 12344] += 1e-4f;
    assert_false(locl_op_case_near(c, device, v, text, sizeof text));
    got[4160 + 12344] = NAN;
    assert_false(locl_op_case_near(c, device, v, text, sizeof text));
    got[4160 + 12344] = locl_op_case_find(c, "params")->want[4160 + 12344];
    assert_true(locl_op_case_near(c, device, v, text, sizeof text));
    got[5] = 0.0f;
    assert_false(locl_op_case_near(c, device, v, text, sizeof text));
    locl_op_case_release(c);
}

int main(void)
{
    const struct CMUnitTest more[] = {
        cmocka_unit_test(sgd_has_the_same_bits_in_any_shape),
        cmocka_unit_test(the_first_segment_gone_wrong_is_noted),
        cmocka_unit_test(a_spoiled_value_is_noticed),
    };
    return locl_check_run_rows("optimisers against their reference", agrees_with_its_reference, wanted, more,
                               sizeof more / sizeof *more);
}
