/* Every kernel variant that a preset, a rule or an option records is in the tables of src/kernels (recording
 * fails otherwise), none is there that these do not record, and cases of the table of operations (src/check)
 * hold each against its reference. */
#include "check/recording.h"
#include "check/shape.h"
#include "gemm/solver.h"
#include "sched/stage.h"
#include "support/variants.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CPU_CAPS(l)                                                                                          \
    {                                                                                                        \
        .cpu = true, .whole_blocks = true, .wide_chunks = true, .units = 2, .lanes = (l),                    \
        .largest_buffer = UINT64_C(1) << 50, .local_memory = 1 << 18, .alignment = 64, .work_group = 1024    \
    }
static locl_device cpu = {.caps = CPU_CAPS(16)}, narrow_cpu = {.caps = CPU_CAPS(8)},
                   gpu = {.caps = {.units = 8,
                                   .largest_buffer = UINT64_C(1) << 50,
                                   .local_memory = 1 << 15,
                                   .alignment = 64,
                                   .work_group = 256}};
static locl_device *const kinds[] = {&cpu, &narrow_cpu, &gpu};
static variants_seen by_rules, by_cases;
static size_t batch = 2; /* of what is recorded */
static bool halves;      /* only what GPUs store as halves is recorded */

static void check_ok(locl_status status, const locl_error *err)
{
    if (status != LOCL_OK) {
        fail_msg("%s: %s", err->where, err->message);
    }
}

/* One step of all stages and their evaluation, on all kinds of device. */
static void record(const locl_model *model, const locl_rule_options *rule, locl_optimizer optimizer,
                   locl_engine engine, const locl_tensor *(*given)[LOCL_LAYERS])
{
    static size_t first[LOCL_MODEL_MAX_BLOCKS], last[LOCL_MODEL_MAX_BLOCKS];
    locl_optim_options optim = locl_optim_options_default();
    size_t stages = locl_stage_cut(model, rule, first, last);
    bool whole = locl_model_needs_batch(&model->options); /* else batches in slices */
    optim.kind = optimizer;
    for (size_t d = 0; d < sizeof kinds / sizeof kinds[0]; d++) {
        bool stores = halves && kinds[d] == &gpu && locl_rule_stores_halves(rule, model);
        locl_error err = {0};
        locl_arena *workspace = NULL;
        if (halves && !stores) {
            continue; /* the same as without */
        }
        check_ok(locl_arena_create("workspace", &kinds[d]->caps, &workspace, &err), &err);
        for (size_t i = 0; i < stages; i++) {
            locl_stage stage;
            locl_stage_options options = {.model = model,
                                          .rule = rule,
                                          .optim = &optim,
                                          .train = true,
                                          .products = {.engine = engine},
                                          .batch = whole ? batch : 2 * batch,
                                          .slice = batch,
                                          .first = first[i],
                                          .last = last[i],
                                          .classifier = last[i] == model->blocks,
                                          .half_input = stores && i > 0,
                                          .half_output = stores && i + 1 < stages,
                                          .halves = stores,
                                          .running = true,
                                          .given = given};
            check_ok(locl_stage_open(&options, kinds[d], workspace, &stage, &err), &err);
            variants_note(&by_rules, stage.gradient_commands);
            variants_note(&by_rules, stage.update_commands);
            variants_note(&by_rules, stage.evaluation_commands);
            if (stage.begin_commands) {
                variants_note(&by_rules, stage.begin_commands);
            }
            locl_stage_close(&stage);
        }
        locl_arena_release(workspace);
    }
}

static locl_model_options small_options(void)
{
    locl_model_options o = locl_model_options_default();
    o.image[0] = o.image[1] = 16;
    o.image[2] = 3;
    o.classes = 4;
    o.blocks = 3;
    o.patches = 4;
    o.channels = 32;
    o.groups = 4;
    return o;
}

static void open_model(const locl_model_options *o, locl_model *model)
{
    locl_error err = {0};
    check_ok(locl_model_open(o, model, &err), &err);
}

