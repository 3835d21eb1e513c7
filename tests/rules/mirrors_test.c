/* What mirrors of weights learn: a block's stage with all that it has in a run, whose weights stay as they are (the
 * rate is 0), shows them rows step by step. */
#include "sched/stage.h"
#include "support/step_case.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { BATCH = 2, BLOCK = 1, LOST = 1000 };
#define EXACT 2e-6 /* relative to the weight's norm: rounding */

typedef struct bench {
    step_case c;
    locl_optim_options optim;
    locl_queue queue;
    locl_arena *workspace, *io;
    locl_stage stage;
    const locl_tensor *x, *labels, *out;
} bench;

static void ok(locl_status status, const locl_error *err)
{
    if (status != LOCL_OK) {
        fail_msg("%s: %s", err->where, err->message);
    }
}

static void open_bench(bench *b, const char *model)
{
    char yaml[512];
    locl_error err = {0};
    locl_device *device = step_device();
    snprintf(yaml, sizeof yaml,
             "seed: 3\nmodel: {image: [4, 4, 1], classes: 3, blocks: 2, patches: 2, %s}\n"
             "rule: {name: lg-fg-a, exact_last: true, feedback: {group: mirror, channel: mirror}}\n",
             model);
    *b = (bench){.optim = locl_optim_options_default()};
    step_case_open(&b->c, yaml, BATCH, 5);
    locl_stage_options options = {.model = &b->c.model,
                                  .rule = &b->c.config->rule,
                                  .optim = &b->optim,
                                  .train = true,
                                  .seed = 3,
                                  .batch = BATCH,
                                  .first = BLOCK,
                                  .last = BLOCK + 1,
                                  .classifier = true};
    ok(locl_queue_create(device, LOCL_QUEUE_PLAIN, &b->queue, &err), &err);
    ok(locl_arena_create("workspace", &device->caps, &b->workspace, &err), &err);
    ok(locl_arena_create("tensors", &device->caps, &b->io, &err), &err);
    ok(locl_stage_open(&options, device, b->workspace, &b->stage, &err), &err);
    b->x = locl_arena_take(b->io, locl_stage_input_values(&b->stage) * sizeof(float), "x");
    b->out = locl_arena_take(b->io, locl_stage_output_values(&b->stage) * sizeof(float), "out");
    b->labels = locl_arena_take(b->io, BATCH * sizeof(int32_t), "labels");
    ok(locl_arena_bind(b->workspace, device, &err), &err);
    ok(locl_arena_bind(b->io, device, &err), &err);
    ok(locl_buffer_fill(&b->queue, b->x->mem, 0, b->x->bytes, &(float){0.5f}, sizeof(float), &err), &err);
    ok(locl_buffer_fill(&b->queue, b->labels->mem, 0, b->labels->bytes, &(int32_t){1}, sizeof(int32_t), &err),
       &err);
    ok(locl_stage_bind(&b->stage, &b->queue, &err), &err);
}

static void close_bench(bench *b)
{
    locl_stage_close(&b->stage);
    locl_arena_release(b->workspace);
    locl_arena_release(b->io);
    locl_queue_release(&b->queue);
    step_case_close(&b->c);
}

/* Gives the stage random weights and mirrors. */
static void load(bench *b)
{
    locl_error err = {0};
    ok(locl_stage_load(&b->stage, &b->queue, LOCL_STORED_PARAMETERS, &b->c.in, &err), &err);
}

static void run_steps(bench *b, uint64_t first, uint64_t end)
{
    locl_error err = {0};
    for (uint64_t step = first; step < end; step++) {
        ok(locl_stage_step(&b->stage, &b->queue, b->x, b->labels, b->out, step, 0, &err), &err);
    }
}

/* |M - W| / |W| of a layer. */
static double error_of(bench *b, locl_owner owner)
{
    locl_error err = {0};
    const locl_params *p = &b->stage.params;
    size_t weight = locl_params_find(p, BLOCK, owner, LOCL_WEIGHT),
           mirror = locl_params_find_beside(p, BLOCK, owner, LOCL_PARAM_MIRROR),
           count = p->param[weight].count;
    float *w = malloc(count * sizeof *w), *m = malloc(count * sizeof *m);
    double difference = 0, norm = 0;
    assert_int_equal(p->param[mirror].count, count);
    ok(locl_stage_read(&b->queue, b->stage.value[weight], count, w, &err), &err);
    ok(locl_stage_read(&b->queue, b->stage.value[mirror], count, m, &err), &err);
    for (size_t i = 0; i < count; i++) {
        difference += ((double)m[i] - (double)w[i]) * ((double)m[i] - (double)w[i]);
        norm += (double)w[i] * (double)w[i];
    }
    free(w);
    free(m);
    return sqrt(difference / norm);
}

