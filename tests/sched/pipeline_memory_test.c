/* What a pipeline plans to need: refused before work starts where the device has less, with the slices or the
 * batch that would fit; and not growing with depth, nor with one copy per loss. */
#include "sched/stage.h"
#include "support/step_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static locl_devices *whole_or_halves(bool halves)
{
    locl_devices *devices = halves ? step_halves() : step_whole();
    if (!devices) {
        skip();
    }
    return devices;
}

/* A device, or two halves of it, of so much memory, for batches of which so many images are computed at once (0:
 * all). */
typedef struct setup {
    bool halves, norm_batch;
    cl_ulong memory, largest;
    size_t batch, slice;
} setup;

static locl_status open_with(setup s, locl_error *err)
{
    step_run run;
    const unsigned where[4] = {0, 0, 1, 1};
    step_run_begin(&run, whole_or_halves(s.halves));
    if (s.halves) {
        step_run_place(&run, where);
    }
    run.batch = s.batch;
    run.slice = s.slice;
    run.model.options.norm = s.norm_batch ? LOCL_NORM_BATCH : LOCL_NORM_LAYER;
    for (size_t i = 0; i < run.devices->count; i++) {
        run.devices->device[i]->caps.memory = s.memory;
        run.devices->device[i]->caps.largest_buffer = s.largest;
    }
    locl_status status = step_run_try_open(&run, err);
    step_run_close(&run);
    return status;
}

/* The error names the need and what computes less at once; returns that. */
static size_t refused(setup s, const char *text, const char *remedy)
{
    locl_error err = {0};
    size_t fits = 0;
    assert_int_equal(open_with(s, &err), LOCL_E_TOO_LARGE);
    if (!strstr(err.message, text) || !strstr(err.message, "GiB") || !strstr(err.where, "device 0")) {
        fail_msg("%s: %s", err.where, err.message);
    }
    if (sscanf(err.remedy, remedy, &fits) != 1) {
        fail_msg("%s", err.remedy);
    }
    assert_in_range(fits, 1, s.batch - 1);
    return fits;
}

/* The slices that it names open, larger ones do not; a norm over the batch leaves none, and the batch is named. */
static void check_remedy(bool halves, cl_ulong memory, cl_ulong largest, const char *text)
{
    locl_error err = {0};
    setup s = {.halves = halves, .memory = memory, .largest = largest, .batch = 4096};
    s.slice = refused(s, text, "data.microbatch: %zu,");
    assert_int_equal(s.batch % s.slice, 0);
    assert_int_equal(open_with(s, &err), LOCL_OK);
    s.slice *= 2;
    assert_int_equal(open_with(s, &err), LOCL_E_TOO_LARGE);
    s.slice = 0;
    s.norm_batch = true;
    s.batch = refused(s, text, "a data.batch of %zu");
    assert_int_equal(open_with(s, &err), LOCL_OK);
    s.batch++;
    assert_int_equal(open_with(s, &err), LOCL_E_TOO_LARGE);
}

static void too_little_memory(void **state)
{
    (void)state;
    check_remedy(false, 3000000, 1 << 30, "data.batch 4096 needs");
}

static void a_buffer_that_is_too_large(void **state)
{
    (void)state;
    check_remedy(false, 1 << 30, 300000, "needs a buffer of");
}

/* Two halves share the memory of their device; the need that is named is that of both. */
static void halves_share_memory(void **state)
{
    (void)state;
    locl_error err = {0};
    double needs = 0, has = 0;
    check_remedy(true, 3000000, 1 << 30, "data.batch 4096 needs");
    for (setup s = {true, false, 4 << 20, 1 << 30, 512, 0}; open_with(s, &err) != LOCL_OK;
         s.memory += s.memory / 4) {
        assert_int_equal(
            sscanf(err.message, "data.batch 512 needs %lf GiB of memory, the device has %lf", &needs, &has),
            2);
        assert_true(needs >= has);
    }
}

static void not_even_one_image(void **state)
{
    (void)state;
    locl_error err = {0};
    setup s = {.memory = 50000, .largest = 1 << 30, .batch = 16};
    assert_int_equal(open_with(s, &err), LOCL_E_TOO_LARGE);
    assert_non_null(strstr(err.remedy, "even a data.batch of 1 does not fit"));
}

