/* locl_probe() against a whole step in double precision, on odd shapes and with every switch; and that
 * reference against finite differences. */
#include "base/philox.h"
#include "support/step_case.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Of a probe: norm of the difference over norm of the expected (SPEC 11's checks). */
#define TOLERANCE 2e-4

typedef struct shape {
    const char *model;
    size_t batch;
} shape;

/* Odd numbers, but groups of at least 8 channels: LN over fewer is so ill-conditioned after ReLU (one channel
 * left of a row) that the same loops lose more than TOLERANCE in float. The last one is of round numbers. */
static const shape shapes[] = {
    {"image: [3, 3, 1], classes: 2, blocks: 1, patches: 1, channels: 11, groups: 1", 1},
    {"image: [6, 4, 1], classes: 3, blocks: 2, patches: 2, channels: 18, groups: 2, hidden: 26", 3},
    {"image: [9, 9, 1], classes: 10, blocks: 3, patches: 3, channels: 55, groups: 5, hidden: 45", 5},
    {"image: [15, 5, 2], classes: 11, blocks: 2, patches: 5, channels: 117, groups: 13, hidden: 130", 7},
    {"image: [8, 4, 3], classes: 7, blocks: 4, patches: 4, channels: 17, groups: 1", 2},
    {"image: [8, 8, 1], classes: 5, blocks: 2, patches: 2, channels: 96, groups: 3, hidden: 192", 13},
};

static const char *const switches[] = {
    "begin_ln: true",
    "begin_ln: false",
    "middle_ln: false",
    "post_linear_ln: false",
    "head_ln: false",
    "classifier_ln: false",
    "begin_ln: false, middle_ln: false, post_linear_ln: false, head_ln: false, classifier_ln: false",
    "norm: batch",
    "norm: sample",
    "norm: batch, begin_ln: false, middle_ln: false",
    "norm: sample, begin_ln: false, middle_ln: false, head_ln: false",
};

static const char *const rules[] = {
    "name: lg-bp",
    "name: l-bp",
    "name: lg-fg-a",
    "name: lg-fg-a, noise: rademacher, passes: 3",
    "name: lg-fg-a, exact_last: true",
    "name: lg-fg-a, norm_grad: false",
    "name: lg-fg-a, norm_grad: false, exact_last: true, noise: rademacher",
    "name: lg-fg-a, losses: {patch: false}",
    "name: lg-fg-a, losses: {group: false}, passes: 2",
    "name: lg-fg-a, losses: {patch: false, group: false}, exact_last: true, passes: 2",
    "name: lg-fg-a, losses: {block: false}",
    "name: lg-fg-a, losses: {block: false, patch: false}, exact_last: true, passes: 2",
    "name: lg-fg-a, losses: {block: false, patch: false, group: false}, noise: rademacher",
    "name: lg-fg-a, norm_grad: false, exact_last: true, losses: {block: false}",
};

enum {
    SHAPES = sizeof shapes / sizeof *shapes,
    SWITCHES = sizeof switches / sizeof *switches,
    RULES = sizeof rules / sizeof *rules
};

static const char *write_yaml(char yaml[1024], const shape *s, const char *switched, const char *rule)
{
    snprintf(yaml, 1024, "model: {%s, %s}\nrule: {%s}\n", s->model, switched, rule);
    return yaml;
}

static void open_case(step_case *c, const shape *s, const char *switched, const char *rule, uint64_t seed)
{
    char yaml[1024];
    step_case_seed(c, write_yaml(yaml, s, switched, rule), s->batch, seed);
}

static void check_case(const shape *s, const char *switched, const char *rule, uint64_t seed, bool given)
{
    char yaml[1024];
    step_check(write_yaml(yaml, s, switched, rule), s->batch, seed, given, TOLERANCE);
}

/* Every shape with every rule, the switches in turn; draws given and drawn. */
static void every_rule_on_every_shape(void **state)
{
    (void)state;
    for (size_t s = 0; s < SHAPES; s++) {
        for (size_t r = 0; r < (s + 1 < SHAPES ? RULES : 4); r++) {
            check_case(&shapes[s], switches[0], rules[r], 10 * s + r, (s + r) % 2);
        }
    }
}

/* Draws are given: those that kernels make need no more variants of these. */
static void every_rule_with_every_switch(void **state)
{
    (void)state;
    for (size_t w = 1; w < SWITCHES; w++) {
        for (size_t r = 0; r < RULES; r++) {
            check_case(&shapes[1 + (w + r) % 3], switches[w], rules[r], 300 + 10 * w + r, true);
        }
    }
}

