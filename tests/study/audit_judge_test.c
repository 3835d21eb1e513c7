/* What the numbers of an estimator are taken to say, on numbers made by hand. */
#include "study/audit_judge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* A layer whose squared bias is `bias` of its standard errors (0.01) and whose scale is `along` of them
 * off 1. */
static locl_audit_layer layer_of(double bias, double along)
{
    return (locl_audit_layer){.norm = 2,
                              .bias_square = {.value = bias * 0.01, .error = 0.01},
                              .along = {.value = 1 + along * 0.01, .error = 0.01},
                              .variance = {.value = 8, .error = 0.1},
                              .error = {.value = 8, .error = 0.1}};
}

static void a_bias_is_told_from_chance_and_rounding(void **state)
{
    (void)state;
    locl_audit_layer rounded = layer_of(0, 0), zero = layer_of(9, 0);
    rounded.error.value = rounded.bias_square.value = 1e-9;
    rounded.bias_square.error = 0;
    zero.norm = 0;
    const struct {
        locl_audit_layer layer;
        uint64_t draws;
        bool exact, biased;
    } cases[] = {
        {layer_of(4.9, 4.9), 100, false, false}, /* chance */
        {layer_of(5.1, 0), 100, false, true},
        {layer_of(0, 5.1), 100, false, true},
        {layer_of(0, -5.1), 100, false, true},
        {layer_of(0, 0), 0, false, true}, /* no draws, no chance */
        {rounded, 100, true, false},
        {rounded, 0, true, false},
        {zero, 100, false, false}, /* nothing is known */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        locl_audit_layer layer = cases[i].layer;
        locl_audit_estimator e = {.draws = cases[i].draws, .layer = &layer, .layers = 1};
        locl_audit_judge(&e, &layer);
        if (layer.exact != cases[i].exact || layer.biased != cases[i].biased) {
            fail_msg("case %zu: exact %d, biased %d", i, layer.exact, layer.biased);
        }
    }
}

static void equal_cost_is_of_all_layers_as_one(void **state)
{
    (void)state;
    locl_audit_layer layer[2] = {layer_of(0, 0), layer_of(0, 0)};
    locl_audit_estimator e = {
        .draws = 100, .layer = layer, .layers = 2, .flops_ratio = 0.5, .seconds_ratio = 0.25};
    layer[0].variance.value = 1000; /* does not count */
    locl_audit_judge(&e, layer);
    assert_true(e.variance_at_equal_flops == 4 && e.variance_at_equal_seconds == 2);
    e.seconds_ratio = 0; /* lg-bp was not timed */
    locl_audit_judge(&e, layer);
    assert_true(e.variance_at_equal_flops == 4 && e.variance_at_equal_seconds < 0);
    e.draws = 0;
    locl_audit_judge(&e, layer);
    assert_true(e.variance_at_equal_flops < 0);
    e.draws = 100;
    layer[1].norm = 0;
    locl_audit_judge(&e, layer);
    assert_true(e.variance_at_equal_flops < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bias_is_told_from_chance_and_rounding),
        cmocka_unit_test(equal_cost_is_of_all_layers_as_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