typedef struct size {
    unsigned blocks, patches, channels, groups, classes;
} size;

/* Of the stages of a device, planned only. */
static double workspace(size s, locl_rule_kind rule, bool exact_last)
{
    step_run run;
    locl_error err = {0};
    locl_arena *arena;
    locl_stage stage;
    size_t first[16], last[16];
    step_run_begin(&run, whole_or_halves(false));
    locl_model_options o = run.model.options;
    o.blocks = s.blocks;
    o.patches = s.patches;
    o.channels = o.hidden = s.channels;
    o.groups = s.groups;
    o.classes = s.classes;
    run.rule.kind = rule;
    run.rule.exact_last = exact_last;
    assert_int_equal(locl_model_open(&o, &run.model, &err), LOCL_OK);
    locl_device *device = run.devices->device[0];
    assert_int_equal(locl_arena_create("workspace", &device->caps, &arena, &err), LOCL_OK);
    for (size_t i = 0, n = locl_stage_cut(&run.model, &run.rule, first, last); i < n; i++) {
        locl_stage_options options = {.model = &run.model,
                                      .rule = &run.rule,
                                      .optim = &run.optim,
                                      .train = true,
                                      .products = {.engine = run.engine},
                                      .batch = run.batch,
                                      .first = first[i],
                                      .last = last[i],
                                      .classifier = last[i] == s.blocks};
        assert_int_equal(locl_stage_open(&options, device, arena, &stage, &err), LOCL_OK);
        locl_stage_close(&stage);
    }
    double bytes = (double)locl_arena_bytes(arena);
    locl_arena_release(arena);
    step_run_close(&run);
    return bytes;
}

static void workspace_does_not_grow_with_depth(void **state)
{
    (void)state;
    static const locl_rule_kind apart[] = {LOCL_RULE_LG_FG_A, LOCL_RULE_LG_BP};
    for (size_t i = 0; i < 2; i++) {
        double two = workspace((size){2, 2, 24, 3, 5}, apart[i], false);
        double nine = workspace((size){9, 2, 24, 3, 5}, apart[i], false);
        assert_true(two > 0);
        assert_float_equal(nine, two, 0);
    }
}

static size_t passing(unsigned blocks)
{
    step_run run;
    locl_error err = {0};
    step_run_begin(&run, whole_or_halves(false));
    locl_model_options o = run.model.options;
    o.blocks = blocks;
    assert_int_equal(locl_model_open(&o, &run.model, &err), LOCL_OK);
    step_run_open(&run);
    size_t bytes = locl_pipeline_passing_bytes(run.pipeline, 0);
    step_run_close(&run);
    return bytes;
}

static void what_is_passed_on_does_not_grow_with_depth(void **state)
{
    (void)state;
    size_t two = passing(2);
    assert_true(two > 0);
    assert_int_equal(passing(3), 2 * two);
    assert_int_equal(passing(7), 2 * two);
}

/* A copy for each (p,g) of no more than the logits would add K values to every group, and P K to every token.
 */
static void workspace_does_not_grow_with_copies(void **state)
{
    (void)state;
    const double few_values = 16, classes = 100, token = STEP_RUN_BATCH * 16 * sizeof(float);
    for (int exact = 0; exact < 2; exact++) {
        double few = workspace((size){2, 4, 96, 2, 100}, LOCL_RULE_LG_FG_A, exact);
        double many = workspace((size){2, 4, 96, 48, 100}, LOCL_RULE_LG_FG_A, exact);
        assert_true(few_values < classes);
        assert_true((many - few) / (46 * token) < few_values);
        double small = workspace((size){2, 2, 96, 6, 100}, LOCL_RULE_LG_FG_A, exact);
        double large = workspace((size){2, 8, 96, 6, 100}, LOCL_RULE_LG_FG_A, exact);
        assert_true(large < 1.2 * 16 * small);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(too_little_memory),
        cmocka_unit_test(a_buffer_that_is_too_large),
        cmocka_unit_test(halves_share_memory),
        cmocka_unit_test(not_even_one_image),
        cmocka_unit_test(workspace_does_not_grow_with_depth),
        cmocka_unit_test(what_is_passed_on_does_not_grow_with_depth),
        cmocka_unit_test(workspace_does_not_grow_with_copies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