/* Tangents of the channel layer's own, with fewer rows than channels of a group and with all. */
static const char *const tangents[] = {
    "name: lg-fg-a, tangents: {channel: 5}, passes: 2",
    "name: lg-fg-a, tangents: {channel: 16}, exact_last: true, norm_grad: false",
    "name: lg-fg-a, tangents: {channel: 3}, exact_last: true, losses: {patch: false}, passes: 2",
    "name: lg-fg-a, tangents: {channel: 2}, losses: {group: false}, noise: rademacher",
};

static void the_channel_layers_own_tangents(void **state)
{
    (void)state;
    enum { KINDS = sizeof tangents / sizeof *tangents };
    for (size_t r = 0; r < KINDS; r++) {
        for (size_t s = 0; s < SHAPES; s++) {
            check_case(&shapes[s], switches[0], tangents[r], 1400 + 10 * s + r, (s + r) % 2);
        }
        for (size_t w = 1; w < SWITCHES; w++) {
            check_case(&shapes[1 + (w + r) % 3], switches[w], tangents[r], 1500 + 10 * w + r, (w + r) % 2);
        }
    }
}

/* Guesses that come back through mirrors, which are unlike the weights. */
static const char *const mirrors[] = {
    "name: lg-fg-a, exact_last: true, feedback: {group: mirror, channel: mirror}",
    "name: lg-fg-a, exact_last: true, feedback: {group: mirror}, passes: 2",
    "name: lg-fg-a, exact_last: true, feedback: {group: mirror, channel: mirror}, noise: rademacher, passes: "
    "3",
    "name: lg-fg-a, exact_last: true, feedback: {group: mirror, channel: mirror}, norm_grad: false",
};
enum { MIRRORS = sizeof mirrors / sizeof *mirrors, LN_SWITCHES = 7 /* the first ones: LN or no norm */ };

static void guesses_through_mirrors(void **state)
{
    (void)state;
    for (size_t r = 0; r < MIRRORS; r++) {
        for (size_t s = 0; s < SHAPES; s++) {
            check_case(&shapes[s], switches[0], mirrors[r], 1600 + 10 * s + r, (s + r) % 2);
        }
        for (size_t w = 1; w < LN_SWITCHES; w++) {
            check_case(&shapes[1 + (w + r) % 3], switches[w], mirrors[r], 1700 + 10 * w + r, true);
        }
    }
}

/* Takes lg-bp's gradients as what should come out, and makes each mirror its weight. */
static void check_mirrored(const shape *s, const char *switched, uint64_t seed)
{
    step_case c, exact;
    locl_arrays out = {0};
    step_set expected = {0};
    open_case(&c, s, switched, mirrors[0], seed);
    open_case(&exact, s, switched, "name: lg-bp", seed);
    for (size_t i = 0; i < c.params.count; i++) {
        const locl_param *p = &c.params.param[i];
        if (p->role == LOCL_PARAM_MIRROR) {
            size_t weight = locl_params_find(&c.params, p->block, p->owner, LOCL_WEIGHT);
            memcpy(locl_arrays_find(&c.in, p->name)->data,
                   locl_arrays_find(&c.in, c.params.param[weight].name)->data, p->count * sizeof(float));
        }
    }
    step_probe(&c, &out);
    step_expect(&exact, NULL, &expected);
    for (size_t i = 0; i < out.count; i++) { /* derivatives are those of the draws */
        const locl_array *jvp = out.array[i];
        if (strncmp(jvp->name, "jvp.", 4) == 0) {
            double *v = step_set_add(&expected, jvp->count, "%s", jvp->name);
            for (size_t j = 0; j < jvp->count; j++) {
                v[j] = (double)((const float *)jvp->data)[j];
            }
        }
    }
    step_assert_near(&expected, &out, TOLERANCE);
    step_set_free(&expected);
    locl_arrays_free(&out);
    step_case_close(&c);
    step_case_close(&exact);
}

/* Blocks that differ in shape: groups of at least 8 channels, odd sides, strides beyond a window's. */
#define GROWING "image: [10, 15, 1], classes: 3, blocks: 3, patches: 5, channels: 16, hidden: 24, groups: 2"
static const char *const changing[] = {
    GROWING ", channel_ratio: [2, 1, 3], group_ratio: [1, 2, 1]",
    GROWING ", downsample: [2, 1, 2]",
    GROWING ", downsample: [1, 4, 3], pool: max",
    GROWING ", token_mixer: conv",
    GROWING ", token_mixer: conv, kernel: 5, begin_ln: false, post_linear_ln: false",
    GROWING
    ", token_mixer: conv, downsample: [2, 2, 2], pool: max, channel_ratio: [2, 2, 1], group_ratio: [2, 1, 1]",
    "image: [6, 6, 2], classes: 5, blocks: 2, patches: 6, channels: 17, groups: 1, downsample: [3, 2], "
    "channel_ratio: "
    "[3, 1]",
};

