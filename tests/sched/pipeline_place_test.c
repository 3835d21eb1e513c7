/* Where a pipeline puts its stages: as its policy, what was measured and shares say. */
#include "support/step_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { STAGES = 4 };

static locl_devices *halves(void)
{
    locl_devices *devices = step_halves();
    if (!devices) {
        skip();
    }
    return devices;
}

/* Opens with what `run` says; the device of each stage. */
static void expect_devices(step_run *run, const size_t expected[STAGES])
{
    step_run_open(run);
    assert_int_equal(locl_pipeline_stages(run->pipeline), STAGES);
    for (size_t s = 0; s < STAGES; s++) {
        assert_int_equal(locl_pipeline_stage_info(run->pipeline, s).device, expected[s]);
    }
    step_run_close(run);
}

static void measured_seconds_are_taken(void **state)
{
    (void)state;
    const double last_is_slow[] = {1, 1, 1, 1, 1, 1, 9, 9}, first_is_slow[] = {9, 9, 1, 1, 1, 1, 1, 1};
    step_run run;
    step_run_begin(&run, halves());
    run.seconds = last_is_slow;
    expect_devices(&run, (const size_t[]){0, 0, 0, 1});
    step_run_begin(&run, halves());
    run.seconds = first_is_slow;
    expect_devices(&run, (const size_t[]){0, 1, 1, 1});
}

/* Two equal devices: as much on each as the blocks' shapes allow. */
static void without_any_they_are_estimated(void **state)
{
    (void)state;
    step_run run;
    step_run_begin(&run, halves());
    expect_devices(&run, (const size_t[]){0, 0, 1, 1});
}

static locl_status place_backwards(const locl_placement_problem *p, locl_placement *out, locl_error *err)
{
    (void)err;
    for (size_t s = 0; s < p->stages; s++) {
        locl_placement_put(out, s, s % 2 ? 0 : 1);
        assert_true(p->bytes[s] > 0 && p->seconds[s * p->devices] > 0);
    }
    assert_true(p->limits[0] > 0 && p->limits[1] > 0);
    return LOCL_OK;
}

static void another_policy_is_asked(void **state)
{
    (void)state;
    const locl_policy policy = {"backwards", "for this test", place_backwards};
    step_run run;
    step_run_begin(&run, halves());
    run.policy = &policy;
    expect_devices(&run, (const size_t[]){1, 0, 1, 0});
}

static locl_status place_shares(const locl_placement_problem *p, locl_placement *out, locl_error *err)
{
    (void)err;
    for (size_t s = 0; s < p->stages; s++) {
        locl_placement_put(out, s, 0);
    }
    out->share[2 * p->devices] = 0.25;
    out->share[2 * p->devices + 1] = 0.75;
    return LOCL_OK;
}

/* Stage 2 is two entries then, with the first of the rows on the first device. */
static void expect_shared(step_run *run)
{
    step_run_open(run);
    assert_int_equal(locl_pipeline_stages(run->pipeline), STAGES + 1);
    locl_stage_info first = locl_pipeline_stage_info(run->pipeline, 2);
    locl_stage_info second = locl_pipeline_stage_info(run->pipeline, 3);
    assert_int_equal(first.number, 2);
    assert_int_equal(second.number, 2);
    assert_int_equal(first.rows, STEP_RUN_BATCH / 4);
    assert_int_equal(second.first_row, STEP_RUN_BATCH / 4);
    assert_int_equal(second.rows, STEP_RUN_BATCH * 3 / 4);
    assert_int_equal(first.device, 0);
    assert_int_equal(second.device, 1);
    assert_true(first.optimizer_bytes > 0);
    assert_int_equal(second.optimizer_bytes, 0);
    step_run_close(run);
}

static void place_given(step_run *run)
{
    step_run_place(run, (const unsigned[]){0, 0, 0, 0});
    run->placement[2].devices[1] = 1;
    run->placement[2].device_count = 2;
    run->placement[2].shares[0] = 1;
    run->placement[2].shares[1] = 3;
    run->placement[2].share_count = 2;
}

static void shares_are_taken(void **state)
{
    (void)state;
    const locl_policy policy = {"shares", "for this test", place_shares};
    step_run run;
    step_run_begin(&run, halves());
    run.policy = &policy;
    expect_shared(&run);
    step_run_begin(&run, halves());
    place_given(&run);
    expect_shared(&run);
}

static void expect_refusal(step_run *run, const char *text)
{
    locl_error err;
    assert_int_equal(step_run_try_open(run, &err), LOCL_E_CONFIG);
    if (!strstr(err.message, text)) {
        fail_msg("%s", err.message);
    }
    assert_string_equal(err.key, "placement");
    assert_int_equal(err.stage, 2);
    step_run_close(run);
}

static void stages_that_cannot_be_shared_are_refused(void **state)
{
    (void)state;
    step_run run;
    step_run_begin(&run, halves());
    place_given(&run);
    run.model.options.norm = LOCL_NORM_BATCH;
    expect_refusal(&run, "model.norm: batch takes whole batches");
    step_run_begin(&run, halves());
    place_given(&run);
    run.slice = 1;
    expect_refusal(&run, "stage 2 is placed on 2 devices, but has 1 image");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(measured_seconds_are_taken),
        cmocka_unit_test(without_any_they_are_estimated),
        cmocka_unit_test(another_policy_is_asked),
        cmocka_unit_test(shares_are_taken),
        cmocka_unit_test(stages_that_cannot_be_shared_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
