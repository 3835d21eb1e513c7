/* Shapes, names, numbers and initial values of a model's parameters, and the errors of locl_model_open(). */
#include "model/params.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static locl_model open_model(const locl_model_options *o)
{
    locl_model model;
    locl_error err = {0};
    if (locl_model_open(o, &model, &err) != LOCL_OK) {
        fail_msg("%s", err.message);
    }
    return model;
}

static locl_model_options preset(const char *name, unsigned side, unsigned channels, unsigned classes)
{
    locl_model_options o = locl_model_options_default();
    snprintf(o.preset, sizeof o.preset, "%s", name);
    o.image[0] = o.image[1] = side;
    o.image[2] = channels;
    o.classes = classes;
    return o;
}

static size_t values_of(const locl_model *model)
{
    locl_params params;
    assert_int_equal(locl_params_layout(model, 0, model->blocks, LOCL_WITH_CLASSIFIER, (locl_params_kind){0},
                                        64, &params, NULL),
                     LOCL_OK);
    size_t values = locl_params_values(&params);
    locl_params_release(&params);
    return values;
}

/* SPEC 1's table. */
static void presets_have_their_size(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        unsigned side, channels, classes, blocks, patches, width, groups;
        size_t values;
    } table[] = {
        {"S/1/1", 28, 1, 10, 1, 1, 256, 1, 271892},
        {"M/1/16", 28, 1, 10, 1, 1, 512, 16, 429076},
        {"M/8/16", 32, 3, 10, 4, 64, 512, 16, 918770},
        {"L/8/64", 32, 3, 10, 4, 64, 2048, 64, 13074674},
        {"L/32/64", 224, 3, 1000, 4, 1024, 2048, 64, 26556296},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        locl_model_options o = preset(table[i].name, table[i].side, table[i].channels, table[i].classes);
        locl_model model = open_model(&o);
        assert_int_equal(model.blocks, table[i].blocks);
        assert_int_equal(model.block[0].patches, table[i].patches);
        assert_int_equal(model.block[0].width, table[i].width);
        assert_int_equal(model.block[0].hidden, table[i].width);
        assert_int_equal(model.block[0].groups, table[i].groups);
        assert_int_equal(values_of(&model), table[i].values);
    }
    assert_null(locl_model_presets[sizeof table / sizeof *table].name);
}

static void a_preset_s_numbers_can_be_set(void **state)
{
    (void)state;
    locl_model_options o = preset("M/8/16", 32, 3, 10);
    o.blocks = 2;
    o.hidden = 64;
    locl_model model = open_model(&o);
    assert_int_equal(model.blocks, 2);
    assert_int_equal(model.block[0].patches, 64);
    assert_int_equal(model.block[1].hidden, 64);
    assert_int_equal(model.block[1].width, 512);
}

static locl_model_options small(void)
{
    locl_model_options o = locl_model_options_default();
    o.image[0] = 6;
    o.image[1] = 9;
    o.image[2] = 2;
    o.classes = 7;
    o.blocks = 3;
    o.patches = 3;
    o.channels = 10;
    o.hidden = 20;
    o.groups = 5;
    return o;
}

/* SPEC 8, for P = 9, C = 12, D = 10, H = 20, G = 5, K = 7. */
static void names_and_shapes(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t rank, dim[3];
    } expected[] = {
        {"blocks.0.channel.weight", 2, {12, 20, 1}}, {"blocks.0.channel.bias", 1, {20, 1, 1}},
        {"blocks.0.group.weight", 3, {5, 4, 2}},     {"blocks.0.group.bias", 2, {5, 2, 1}},
        {"blocks.0.head.weight", 2, {10, 7, 1}},     {"blocks.0.head.bias", 1, {7, 1, 1}},
        {"blocks.1.token.weight", 2, {9, 9, 1}},     {"blocks.1.token.bias", 1, {9, 1, 1}},
        {"blocks.1.channel.weight", 2, {10, 20, 1}}, {"blocks.2.channel.bias", 1, {20, 1, 1}},
        {"classifier.weight", 2, {10, 7, 1}},        {"classifier.bias", 1, {7, 1, 1}},
    };
    locl_model_options o = small();
    locl_model model = open_model(&o);
    locl_params params;
    assert_int_equal(
        locl_params_layout(&model, 0, 3, LOCL_WITH_CLASSIFIER, (locl_params_kind){0}, 16, &params, NULL),
        LOCL_OK);
    assert_int_equal(params.count, 6 + 8 + 8 + 2);
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        const locl_param *p = NULL;
        for (size_t j = 0; j < params.count; j++) {
            p = strcmp(params.param[j].name, expected[i].name) == 0 ? &params.param[j] : p;
        }
        if (!p) {
            fail_msg("%s is missing", expected[i].name);
        }
        assert_int_equal(p->rank, expected[i].rank);
        assert_memory_equal(p->dim, expected[i].dim, sizeof p->dim);
        assert_int_equal(p->count, p->dim[0] * p->dim[1] * p->dim[2]);
    }
    locl_params_release(&params);
}

