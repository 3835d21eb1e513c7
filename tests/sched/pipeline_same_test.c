/* However stages are spread and delayed, parameters and optimiser state after 100 steps are byte for byte
 * those of the same stages run one after another on the same devices. */
#include "support/opencl_layer.h"
#include "support/step_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { STEPS = 100 };

static const unsigned placements[][4] = {
    {0, 0, 1, 1},
    {0, 1, 0, 1},
    {1, 0, 0, 1},
    {1, 0, 0, 0},
};

/* Changes what is at its default. */
typedef void (*changer)(step_run *run);

static void open_run(step_run *run, locl_devices *devices, const unsigned *where, changer change)
{
    step_run_begin(run, devices);
    if (where) {
        step_run_place(run, where);
    }
    if (change) {
        change(run);
    }
    step_run_open(run);
}

/* Pipelined in two pieces against in turn. */
static void compare(locl_devices *(*devices)(void), const unsigned *where, changer change, unsigned delay)
{
    step_run together, in_turn;
    open_run(&together, devices(), where, change);
    open_run(&in_turn, devices(), where, change);
    step_run_train(&in_turn, 0, STEPS, true);
    locl_layer_delay(delay, 7);
    step_run_train(&together, 0, 37, false);
    step_assert_differ(&together, &in_turn);
    step_run_train(&together, 37, STEPS, false);
    locl_layer_delay(0, 0);
    step_assert_same(&together, &in_turn);
    step_run_close(&together);
    step_run_close(&in_turn);
}

static void one_device(void **state)
{
    (void)state;
    compare(step_whole, NULL, NULL, 0);
}

static void need_halves(void)
{
    locl_devices *halves = step_halves();
    if (!halves) {
        skip();
    }
    assert_int_equal(halves->contexts, 1);
    locl_devices_close(halves);
}

static void two_halves_in_any_placement(void **state)
{
    (void)state;
    need_halves();
    for (size_t i = 0; i < sizeof placements / sizeof *placements; i++) {
        compare(step_halves, placements[i], NULL, 0);
    }
}

static void two_halves_dealt_out(void **state)
{
    (void)state;
    need_halves();
    compare(step_halves, NULL, NULL, 0);
}

/* Each OpenCL call waits 0 to 100 us first, at random. */
static void two_halves_with_delays(void **state)
{
    (void)state;
    need_halves();
    compare(step_halves, placements[0], NULL, 100);
    compare(step_halves, placements[1], NULL, 100);
}

static void exact_rademacher_adam(step_run *run)
{
    run->rule.noise = LOCL_NOISE_RADEMACHER;
    run->rule.exact_last = true;
    run->rule.passes = 2;
    run->optim.kind = LOCL_OPTIMIZER_ADAM;
    run->optim.lr = 0.002;
}

static void exact_gradients_lars(step_run *run)
{
    run->rule.kind = LOCL_RULE_LG_BP;
    run->optim.kind = LOCL_OPTIMIZER_LARS;
    run->optim.lr = 1;
}

/* Mirrors are part of what is compared. */
static void mirrors(step_run *run)
{
    run->rule.exact_last = true;
    run->rule.group_feedback = run->rule.channel_feedback = LOCL_GUESS_MIRROR;
}

static void other_rules_and_optimisers(void **state)
{
    (void)state;
    need_halves();
    compare(step_halves, placements[1], exact_rademacher_adam, 0);
    compare(step_halves, placements[0], exact_gradients_lars, 0);
    compare(step_halves, placements[1], mirrors, 0);
}

/* Running statistics are part of what is compared. */
static void batch_norm(step_run *run)
{
    run->model.options.norm = LOCL_NORM_BATCH;
}

static void batch_norm_passes(step_run *run)
{
    batch_norm(run);
    run->rule.kind = LOCL_RULE_LG_FG_W;
    run->rule.passes = 2;
}

static void sample_norm(step_run *run)
{
    run->model.options.norm = LOCL_NORM_SAMPLE;
    run->rule.kind = LOCL_RULE_NP_A;
}

static void other_norms(void **state)
{
    (void)state;
    need_halves();
    compare(step_halves, placements[0], batch_norm, 0);
    compare(step_halves, placements[1], batch_norm_passes, 0);
    compare(step_halves, placements[1], sample_norm, 0);
}

/* Stages that differ in shape: what they hand on is smaller and wider. */
static void shapes_that_change(step_run *run)
{
    locl_error err = {0};
    locl_model_options o = run->model.options;
    o.patches = 4;
    o.token_mixer = LOCL_TOKEN_MIXER_CONV;
    o.pool = LOCL_POOL_MAX;
    o.downsample = (locl_block_list){.values = {2, 1, 2, 1}, .count = 4};
    o.channel_ratio = (locl_block_list){.values = {1, 2, 1, 1}, .count = 4};
    o.group_ratio = (locl_block_list){.values = {2, 1, 1, 1}, .count = 4};
    assert_int_equal(locl_model_open(&o, &run->model, &err), LOCL_OK);
}

static void stages_of_different_shapes(void **state)
{
    (void)state;
    need_halves();
    compare(step_halves, placements[1], shapes_that_change, 0);
    compare(step_halves, placements[0], shapes_that_change, 100);
}

/* Not local between blocks: one stage of all blocks. */
static void not_local(step_run *run)
{
    run->rule.loss_block = false;
}

static void one_stage_of_all_blocks(void **state)
{
    (void)state;
    compare(step_whole, NULL, not_local, 0);
}

int main(int argc, char **argv)
{
    locl_layer_require(argc, argv);
    alarm(200); /* a pipeline that hangs is a failure */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_device),
        cmocka_unit_test(two_halves_in_any_placement),
        cmocka_unit_test(two_halves_dealt_out),
        cmocka_unit_test(two_halves_with_delays),
        cmocka_unit_test(other_rules_and_optimisers),
        cmocka_unit_test(other_norms),
        cmocka_unit_test(stages_of_different_shapes),
        cmocka_unit_test(one_stage_of_all_blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
