/* How long devices work: more than nothing, not longer than the run, and nothing for one that has the stages alone. */
#include "support/step_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

enum { STEPS = 30 };

/* Trains stages placed as `where` says. Returns the seconds that each device worked, and that the run took. */
static void train(locl_devices *devices, const unsigned where[4], double busy[2], double *seconds)
{
    step_run run;
    double waited;
    step_run_begin(&run, devices);
    step_run_place(&run, where);
    step_run_open(&run);
    step_run_train(&run, 0, STEPS, false);
    locl_pipeline_idle(run.pipeline, &waited, seconds);
    busy[0] = locl_pipeline_busy(run.pipeline, 0);
    busy[1] = locl_pipeline_busy(run.pipeline, 1);
    step_run_close(&run);
}

static void several_devices_work(void **state)
{
    (void)state;
    const unsigned where[4] = {0, 1, 0, 1};
    double busy[2], seconds;
    locl_devices *halves = step_halves();
    if (!halves) {
        skip();
    }
    train(halves, where, busy, &seconds);
    for (int d = 0; d < 2; d++) {
        assert_true(busy[d] > 0);
        assert_true(busy[d] <= seconds);
    }
}

static void one_device_is_not_watched(void **state)
{
    (void)state;
    const unsigned where[4] = {0};
    double busy[2], seconds;
    train(step_whole(), where, busy, &seconds);
    assert_true(busy[0] == 0 && busy[1] == 0);
    assert_true(seconds > 0);
}

int main(void)
{
    alarm(120);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(several_devices_work),
        cmocka_unit_test(one_device_is_not_watched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
