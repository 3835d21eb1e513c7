/* When the next snapshot in memory is due: every so many steps, or so that they cost little. */
#include "run/snapshot.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void every_so_many_steps(void **state)
{
    (void)state;
    locl_snapshot s = {.state = {.step = 10}};
    assert_false(locl_snapshot_due(&s, 5, 10, 1e9));
    assert_false(locl_snapshot_due(&s, 5, 14, 1e9));
    assert_true(locl_snapshot_due(&s, 5, 15, 0));
}

/* One that takes 0.5 s, with the filling of the pipeline, is followed by a minute without any, at least. */
static void as_seldom_as_they_are_dear(void **state)
{
    (void)state;
    locl_snapshot s = {.state = {.step = 10}, .begun = 100, .next = 110};
    locl_snapshot_stepped(&s, 100.5, LOCL_STEP_USUAL);
    locl_snapshot_stepped(&s, 140, LOCL_STEP_USUAL);
    assert_false(locl_snapshot_due(&s, 0, 11, 150));
    assert_true(locl_snapshot_due(&s, 0, 11, 170));
    assert_false(locl_snapshot_due(&s, 0, 10, 170));
}

/* A first step, in which kernels are built, says nothing about snapshots. */
static void not_as_seldom_as_kernels_are_dear(void **state)
{
    (void)state;
    locl_snapshot s = {.begun = 100, .next = 110};
    locl_snapshot_stepped(&s, 160, LOCL_STEP_BUILDS);
    locl_snapshot_stepped(&s, 161, LOCL_STEP_USUAL);
    assert_true(locl_snapshot_due(&s, 0, 2, 161));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_so_many_steps),
        cmocka_unit_test(as_seldom_as_they_are_dear),
        cmocka_unit_test(not_as_seldom_as_kernels_are_dear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