static const char *const rules_of_all_kinds[] = {
    "name: bp",
    "name: l-bp",
    "name: lg-bp",
    "name: fa",
    "name: dfa",
    "name: lg-fg-a, passes: 2",
    "name: lg-fg-a, exact_last: true, losses: {patch: false}",
    "name: lg-fg-a, losses: {block: false}, passes: 2",
    "name: lg-fg-a, tangents: {channel: 7}, exact_last: true",
    "name: lg-fg-a, exact_last: true, feedback: {group: mirror, channel: mirror}",
};

static void mirrors_of_the_weights_are_exact(void **state)
{
    (void)state;
    for (size_t s = 0; s < SHAPES; s++) {
        check_mirrored(&shapes[s], switches[0], 1800 + s);
    }
    for (size_t w = 1; w < LN_SWITCHES; w++) {
        check_mirrored(&shapes[2], switches[w], 1810 + w);
    }
    for (size_t m = 0; m < sizeof changing / sizeof *changing; m++) {
        check_mirrored(&(shape){changing[m], 3}, "head_ln: true", 1820 + m);
    }
}

static void shapes_change_between_blocks(void **state)
{
    (void)state;
    enum {
        MODELS = sizeof changing / sizeof *changing,
        KINDS = sizeof rules_of_all_kinds / sizeof *rules_of_all_kinds
    };
    for (size_t m = 0; m < MODELS; m++) {
        for (size_t r = 0; r < KINDS; r++) {
            shape s = {changing[m], 3};
            check_case(&s, "head_ln: true", rules_of_all_kinds[r], 500 + 10 * m + r, r % 2);
        }
    }
}

/* The draws that a probe writes are those of SPEC 4, at step 0. */
static void draws_come_from_the_seed(void **state)
{
    (void)state;
    for (int noise = 0; noise < 2; noise++) {
        step_case c;
        locl_arrays out = {0};
        open_case(&c, &shapes[2], "begin_ln: true",
                  noise ? "name: lg-fg-a, noise: rademacher, passes: 2" : "name: lg-fg-a, passes: 2", 77);
        step_probe(&c, &out);
        const locl_array *u = locl_arrays_find(&out, "noise.1.blocks.2.channel");
        assert_non_null(u);
        float *expected = malloc(u->count * sizeof *expected);
        locl_draw((locl_noise)noise, 77, 0, locl_draw_tag(LOCL_STREAM_NOISE, 1, 2, 1), 0, u->count, expected);
        assert_memory_equal(u->data, expected, u->count * sizeof *expected);
        free(expected);
        locl_arrays_free(&out);
        step_case_close(&c);
    }
}

/* The reference itself. */

typedef struct reference {
    step_case c;
    step_sizes sizes;
    step_rule rule;
    step_set in;
    const int *labels;
} reference;

static void open_reference(reference *r, const shape *s, const char *switched, const char *rule)
{
    open_case(&r->c, s, switched, rule, 5);
    step_case_add_draws(&r->c, 9);
    r->sizes = step_sizes_of(&r->c);
    r->rule = step_rule_of(&r->c);
    r->in = (step_set){0};
    step_set_of(&r->c.in, NULL, &r->in);
    r->labels = locl_arrays_find(&r->c.in, "labels")->data;
}

static void close_reference(reference *r)
{
    step_set_free(&r->in);
    step_case_close(&r->c);
}

static double loss_of(const reference *r, const char *name)
{
    step_set out = {0};
    step_reference(&r->sizes, &r->rule, &r->in, r->labels, &out);
    double loss = *step_set_get(&out, "%s", name);
    step_set_free(&out);
    return loss;
}

/* (L(w + e v) - L(w - e v)) / 2e along a random v, against the gradient along v. */
static void check_along(reference *r, const step_set *out, const locl_param *p, const char *loss,
                        uint64_t seed)
{
    const double epsilon = 1e-7;
    double *w = step_set_get(&r->in, "%s", p->name), *kept = malloc(p->count * sizeof *kept);
    const double *gradient = step_set_get(out, "grad.%s", p->name);
    float *v = malloc(p->count * sizeof *v);
    double exact = 0, size = 0, ends[2];
    step_random(v, p->count, 1, seed);
    memcpy(kept, w, p->count * sizeof *kept);
    for (size_t i = 0; i < p->count; i++) {
        exact += gradient[i] * (double)v[i];
        size += gradient[i] * gradient[i] * (double)v[i] * (double)v[i];
    }
    for (int side = 0; side < 2; side++) {
        for (size_t i = 0; i < p->count; i++) {
            w[i] = kept[i] + (side ? -epsilon : epsilon) * (double)v[i];
        }
        ends[side] = loss_of(r, loss);
    }
    memcpy(w, kept, p->count * sizeof *kept);
    double finite = (ends[0] - ends[1]) / (2 * epsilon);
    if (fabs(finite - exact) > 1e-6 * sqrt(size) + 1e-7) {
        fail_msg("%s: %.12g by finite differences, %.12g", p->name, finite, exact);
    }
    free(v);
    free(kept);
}