/* The options of a rule, one by one; false past the last one. */
static bool change(locl_rule_options *o, size_t index)
{
    switch (index) {
    case 0:
        return true;
    case 1:
        o->passes = 3;
        return true;
    case 2:
        o->norm_grad = false;
        return true;
    case 3:
        o->exact_last = true;
        return true;
    case 4:
        o->channel_tangents = 8;
        return true;
    case 5:
        o->exact_last = true;
        o->channel_tangents = 8;
        return true;
    case 6:
        o->loss_block = false;
        return true;
    case 7:
        o->loss_patch = false;
        return true;
    case 8:
        o->loss_group = false;
        return true;
    case 9:
        o->channel_tangents = 8;
        o->norm_grad = false;
        return true;
    case 10:
        o->exact_last = true;
        o->loss_block = false;
        return true;
    case 11:
        o->exact_last = true;
        o->group_feedback = LOCL_GUESS_MIRROR;
        return true;
    case 12:
        o->exact_last = true;
        o->group_feedback = o->channel_feedback = LOCL_GUESS_MIRROR;
        o->passes = 2;
        return true;
    case 13:
        o->exact_last = true;
        o->norm_grad = false;
        o->group_feedback = o->channel_feedback = LOCL_GUESS_MIRROR;
        return true;
    case 14:
        o->channel_tangents = 300; /* more than a work-item keeps near it */
        return true;
    case 15:
        o->exact_last = true;
        o->group_feedback = o->channel_feedback = LOCL_GUESS_MIRROR;
        return true;
    default:
        return false;
    }
}

/* Whether the rule may be given these options, for such a model. */
static bool takes(const locl_rule *rule, const locl_rule_options *o, const locl_model *model)
{
    if (o->group_feedback && model->options.norm != LOCL_NORM_LAYER) {
        return false;
    }
    for (locl_rule_option i = 0; i < LOCL_RULE_OPTION_COUNT; i++) {
        if (locl_rule_option_changed(o, i) && !(rule->options & 1u << i)) {
            return false;
        }
    }
    return true;
}

/* Draws that are given, of any size. */
static const locl_tensor *(*given_draws(void))[LOCL_LAYERS]
{
    static locl_tensor any = {.name = "given", .bytes = SIZE_MAX / 2, .external = -1};
    static const locl_tensor *draws[LOCL_MODEL_MAX_BLOCKS][LOCL_LAYERS];
    for (size_t k = 0; k < LOCL_MODEL_MAX_BLOCKS; k++) {
        for (int layer = 0; layer < LOCL_LAYERS; layer++) {
            draws[k][layer] = &any;
        }
    }
    return draws;
}

static void record_rules(const locl_model *model)
{
    for (locl_rule_kind kind = 0; kind < LOCL_RULES; kind++) {
        locl_rule_options o = locl_rule_options_default();
        for (size_t i = 0; o = locl_rule_options_default(), change(&o, i); i++) {
            for (int noise = 0; noise < 3; noise++) {
                o.kind = kind;
                o.noise = noise == 1 ? LOCL_NOISE_RADEMACHER : LOCL_NOISE_GAUSSIAN;
                if (takes(locl_rule_of(kind), &o, model)) {
                    record(model, &o, LOCL_OPTIMIZER_SGD, LOCL_ENGINE_NATIVE,
                           noise == 2 ? given_draws() : NULL);
                }
            }
        }
    }
}

