/* The statistics of locl audit on made-up draws, whose bias and variance are known: estimates are right on
 * average over many audits, and scatter by the standard errors that they give. */
#include "study/audit_tally.h"
#include "base/philox.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <stdlib.h>

#include <cmocka.h>

enum { VALUES = 24, DRAWS = 20, AUDITS = 600 };

/* Two layers; the second one's draws have three times the deviation in its first value: no two directions of
 * the noise are alike. */
static locl_audit_range ranges[] = {{.name = "blocks.0.channel", .offset = 0, .count = 16},
                                    {.name = "blocks.0.group", .offset = 16, .count = VALUES - 16}};
static const locl_audit_layers layers = {ranges, 2, VALUES};
static const double deviation[VALUES] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                                         1, 1, 1, 1, 3, 1, 1, 1, 1, 1, 1, 1};

/* e is 2 everywhere; draws are e (1 + bias) + noise. */
static void audit(double bias, uint64_t seed, locl_audit_layer out[3])
{
    float exact[VALUES], gradient[VALUES];
    locl_audit_tally tally;
    locl_error err;
    for (size_t i = 0; i < VALUES; i++) {
        exact[i] = 2;
    }
    assert_int_equal(locl_audit_tally_open(&layers, exact, &tally, &err), LOCL_OK);
    for (uint32_t n = 0; n < DRAWS; n++) {
        locl_draw(LOCL_NOISE_GAUSSIAN, seed, n, 0, 0, VALUES, gradient);
        for (size_t i = 0; i < VALUES; i++) {
            gradient[i] = (float)(2 * (1 + bias) + deviation[i] * (double)gradient[i]);
        }
        assert_int_equal(locl_audit_tally_add(&tally, gradient, &err), LOCL_OK);
    }
    locl_audit_tally_result(&tally, LOCL_AUDIT_DRAWN, out);
    locl_audit_tally_close(&tally);
}

typedef struct scatter {
    double sum, square, error;
} scatter;

static void scatter_add(scatter *s, locl_measured m)
{
    s->sum += m.value;
    s->square += m.value * m.value;
    s->error += m.error * m.error;
}

/* The mean is right, and the errors given are what the values scatter by; that of a squared bias of 0 is on
 * the safe side. */
static void check(const scatter *s, double expected, const char *what)
{
    double mean = s->sum / AUDITS, deviated = sqrt(s->square / AUDITS - mean * mean);
    double given = sqrt(s->error / AUDITS);
    if (fabs(mean - expected) > 5 * deviated / sqrt(AUDITS)) {
        fail_msg("%s: %g on average, should be %g", what, mean, expected);
    }
    if (given < 0.8 * deviated || given > 1.4 * deviated) {
        fail_msg("%s: scatters by %g, its standard error says %g", what, deviated, given);
    }
}

static void check_bias(double bias)
{
    scatter square[3] = {{0}}, along[3] = {{0}}, variance[3] = {{0}}, error[3] = {{0}};
    const double noise[3] = {16, 9 + 7, 16 + 9 + 7}, norm[3] = {64, 32, 96};
    for (uint64_t seed = 0; seed < AUDITS; seed++) {
        locl_audit_layer out[3];
        audit(bias, seed, out);
        for (int i = 0; i < 3; i++) {
            scatter_add(&square[i], out[i].bias_square);
            scatter_add(&along[i], out[i].along);
            scatter_add(&variance[i], out[i].variance);
            scatter_add(&error[i], out[i].error);
        }
    }
    for (int i = 0; i < 3; i++) {
        check(&square[i], bias * bias, "squared bias");
        check(&along[i], 1 + bias, "along");
        check(&error[i], bias * bias + noise[i] / norm[i], "error");
        double mean = variance[i].sum / AUDITS;
        assert_true(fabs(mean - noise[i] / norm[i]) < 0.02 * mean);
    }
}

static void numbers_are_right_on_average(void **state)
{
    (void)state;
    check_bias(0);
    check_bias(0.1);
    check_bias(-1);
    check_bias(3);
}

static void one_look_is_enough_without_draws(void **state)
{
    (void)state;
    float exact[VALUES], gradient[VALUES];
    locl_audit_layer out[3];
    locl_audit_tally tally;
    for (size_t i = 0; i < VALUES; i++) {
        exact[i] = i < 16 ? 2 : 0;
        gradient[i] = i < 8 ? 3 : i < 16 ? -1 : 1;
    }
    assert_int_equal(locl_audit_tally_open(&layers, exact, &tally, NULL), LOCL_OK);
    assert_int_equal(locl_audit_tally_add(&tally, gradient, NULL), LOCL_OK);
    locl_audit_tally_result(&tally, LOCL_AUDIT_ALL_SAME, out);
    assert_string_equal(out[0].name, "blocks.0.channel");
    assert_string_equal(out[2].name, "all layers");
    assert_true(fabs(out[0].norm - 8) < 1e-12);
    assert_true(fabs(out[0].error.value - (8 * 1 + 8 * 9) / 64.0) < 1e-12);
    assert_true(fabs(out[0].bias_square.value - out[0].error.value) < 1e-12);
    assert_true(fabs(out[0].along.value - (8 * 6 - 8 * 2) / 64.0) < 1e-12);
    assert_true(fabs(out[0].cosine - 32 / sqrt(64.0 * 80)) < 1e-12);
    assert_true(fabs(out[0].mean_cosine - out[0].cosine) < 1e-12);
    assert_true(out[0].variance.value == 0 && out[0].error.error == 0);
    assert_true(out[1].norm == 0);
    assert_true(fabs(out[2].error.value - 88 / 64.0) < 1e-12);
    locl_audit_tally_close(&tally);
}

static void a_gradient_that_is_not_finite(void **state)
{
    (void)state;
    float exact[VALUES] = {1}, gradient[VALUES] = {0};
    locl_audit_tally tally;
    locl_error err;
    assert_int_equal(locl_audit_tally_open(&layers, exact, &tally, &err), LOCL_OK);
    gradient[VALUES - 1] = INFINITY;
    assert_int_equal(locl_audit_tally_add(&tally, gradient, &err), LOCL_E_NUMERIC);
    assert_non_null(strstr(err.message, "blocks.0.group"));
    locl_audit_tally_close(&tally);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_right_on_average),
        cmocka_unit_test(one_look_is_enough_without_draws),
        cmocka_unit_test(a_gradient_that_is_not_finite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