static void check_gradients(const shape *s, const char *switched, bool local)
{
    reference r;
    step_set out = {0};
    open_reference(&r, s, switched, "name: lg-bp");
    r.rule.loss_block = local;
    step_reference(&r.sizes, &r.rule, &r.in, r.labels, &out);
    for (size_t i = 0; i < r.c.params.count; i++) {
        const locl_param *p = &r.c.params.param[i];
        bool layer = p->owner < LOCL_OWNER_HEAD;
        char loss[32];
        snprintf(loss, sizeof loss, "loss.blocks.%zu", layer && !local ? r.sizes.blocks - 1 : p->block);
        check_along(&r, &out, p, p->owner == LOCL_OWNER_CLASSIFIER ? "loss" : loss, 3 + i);
    }
    step_set_free(&out);
    close_reference(&r);
}

static void reference_gradients_are_finite_differences(void **state)
{
    (void)state;
    for (size_t w = 0; w < SWITCHES; w++) {
        check_gradients(&shapes[1], switches[w], true);
        check_gradients(&shapes[1], switches[w], false);
    }
    check_gradients(&shapes[2], switches[0], true);
    check_gradients(&shapes[2], switches[0], false);
}

static size_t losses_of(const reference *r)
{
    const step_block *b = &r->sizes.block[0];
    return r->sizes.batch * b->side * b->side * b->groups;
}

/* The derivatives of block k's losses along one tangent, -1: the base. */
static void check_tangent(const reference *r, const char *rule, size_t k, size_t pass, int tangent,
                          const double *jvp)
{
    const double epsilon = 1e-6;
    size_t count = losses_of(r);
    double *plus = malloc(count * sizeof *plus), *minus = malloc(count * sizeof *minus);
    step_reference_moved(&r->sizes, &r->rule, &r->in, r->labels, k, pass, tangent, epsilon, plus);
    step_reference_moved(&r->sizes, &r->rule, &r->in, r->labels, k, pass, tangent, -epsilon, minus);
    for (size_t i = 0; i < count; i++) {
        double finite = (plus[i] - minus[i]) / (2 * epsilon);
        if (fabs(finite - jvp[i]) > 1e-6 * (1 + fabs(jvp[i]))) {
            fail_msg("%s, block %zu, pass %zu, tangent %d, [%zu]: %.12g by finite differences, %.12g", rule,
                     k, pass, tangent, i, finite, jvp[i]);
        }
    }
    free(plus);
    free(minus);
}

static void check_derivatives(const char *switched, const char *rule)
{
    reference r;
    step_set out = {0};
    open_reference(&r, &shapes[1], switched, rule);
    step_reference(&r.sizes, &r.rule, &r.in, r.labels, &out);
    size_t count = losses_of(&r);
    for (size_t m = 0; m < r.rule.passes; m++) {
        for (size_t k = r.rule.loss_block ? 0 : r.sizes.blocks - 1; k < r.sizes.blocks; k++) {
            check_tangent(&r, rule, k, m, -1, step_set_get(&out, "jvp.%zu.blocks.%zu", m, k));
            for (size_t t = 0; t < r.rule.channel_tangents && r.rule.channel_tangents > 1; t++) {
                const double *jvp = step_set_get(&out, "jvp.%zu.blocks.%zu.channel", m, k);
                check_tangent(&r, rule, k, m, (int)t, jvp + t * count);
            }
        }
    }
    step_set_free(&out);
    close_reference(&r);
}

static void reference_derivatives_are_finite_differences(void **state)
{
    (void)state;
    for (size_t w = 0; w < SWITCHES; w++) {
        check_derivatives(switches[w], "name: lg-fg-a, passes: 2");
        check_derivatives(switches[w], "name: lg-fg-a, exact_last: true");
        check_derivatives(switches[w], "name: lg-fg-a, tangents: {channel: 3}");
        check_derivatives(switches[w], "name: lg-fg-a, tangents: {channel: 3}, exact_last: true");
        check_derivatives(switches[w], "name: lg-fg-a, losses: {block: false}");
        check_derivatives(switches[w], "name: lg-fg-a, losses: {block: false}, exact_last: true");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reference_gradients_are_finite_differences),
        cmocka_unit_test(reference_derivatives_are_finite_differences),
        cmocka_unit_test(every_rule_on_every_shape),
        cmocka_unit_test(every_rule_with_every_switch),
        cmocka_unit_test(the_channel_layers_own_tangents),
        cmocka_unit_test(guesses_through_mirrors),
        cmocka_unit_test(mirrors_of_the_weights_are_exact),
        cmocka_unit_test(shapes_change_between_blocks),
        cmocka_unit_test(draws_come_from_the_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