/* Norms and none, both token mixers, blocks that are pooled and widened. */
static void rules_and_options(void **state)
{
    static locl_model model;
    (void)state;
    for (int norm = 0; norm < 4; norm++) {
        for (int mixer = 0; mixer < 2; mixer++) {
            locl_model_options o = small_options();
            o.post_linear_ln = norm < 3;
            o.norm = norm < 3 ? (locl_norm)norm : LOCL_NORM_LAYER;
            o.token_mixer = (locl_token_mixer)mixer;
            o.begin_ln = o.head_ln = o.middle_ln = norm != 1;
            o.pool = mixer ? LOCL_POOL_MAX : LOCL_POOL_AVERAGE;
            if (norm == 3) {
                o.middle_ln = !mixer; /* LN behind no product, and not before the group layer either */
            }
            if (norm % 2) {
                o.downsample = (locl_block_list){{2, 1, 2}, 3};
                o.channel_ratio = (locl_block_list){{1, 2, 1}, 3};
                o.group_ratio = (locl_block_list){{1, 2, 1}, 3};
            }
            open_model(&o, &model);
            record_rules(&model);
        }
    }
}

/* What GPUs store as halves: with all norms, with none, and sums that are cut. */
static void stored_as_halves(void **state)
{
    static locl_model model;
    (void)state;
    halves = true;
    for (int wide = 0; wide < 2; wide++) {
        for (int norm = 0; norm < 2; norm++) {
            for (int odd = 0; odd < 2; odd++) {
                locl_model_options o = small_options();
                o.post_linear_ln = norm;
                o.begin_ln = o.head_ln = o.middle_ln = norm;
                if (wide) {
                    o.hidden = 1 << 16;
                    o.groups = 1;
                }
                if (odd) {
                    o.channels = 33;
                    o.groups = 1;
                    o.hidden = wide ? (1 << 16) + 1 : 33;
                }
                open_model(&o, &model);
                record_rules(&model);
            }
        }
    }
    halves = false;
}

/* Blocks that CPUs do in one pass. */
static void whole_blocks(void **state)
{
    static locl_model model;
    locl_model_options o = small_options();
    (void)state;
    o.channels = 64;
    open_model(&o, &model);
    batch = 64;
    record_rules(&model);
    batch = 2;
}

/* A group too wide for local memory. */
static void wide_groups(void **state)
{
    static locl_model model;
    (void)state;
    for (int norm = 0; norm < 2; norm++) {
        locl_model_options o = small_options();
        o.hidden = 1 << 16;
        o.groups = 1;
        o.post_linear_ln = norm;
        open_model(&o, &model);
        record_rules(&model);
    }
}

/* Two views of two images. */
static void contrast(void **state)
{
    static locl_model model;
    locl_model_options o = small_options();
    (void)state;
    o.task = (locl_task_options){.kind = LOCL_TASK_CONTRAST, .temperature = 0.5, .projection = 8};
    open_model(&o, &model);
    batch = 4;
    record_rules(&model);
    batch = 2;
}

static void presets_optimisers_and_engines(void **state)
{
    static locl_model model;
    (void)state;
    for (const locl_model_preset *preset = locl_model_presets; preset->name; preset++) {
        locl_model_options o = locl_model_options_default();
        snprintf(o.preset, sizeof o.preset, "%s", preset->name);
        o.image[0] = o.image[1] = 32;
        o.image[2] = 3;
        o.classes = 10;
        open_model(&o, &model);
        for (locl_rule_kind kind = 0; kind < LOCL_RULES; kind++) {
            locl_rule_options rule = locl_rule_options_default();
            rule.kind = kind;
            record(&model, &rule, (locl_optimizer)(kind % 4), LOCL_ENGINE_NATIVE, NULL);
        }
        o.begin_ln = false; /* the input goes into a product as it is */
        open_model(&o, &model);
        for (locl_rule_kind kind = 0; kind < LOCL_RULES; kind++) {
            locl_rule_options rule = locl_rule_options_default();
            rule.kind = kind;
            record(&model, &rule, LOCL_OPTIMIZER_SGD, LOCL_ENGINE_CLBLAST, NULL);
        }
    }
}

static void record_case(const locl_op *op, const char *shape, locl_device *device,
                        const locl_op_variant *variant)
{
    locl_error err = {0};
    locl_op_recording recording;
    check_ok(locl_op_recording_open(op, shape, device, variant, &recording, &err), &err);
    variants_note(&by_cases, recording.cmd);
    locl_op_recording_close(&recording);
}

