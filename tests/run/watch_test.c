/* Steps that become slower for good are noticed, and nothing else is. */
#include "run/watch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

/* Counts steps of so many seconds from *now on. Returns how many of them went by until it was noticed, 0: it was
 * not. */
static size_t steps(locl_watch *watch, double *now, double seconds, size_t count)
{
    for (size_t i = 1; i <= count; i++) {
        *now += seconds;
        if (locl_watch_step(watch, *now)) {
            return i;
        }
    }
    return 0;
}

static void slower_for_good(void **state)
{
    (void)state;
    locl_watch watch = {0};
    double now = 100;
    assert_int_equal(steps(&watch, &now, 0.1, 500), 0);
    assert_in_range(steps(&watch, &now, 0.13, 500), 24, 50);
}

static void slower_for_a_while(void **state)
{
    (void)state;
    locl_watch watch = {0};
    double now = 100;
    for (int i = 0; i < 10; i++) {
        assert_int_equal(steps(&watch, &now, 0.1, 100), 0);
        assert_int_equal(steps(&watch, &now, 0.5, 9), 0);
        assert_int_equal(steps(&watch, &now, 0.1, 20), 0);
    }
    assert_int_equal(steps(&watch, &now, 0.11, 500), 0);
}

/* Pauses are no steps. */
static void pauses(void **state)
{
    (void)state;
    locl_watch watch = {0};
    double now = 100;
    for (int i = 0; i < 20; i++) {
        assert_int_equal(steps(&watch, &now, 0.1, 15), 0);
        locl_watch_pause(&watch);
        now += 60;
    }
    size_t noticed = 0;
    for (int i = 0; i < 20 && !noticed; i++) {
        noticed = steps(&watch, &now, 0.2, 5);
        locl_watch_pause(&watch);
        now += 60;
    }
    assert_true(noticed > 0);
}

/* After a reset the new time is usual, and nothing is noticed for a while. */
static void resets(void **state)
{
    (void)state;
    locl_watch watch = {0};
    double now = 100;
    assert_int_equal(steps(&watch, &now, 0.1, 100), 0);
    assert_true(steps(&watch, &now, 0.2, 500) > 0);
    locl_watch_reset(&watch, 0.2, now + 50);
    assert_int_equal(steps(&watch, &now, 0.2, 200), 0);
    locl_watch_reset(&watch, 0.1, now + 50);
    size_t noticed = steps(&watch, &now, 0.2, 500);
    assert_in_range(noticed, 250, 270);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slower_for_good),
        cmocka_unit_test(slower_for_a_while),
        cmocka_unit_test(pauses),
        cmocka_unit_test(resets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