/* Of the widths before group and channel layer: powers of two, others that few rows reach, others. */
static const struct {
    const char *model;
    unsigned group_sweep, channel_sweep; /* steps until the mirror is the weight; LOST: never quite */
} widths[] = {
    {"channels: 128, hidden: 64, groups: 2", 4, 2}, {"channels: 64, hidden: 16, groups: 4", 1, 1},
    {"channels: 48, hidden: 72, groups: 3", 1, 1},  {"channels: 96, hidden: 144, groups: 2", LOST, LOST},
    {"channels: 17, hidden: 1, groups: 1", 1, 1},
};

static void mirrors_begin_as_the_weights(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
        bench b;
        open_bench(&b, widths[i].model);
        assert_true(error_of(&b, LOCL_OWNER_GROUP) < EXACT);
        assert_true(error_of(&b, LOCL_OWNER_CHANNEL) < EXACT);
        load(&b);
        assert_true(error_of(&b, LOCL_OWNER_GROUP) > 0.1);
        ok(locl_stage_begin(&b.stage, &b.queue, &(locl_error){0}), &(locl_error){0});
        assert_true(error_of(&b, LOCL_OWNER_GROUP) < EXACT);
        assert_true(error_of(&b, LOCL_OWNER_CHANNEL) < EXACT);
        close_bench(&b);
    }
}

/* A sweep, and not one step less; the one after leaves what is right as it is. */
static void a_sweep_makes_the_mirror_the_weight(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
        const unsigned sweeps[] = {widths[i].group_sweep, widths[i].channel_sweep};
        const locl_owner owners[] = {LOCL_OWNER_GROUP, LOCL_OWNER_CHANNEL};
        for (int which = 0; which < 2 && sweeps[which] != LOST; which++) {
            bench b;
            open_bench(&b, widths[i].model);
            load(&b);
            run_steps(&b, 0, sweeps[which] - 1);
            assert_true(error_of(&b, owners[which]) > 0.1);
            run_steps(&b, sweeps[which] - 1, sweeps[which]);
            assert_true(error_of(&b, owners[which]) < EXACT);
            run_steps(&b, sweeps[which], 2 * sweeps[which] + 1);
            assert_true(error_of(&b, owners[which]) < EXACT);
            close_bench(&b);
        }
    }
}

static void other_widths_come_near(void **state)
{
    bench b;
    (void)state;
    open_bench(&b, widths[3].model);
    load(&b);
    run_steps(&b, 0, 16);
    assert_in_range((uintmax_t)(1e6 * error_of(&b, LOCL_OWNER_GROUP)), 100, 900000);
    assert_in_range((uintmax_t)(1e6 * error_of(&b, LOCL_OWNER_CHANNEL)), 1, 100000);
    run_steps(&b, 16, 400);
    assert_true(error_of(&b, LOCL_OWNER_GROUP) < 1e-5);
    assert_true(error_of(&b, LOCL_OWNER_CHANNEL) < EXACT);
    close_bench(&b);
}

static void expect_refused(bench *b, const char *said)
{
    locl_error err = {0};
    assert_int_equal(locl_stage_load(&b->stage, &b->queue, LOCL_STORED_PARAMETERS, &b->c.in, &err),
                     LOCL_E_CHECKPOINT);
    if (!strstr(err.message, said)) {
        fail_msg("'%s' is not in: %s", said, err.message);
    }
}

/* Of a checkpoint: missing, of another shape, not finite. */
static void mirrors_that_do_not_fit_are_named(void **state)
{
    bench b;
    (void)state;
    open_bench(&b, widths[1].model);
    locl_array *mirror = locl_arrays_find(&b.c.in, "blocks.1.channel.mirror"), kept = *mirror;
    ((float *)mirror->data)[5] = INFINITY;
    expect_refused(&b, "tensor blocks.1.channel.mirror: holds values that are NaN or infinite");
    ((float *)mirror->data)[5] = 0;
    mirror->dim[0]++;
    expect_refused(&b, "tensor blocks.1.channel.mirror: found F32 [65,16], should be F32 [64,16]");
    *mirror = kept;
    mirror->name[0] = 'B';
    expect_refused(&b, "tensor blocks.1.channel.mirror is missing");
    close_bench(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mirrors_begin_as_the_weights),
        cmocka_unit_test(a_sweep_makes_the_mirror_the_weight),
        cmocka_unit_test(other_widths_come_near),
        cmocka_unit_test(mirrors_that_do_not_fit_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