static void cases_of_the_table(void **state)
{
    static const locl_op_variant variants[] = {
        {.engine = LOCL_ENGINE_NATIVE},
        {.engine = LOCL_ENGINE_CLBLAST},
        {.engine = LOCL_ENGINE_NATIVE, .kernel = LOCL_GEMM_PACKED},
        {.engine = LOCL_ENGINE_NATIVE, .kernel = LOCL_GEMM_LOCAL},
    };
    char shape[LOCL_OP_SHAPE_TEXT];
    (void)state;
    for (size_t i = 0; locl_ops[i]; i++) {
        for (size_t s = 0; locl_op_shape_at(locl_ops[i], s, shape); s++) {
            for (size_t d = 0; d < sizeof kinds / sizeof kinds[0]; d++) {
                for (const locl_op_variant *v = variants; v < variants + 4; v++) {
                    record_case(locl_ops[i], shape, kinds[d], v);
                }
            }
        }
    }
}

static void the_table_runs_every_variant(void **state)
{
    locl_text names = {0};
    (void)state;
    size_t count = variants_missing(&by_cases, &names);
    if (count) {
        fputs(names.data, stderr);
        fail_msg("no case of the table runs these %zu of %zu variants", count, variants_all());
    }
    locl_text_free(&names);
}

/* But a product of two transposed matrices, which locl_gemm() allows, what only a measured choice or a device with
 * small work-groups takes, what passes between devices in half precision, and what kernel_check measures peaks with. */
static void none_is_there_for_nobody(void **state)
{
    static const char others[] = "gemm_local: TA=0 TB=0 HALF_A=0 HALF_B=0 HALF_C=0\n"
                                 "gemm_local: TA=0 TB=1 HALF_A=0 HALF_B=0 HALF_C=0\n"
                                 "gemm_local: TA=1 TB=0 HALF_A=0 HALF_B=0 HALF_C=0\n"
                                 "gemm_local: TA=1 TB=1 HALF_A=0 HALF_B=0 HALF_C=0\n"
                                 "gemm_local: TA=0 TB=0 HALF_A=1 HALF_B=0 HALF_C=0\n"
                                 "gemm_local: TA=0 TB=0 HALF_A=1 HALF_B=0 HALF_C=1\n"
                                 "gemm_local: TA=0 TB=0 HALF_A=0 HALF_B=0 HALF_C=1\n"
                                 "gemm_local: TA=1 TB=0 HALF_A=0 HALF_B=1 HALF_C=1\n"
                                 "gemm_local: TA=1 TB=0 HALF_A=1 HALF_B=0 HALF_C=0\n"
                                 "gemm_local: TA=0 TB=1 HALF_A=1 HALF_B=0 HALF_C=0\n"
                                 "gemm_packed: TA=0 TB=0\ngemm_packed: TA=0 TB=1\n"
                                 "gemm_packed: TA=1 TB=1\n"
                                 "gemm_tiles: TA=1 TB=1 HALF_A=0 HALF_B=0 HALF_C=0 VECTORS=0\n"
                                 "gemm_tiles: TA=1 TB=1 HALF_A=0 HALF_B=0 HALF_C=0 VECTORS=1\n"
                                 "half_load: \nhalf_store: \npeak_fma: \n";
    locl_text names = {0};
    (void)state;
    variants_missing(&by_rules, &names);
    if (names.data && strcmp(names.data, others) != 0) {
        fputs(names.data, stderr); /* which an assertion cuts short */
    }
    assert_string_equal(names.data ? names.data : "", others);
    locl_text_free(&names);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_and_options),
        cmocka_unit_test(whole_blocks),
        cmocka_unit_test(wide_groups),
        cmocka_unit_test(stored_as_halves),
        cmocka_unit_test(contrast),
        cmocka_unit_test(presets_optimisers_and_engines),
        cmocka_unit_test(cases_of_the_table),
        cmocka_unit_test(the_table_runs_every_variant),
        cmocka_unit_test(none_is_there_for_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