/* Weights, then biases; aligned, without overlap; found by what they belong to. */
static void one_contiguous_range(void **state)
{
    (void)state;
    locl_model_options o = small();
    locl_model model = open_model(&o);
    locl_params params;
    size_t end = 0;
    bool biases = false;
    assert_int_equal(
        locl_params_layout(&model, 1, 3, LOCL_WITHOUT_CLASSIFIER, (locl_params_kind){0}, 16, &params, NULL),
        LOCL_OK);
    for (size_t i = 0; i < params.count; i++) {
        const locl_param *p = &params.param[i];
        assert_int_equal(p->offset % 16, 0);
        assert_true(p->offset >= end && p->offset < end + 16);
        assert_true(p->weight ? !biases : true);
        biases = !p->weight;
        end = p->offset + p->count;
        assert_int_equal(locl_params_find(&params, p->block, p->owner, p->weight), i);
    }
    assert_true(params.floats >= end);
    assert_true(locl_params_find(&params, 0, LOCL_OWNER_HEAD, LOCL_WEIGHT) == SIZE_MAX);
    assert_true(locl_params_find(&params, 2, LOCL_OWNER_CLASSIFIER, LOCL_WEIGHT) == SIZE_MAX);
    locl_params_release(&params);
}

static double deviation_of(const float *v, size_t count)
{
    double mean = 0, square = 0;
    for (size_t i = 0; i < count; i++) {
        mean += (double)v[i] / (double)count;
        square += (double)v[i] * (double)v[i] / (double)count;
    }
    return sqrt(square - mean * mean);
}

/* 0.1, min(1/sqrt(fan_in), 0.1), min(2/sqrt(fan_in), 0.1); biases and classifier 0. */
static void initial_values(void **state)
{
    (void)state;
    locl_model_options o = preset("M/8/16", 32, 3, 10);
    locl_model model = open_model(&o);
    locl_params params;
    float *v = malloc(sizeof *v << 20);
    assert_int_equal(
        locl_params_layout(&model, 0, 2, LOCL_WITH_CLASSIFIER, (locl_params_kind){0}, 1, &params, NULL),
        LOCL_OK);
    for (int init = 0; init < 3; init++) {
        for (size_t i = 0; i < params.count; i++) {
            const locl_param *p = &params.param[i];
            double fan_in = p->owner == LOCL_OWNER_TOKEN     ? 64
                            : p->owner == LOCL_OWNER_CHANNEL ? (p->block ? 512 : 48)
                            : p->owner == LOCL_OWNER_GROUP   ? 32
                                                             : 512;
            double scale = init == LOCL_INIT_CONSTANT ? 0.1
                           : init == LOCL_INIT_LECUN  ? fmin(1 / sqrt(fan_in), 0.1)
                                                      : fmin(2 / sqrt(fan_in), 0.1);
            bool zero = !p->weight || p->owner == LOCL_OWNER_CLASSIFIER;
            locl_param_initialise(p, (locl_init)init, 5, v);
            double deviation = deviation_of(v, p->count);
            assert_true(fabs(locl_param_deviation(p, (locl_init)init) - (zero ? 0 : scale)) < 1e-12);
            assert_true(zero ? deviation <= 0 && v[0] * v[0] <= 0
                             : fabs(deviation / scale - 1) < 5 / sqrt(2 * (double)p->count));
        }
    }
    locl_params_release(&params);
    free(v);
}

