/* Timing: what is counted and in which order, not how long it takes. */
#include "support/kernel_check.h"

#include "check/peak.h"
#include "check/time.h"

static void samples_are_in_order(void **state)
{
    const locl_op *op = locl_op_find("product_dense");
    const locl_op_variant *both[] = {locl_op_variant_find(op, "native"),
                                     locl_op_variant_find(op, "native-64-units")};
    locl_op_timing timing[2];
    locl_error err = {0};
    size_t dim[LOCL_OP_DIMS];
    (void)state;
    locl_check_parse(op, "m=17 n=33 k=65", dim);
    if (locl_op_time(op, dim, 1, locl_check_device(), both, 2, 5, timing, &err) != LOCL_OK) {
        fail_msg("%s: %s", err.where, err.message);
    }
    for (size_t i = 0; i < 2; i++) {
        const locl_op_timing *t = &timing[i];
        assert_ptr_equal(t->variant, both[i]);
        assert_true(t->best > 0 && t->best <= t->lower && t->lower <= t->median && t->median <= t->upper);
        assert_int_equal(t->samples, 5);
        assert_true(t->replays > 0 && (t->replays & (t->replays - 1)) == 0);
        assert_true(t->count.flops == 2.0 * 17 * 33 * 65);
        assert_true(t->count.bytes >= 4.0 * (17 * 65 + 65 * 33 + 17 * 33) && t->count.launches >= 1);
    }
}

/* The slower of arithmetic and memory, and the launches. */
static void floor_on_paper(void **state)
{
    const locl_peak peak = {.flops = 100, .bytes = 10, .launch = 0.5};
    (void)state;
    assert_float_equal(locl_peak_floor(&peak, 1000, 20, 2), 10 + 1, 1e-9);
    assert_float_equal(locl_peak_floor(&peak, 100, 20, 1), 2 + 0.5, 1e-9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_are_in_order),
        cmocka_unit_test(floor_on_paper),
    };
    return cmocka_run_group_tests(tests, NULL, locl_check_close);
}
