/* Which devices count as equally fast, and what they then are taken to need. */
#include "sched/alike.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MOST = 6 };

/* What a stage takes of which a whole step takes `whole`; every other figure differs from it, and from the others. */
static locl_placement_cost cost_of(double whole)
{
    return (locl_placement_cost){.whole = whole,
                                 .part = whole / 4,
                                 .rows = whole / 2,
                                 .update = whole / 8,
                                 .exchange = whole / 16,
                                 .carry = whole / 32};
}

static void assert_near(double value, double expected)
{
    assert_true(fabs(value - expected) <= 1e-12 * expected);
}

/* Compares with what the stage takes where a whole step takes `whole`, and copies what they take at `copies`. */
static void assert_cost(const locl_placement_cost *c, double whole, double copies)
{
    locl_placement_cost expected = cost_of(whole), own = cost_of(copies);
    assert_near(c->whole, expected.whole);
    assert_near(c->part, expected.part);
    assert_near(c->rows, expected.rows);
    assert_near(c->update, expected.update);
    assert_true(c->exchange == own.exchange);
    assert_true(c->carry == own.carry);
}

/* Pools devices that have one stage. */
static void expect(const double *seconds, size_t devices, const double *expected)
{
    locl_placement_cost cost[MOST];
    for (size_t d = 0; d < devices; d++) {
        cost[d] = cost_of(seconds[d]);
    }
    locl_pool_alike(1, devices, cost);
    for (size_t d = 0; d < devices; d++) {
        assert_cost(&cost[d], expected[d], seconds[d]);
    }
}

static void within_a_tenth(void **state)
{
    (void)state;
    expect((const double[]){100}, 1, (const double[]){100});
    expect((const double[]){100, 109}, 2, (const double[]){104.5, 104.5});
    expect((const double[]){109, 100}, 2, (const double[]){104.5, 104.5});
    expect((const double[]){100, 111}, 2, (const double[]){100, 111});
    expect((const double[]){111, 100}, 2, (const double[]){111, 100});
}

/* The fastest of a group decides: a row of devices that each are a bit slower than the one before are not all alike. */
static void groups(void **state)
{
    (void)state;
    expect((const double[]){118, 109, 100}, 3, (const double[]){118, 104.5, 104.5});
    expect((const double[]){300, 100, 306, 104}, 4, (const double[]){303, 102, 303, 102});
    expect((const double[]){100, 100, 100, 50, 400}, 5, (const double[]){100, 100, 100, 50, 400});
}

/* All stages together decide, and each gets its own mean. */
static void several_stages(void **state)
{
    (void)state;
    locl_placement_cost near[2 * 2] = {cost_of(10), cost_of(20), cost_of(200), cost_of(192)};
    locl_pool_alike(2, 2, near); /* 210 and 212, though one takes twice as long for the first */
    assert_cost(&near[0], 15, 10);
    assert_cost(&near[1], 15, 20);
    assert_cost(&near[2], 196, 200);
    assert_cost(&near[3], 196, 192);
    locl_placement_cost far[2 * 2] = {cost_of(10), cost_of(10), cost_of(20), cost_of(30)};
    locl_pool_alike(2, 2, far); /* 30 and 40, though they are alike in the first */
    assert_cost(&far[0], 10, 10);
    assert_cost(&far[2], 20, 20);
    assert_cost(&far[3], 30, 30);
}

/* A stage that cannot be shared stays so. */
static void not_to_be_shared(void **state)
{
    (void)state;
    locl_placement_cost cost[2] = {{.whole = 10, .part = INFINITY}, {.whole = 10.5, .part = INFINITY}};
    locl_pool_alike(1, 2, cost);
    for (size_t d = 0; d < 2; d++) {
        assert_near(cost[d].whole, 10.25);
        assert_true(isinf(cost[d].part));
        assert_true(cost[d].rows == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(within_a_tenth),
        cmocka_unit_test(groups),
        cmocka_unit_test(several_stages),
        cmocka_unit_test(not_to_be_shared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