/* A parameter's values depend on the seed and on what it is: not on the range that it is in. */
static void initial_values_of_any_range(void **state)
{
    (void)state;
    locl_model_options o = small();
    locl_model model = open_model(&o);
    locl_params all, part;
    float a[256], b[256], other[256];
    assert_int_equal(
        locl_params_layout(&model, 0, 3, LOCL_WITH_CLASSIFIER, (locl_params_kind){0}, 1, &all, NULL),
        LOCL_OK);
    assert_int_equal(
        locl_params_layout(&model, 2, 3, LOCL_WITH_CLASSIFIER, (locl_params_kind){0}, 64, &part, NULL),
        LOCL_OK);
    for (size_t i = 0; i < part.count; i++) {
        const locl_param *p = &part.param[i];
        const locl_param *same = &all.param[locl_params_find(&all, p->block, p->owner, p->weight)];
        assert_string_equal(p->name, same->name);
        locl_param_initialise(p, LOCL_INIT_LECUN, 9, a);
        locl_param_initialise(same, LOCL_INIT_LECUN, 9, b);
        assert_memory_equal(a, b, p->count * sizeof *a);
        if (locl_param_deviation(p, LOCL_INIT_LECUN) > 0) {
            locl_param_initialise(p, LOCL_INIT_LECUN, 10, other);
            assert_true(memcmp(a, other, p->count * sizeof *a) != 0);
        }
    }
    locl_param_initialise(&all.param[locl_params_find(&all, 1, LOCL_OWNER_GROUP, LOCL_WEIGHT)],
                          LOCL_INIT_LECUN, 9, a);
    locl_param_initialise(&all.param[locl_params_find(&all, 2, LOCL_OWNER_GROUP, LOCL_WEIGHT)],
                          LOCL_INIT_LECUN, 9, b);
    assert_true(memcmp(a, b, 40 * sizeof *a) != 0);
    locl_params_release(&all);
    locl_params_release(&part);
}

static void expect_error(const locl_model_options *o, const char *text)
{
    locl_model model;
    locl_error err = {0};
    assert_int_equal(locl_model_open(o, &model, &err), LOCL_E_CONFIG);
    if (!strstr(err.message, text)) {
        fail_msg("'%s' is not in: %s", text, err.message);
    }
}

static void options_that_contradict_each_other(void **state)
{
    (void)state;
    const locl_model_options good = small();
    locl_model_options o = good;
    o.image[1] = 0;
    expect_error(&o, "model.image");
    o = good;
    o.classes = 1;
    expect_error(&o, "model.classes: found 1");
    o = good;
    o.patches = 4;
    expect_error(&o, "model.patches: found 4 patches per side");
    o = good;
    o.channels = 12;
    expect_error(&o,
                 "model.groups: found 5 groups, which do not divide model.channels 12 and model.hidden 20");
    o = good;
    o.hidden = 21;
    expect_error(&o, "model.groups: found 5 groups");
    o = good;
    o.group_ratio = (locl_block_list){.values = {3, 1, 1}, .count = 3};
    expect_error(&o, "model.group_ratio: makes 15 groups in block 1, which do not divide its 10 channels and "
                     "20 hidden ones");
    o = good;
    o.downsample = (locl_block_list){.values = {2, 1}, .count = 2};
    expect_error(&o, "model.downsample: found a list of 2, should be 3 values");
    o = good;
    o.kernel = 4;
    expect_error(&o, "model.kernel: found 4");
    o = good;
    o.groups = 0;
    expect_error(&o, "model.groups is missing");
    o = good;
    o.blocks = LOCL_MODEL_MAX_BLOCKS + 1;
    expect_error(&o, "model.blocks: found 257");
    o = good;
    snprintf(o.preset, sizeof o.preset, "X/1/1");
    expect_error(&o, "model.preset: found 'X/1/1', should be one of S/1/1");
}

