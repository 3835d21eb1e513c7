/* Learning rates on paper cases. */
#include "optim/schedule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>

static locl_optim_options options_of(locl_schedule schedule)
{
    locl_optim_options options = locl_optim_options_default();
    options.schedule = schedule;
    options.lr = 0.2;
    return options;
}

#define assert_rate(options, step, expected)                                                                 \
    assert_true(fabs(locl_schedule_rate(&(options), (step), 10, 10) - (expected)) < 1e-12)

static void constant(void **state)
{
    (void)state;
    locl_optim_options o = options_of(LOCL_SCHEDULE_CONSTANT);
    assert_rate(o, 0, 0.2);
    assert_rate(o, 99, 0.2);
    assert_rate(o, 1000, 0.2);
}

static void linear_to_zero(void **state)
{
    (void)state;
    locl_optim_options o = options_of(LOCL_SCHEDULE_LINEAR);
    assert_rate(o, 0, 0.2);
    assert_rate(o, 25, 0.15);
    assert_rate(o, 99, 0.002);
    assert_rate(o, 100, 0.0);
    assert_rate(o, 101, 0.0);
}

static void warmup_then_cosine(void **state)
{
    (void)state;
    locl_optim_options o = options_of(LOCL_SCHEDULE_WARMUP_COSINE);
    assert_rate(o, 0, 0.2);
    assert_rate(o, 50, 0.1);
    assert_rate(o, 25, 0.1 * (1.0 + sqrt(0.5)));
    assert_rate(o, 100, 0.0);
    o.warmup_epochs = 2.0;
    assert_rate(o, 0, 0.0);
    assert_rate(o, 5, 0.05);
    assert_rate(o, 20, 0.2);
    assert_rate(o, 60, 0.1);
    assert_rate(o, 100, 0.0);
    o.warmup_epochs = 0.25; /* two and a half steps */
    assert_rate(o, 1, 0.08);
    assert_rate(o, 2, 0.16);
    o.warmup_epochs = 10.0; /* never ends */
    assert_rate(o, 99, 0.198);
    assert_rate(o, 100, 0.0);
    o.warmup_epochs = 20.0;
    assert_rate(o, 99, 0.099);
}

static void staircase(void **state)
{
    (void)state;
    locl_optim_options o = options_of(LOCL_SCHEDULE_STAIRCASE);
    assert_rate(o, 0, 0.2);
    assert_rate(o, 49, 0.2);
    assert_rate(o, 50, 0.02);
    assert_rate(o, 79, 0.02);
    assert_rate(o, 80, 0.002);
    assert_rate(o, 100, 0.002);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(constant),
        cmocka_unit_test(linear_to_zero),
        cmocka_unit_test(warmup_then_cosine),
        cmocka_unit_test(staircase),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