/* Without a normalisation after the linear layers it does not matter which. */
static void norms_need_their_place(void **state)
{
    (void)state;
    locl_model_options o = small();
    locl_params params;
    locl_model model;
    locl_error err;
    o.norm = LOCL_NORM_SAMPLE;
    o.post_linear_ln = false;
    assert_int_equal(locl_model_open(&o, &model, &err), LOCL_OK);
    assert_int_equal(model.options.norm, LOCL_NORM_LAYER);
    o.norm = LOCL_NORM_BATCH;
    o.post_linear_ln = true;
    assert_int_equal(locl_model_open(&o, &model, &err), LOCL_OK);
    assert_int_equal(locl_params_layout(&model, 0, 2, LOCL_WITH_CLASSIFIER,
                                        (locl_params_kind){.running = true}, 1, &params, NULL),
                     LOCL_OK);
    size_t none = locl_params_find_beside(&params, 0, LOCL_OWNER_TOKEN, LOCL_PARAM_MEAN);
    size_t mean = locl_params_find_beside(&params, 1, LOCL_OWNER_TOKEN, LOCL_PARAM_MEAN);
    size_t variance = locl_params_find_beside(&params, 1, LOCL_OWNER_CHANNEL, LOCL_PARAM_VARIANCE);
    assert_true(none == SIZE_MAX && mean >= params.trained && variance >= params.trained);
    const locl_param *m = &params.param[mean], *v = &params.param[variance];
    assert_string_equal(m->name, "blocks.1.token.running_mean");
    assert_string_equal(v->name, "blocks.1.channel.running_var");
    assert_true(v->rank == 2 && v->dim[0] == model.block[1].patches && v->dim[1] == model.block[1].hidden);
    float *values = calloc(m->count + v->count, sizeof *values);
    locl_param_initialise(m, LOCL_INIT_LECUN, 9, values);
    locl_param_initialise(v, LOCL_INIT_LECUN, 9, values + m->count);
    for (size_t i = 0; i < m->count + v->count; i++) {
        assert_true(values[i] == (i < m->count ? 0.0f : 1.0f));
    }
    free(values);
    locl_params_release(&params);
}

/* SPEC 1: strides and ratios work from the next block on; the last ratios have nothing after them. */
static void shapes_change_between_blocks(void **state)
{
    (void)state;
    locl_model_options o = small();
    o.image[0] = o.image[1] = 15;
    o.patches = 5;
    o.token_mixer = LOCL_TOKEN_MIXER_CONV;
    o.kernel = 3;
    o.downsample = (locl_block_list){.values = {2, 1, 4}, .count = 3};
    o.channel_ratio = (locl_block_list){.values = {2, 3, 7}, .count = 3};
    o.group_ratio = (locl_block_list){.values = {1, 2, 1}, .count = 3};
    locl_model m = open_model(&o);
    static const size_t side[] = {5, 3, 3}, in[] = {18, 10, 20}, width[] = {10, 20, 60},
                        hidden[] = {20, 40, 120}, groups[] = {5, 5, 10}, next[] = {3, 3, 1};
    for (size_t k = 0; k < 3; k++) {
        assert_int_equal(m.block[k].side, side[k]);
        assert_int_equal(m.block[k].patches, side[k] * side[k]);
        assert_int_equal(m.block[k].in, in[k]);
        assert_int_equal(m.block[k].width, width[k]);
        assert_int_equal(m.block[k].hidden, hidden[k]);
        assert_int_equal(m.block[k].groups, groups[k]);
        assert_int_equal(m.block[k].next_patches, next[k] * next[k]);
    }
    locl_params p;
    assert_int_equal(locl_params_layout(&m, 0, 3, LOCL_WITH_CLASSIFIER, (locl_params_kind){0}, 1, &p, NULL),
                     LOCL_OK);
    const locl_param *w = &p.param[locl_params_find(&p, 2, LOCL_OWNER_TOKEN, LOCL_WEIGHT)],
                     *b = &p.param[locl_params_find(&p, 2, LOCL_OWNER_TOKEN, LOCL_BIAS)];
    assert_int_equal(w->rank, 3);
    assert_int_equal(w->count, 3 * 3 * 20);
    assert_int_equal(b->count, 20);
    assert_true(locl_param_deviation(w, LOCL_INIT_LECUN) == 0.1);
    locl_params_release(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(presets_have_their_size),
        cmocka_unit_test(a_preset_s_numbers_can_be_set),
        cmocka_unit_test(names_and_shapes),
        cmocka_unit_test(one_contiguous_range),
        cmocka_unit_test(initial_values),
        cmocka_unit_test(initial_values_of_any_range),
        cmocka_unit_test(options_that_contradict_each_other),
        cmocka_unit_test(norms_need_their_place),
        cmocka_unit_test(shapes_change_between_blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
