/* The rules of backpropagation and their relatives: what is equal among them bit for bit, what each block may
 * see, exact gradients against finite differences of the loss, and all of them against the reference. */
#include "rules/rule.h"
#include "study/probe.h"
#include "support/step_case.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { BATCH = 3, SEED = 21 };
#define TOLERANCE 2e-4 /* as in probe_reference_test.c */

#define SHAPE "image: [4, 4, 2], classes: 3, patches: 2, channels: 16, groups: 2, hidden: 24"
#define THREE SHAPE ", blocks: 3"
#define ONE SHAPE ", blocks: 1"
#define PLAIN                                                                                                \
    ", begin_ln: false, middle_ln: false, post_linear_ln: false, head_ln: false, classifier_ln: false"

static void open_case(step_case *c, const char *model, const char *rule)
{
    char yaml[512];
    snprintf(yaml, sizeof yaml, "seed: 3\nmodel: {%s}\nrule: {name: %s}\n", model, rule);
    step_case_open(c, yaml, BATCH, SEED);
}

/* What the weight is called that a feedback tensor stands for; the name itself of any other tensor. */
static void weight_name(const char *name, char weight[LOCL_ARRAY_NAME])
{
    const char *end = strstr(name, ".feedback");
    snprintf(weight, LOCL_ARRAY_NAME, "%.*s", (int)(end ? end - name : (long)strlen(name)), name);
}

/* Tensors of `to` get the values that `from` has under their names, and feedback those of its weight. */
static void copy_values(const step_case *from, step_case *to)
{
    for (size_t i = 0; i < to->in.count; i++) {
        char weight[LOCL_ARRAY_NAME];
        locl_array *array = to->in.array[i];
        weight_name(array->name, weight);
        const locl_array *same = locl_arrays_find(&from->in, weight);
        assert_non_null(same);
        assert_int_equal(same->count, array->count);
        memcpy(array->data, same->data, locl_array_bytes(same));
    }
}

static bool is_gradient(const char *name)
{
    return strncmp(name, "grad.", 5) == 0;
}

/* How many gradients whose names start with `prefix` both sets have, and how many of them differ. */
typedef struct comparison {
    size_t both, differ;
} comparison;

static comparison compare(const locl_arrays *a, const locl_arrays *b, const char *prefix)
{
    comparison c = {0};
    for (size_t i = 0; i < a->count; i++) {
        const locl_array *x = a->array[i], *y = locl_arrays_find(b, x->name);
        if (y && strncmp(x->name, prefix, strlen(prefix)) == 0) {
            c.both++;
            c.differ += memcmp(x->data, y->data, locl_array_bytes(x)) != 0;
        }
    }
    return c;
}

static size_t gradients_of(const locl_arrays *a)
{
    return compare(a, a, "grad.").both;
}

/* Feedback equal to the weights makes a rule its exact counterpart; other feedback does not. */
static void check_counterpart(const char *model, const char *exact, const char *feedback)
{
    step_case a, b;
    locl_arrays exact_out = {0}, equal = {0}, random = {0};
    open_case(&a, model, exact);
    open_case(&b, model, feedback);
    copy_values(&a, &b);
    step_probe(&a, &exact_out);
    step_probe(&b, &equal);
    comparison same = compare(&exact_out, &equal, "grad.");
    assert_int_equal(same.both, a.params.trained);
    assert_int_equal(same.differ, 0);

    /* the same weights again, with feedback of their own */
    for (size_t i = 0; i < b.in.count; i++) {
        if (strstr(b.in.array[i]->name, ".feedback")) {
            step_random(b.in.array[i]->data, b.in.array[i]->count, 0.3, 50 + i);
        }
    }
    step_probe(&b, &random);
    comparison other = compare(&exact_out, &random, "grad.blocks.0.channel.");
    assert_int_equal(other.differ, other.both);
    locl_arrays_free(&exact_out);
    locl_arrays_free(&equal);
    locl_arrays_free(&random);
    step_case_close(&a);
    step_case_close(&b);
}

static void feedback_equal_to_the_weights_is_exact(void **state)
{
    (void)state;
    check_counterpart(THREE, "bp", "fa");
    check_counterpart(THREE, "l-bp", "l-fa");
    check_counterpart(THREE, "lg-bp", "lg-fa");
    check_counterpart(THREE PLAIN, "bp", "fa");
    check_counterpart(THREE PLAIN, "l-bp", "l-fa");
    check_counterpart(THREE PLAIN, "lg-bp", "lg-fa");
}

static void heads_are_idle_where_the_rule_says(void **state)
{
    (void)state;
    for (int kind = 0; kind < LOCL_RULES; kind++) {
        step_case c;
        locl_arrays out = {0};
        const locl_rule *rule = locl_rule_of((locl_rule_kind)kind);
        bool idle = rule->params.idle_heads;
        open_case(&c, THREE, rule->name);
        step_probe(&c, &out);
        assert_int_equal(idle, kind == LOCL_RULE_BP);
        assert_int_equal(gradients_of(&out), c.params.trained);
        assert_int_equal(locl_arrays_find(&out, "grad.blocks.1.head.weight") == NULL, idle);
        assert_int_equal(locl_arrays_find(&out, "grad.blocks.2.head.bias") == NULL, idle);
        assert_non_null(locl_arrays_find(&out, "grad.classifier.weight"));
        locl_arrays_free(&out);
        step_case_close(&c);
    }
}

/* `local`: the rule whose losses are `summed`'s, stopped between blocks. */
static void check_stops(const char *model, const char *summed, const char *local, bool equal)
{
    step_case a, b;
    locl_arrays out_a = {0}, out_b = {0};
    open_case(&a, model, summed);
    open_case(&b, model, local);
    step_probe(&a, &out_a);
    step_probe(&b, &out_b);
    comparison all = compare(&out_a, &out_b, "grad."),
               first = compare(&out_a, &out_b, "grad.blocks.0.group.");
    assert_int_equal(all.both, a.params.trained);
    assert_int_equal(all.differ == 0, equal);
    assert_int_equal(first.differ, equal ? 0 : first.both);
    locl_arrays_free(&out_a);
    locl_arrays_free(&out_b);
    step_case_close(&a);
    step_case_close(&b);
}

static void one_block_has_nothing_to_stop(void **state)
{
    (void)state;
    check_stops(ONE, "l-bp", "lg-bp", true);
    check_stops(ONE, "l-fa", "lg-fa", true);
    check_stops(THREE, "l-bp", "lg-bp", false);
    check_stops(THREE, "l-fa", "lg-fa", false);
}

/* Does block 0 get other gradients when all blocks after it and the classifier hold other values? Its head's
 * are left out: they are local under every rule. */
static bool sees_later_blocks(locl_rule_kind kind)
{
    static const char *const layers[] = {"grad.blocks.0.channel.", "grad.blocks.0.group."};
    step_case c;
    locl_arrays before = {0}, after = {0};
    size_t differ = 0, changed = 0;
    open_case(&c, THREE, locl_rule_of(kind)->name);
    step_probe(&c, &before);
    for (size_t i = 0; i < c.in.count; i++) {
        const locl_array *a = c.in.array[i];
        if (a->dtype == LOCL_F32 && strcmp(a->name, "images") && strncmp(a->name, "blocks.0.", 9)) {
            step_random(a->data, a->count, 2, 77 + i);
            changed++;
        }
    }
    assert_true(changed >= 18);
    step_probe(&c, &after);
    assert_int_equal(compare(&before, &after, "grad.blocks.0.head.").differ, 0);
    for (int i = 0; i < 2; i++) {
        comparison layer = compare(&before, &after, layers[i]);
        assert_int_equal(layer.both, 2);
        differ += layer.differ;
    }
    locl_arrays_free(&before);
    locl_arrays_free(&after);
    step_case_close(&c);
    return differ > 0;
}

/* What a rule says of itself decides which blocks run apart, so it has to be true. */
static void rules_see_later_blocks_where_they_say_so(void **state)
{
    (void)state;
    static const locl_rule_kind apart[] = {LOCL_RULE_LG_BP, LOCL_RULE_LG_FA, LOCL_RULE_LG_FG_A};
    const locl_rule_options options = locl_rule_options_default();
    for (int kind = 0; kind < LOCL_RULES; kind++) {
        const locl_rule *rule = locl_rule_of((locl_rule_kind)kind);
        if (sees_later_blocks((locl_rule_kind)kind) != rule->crosses_blocks(&options)) {
            fail_msg("%s: blocks see later ones, or do not, against what the rule says", rule->name);
        }
    }
    for (int i = 0; i < 3; i++) {
        assert_false(locl_rule_of(apart[i])->crosses_blocks(&options));
    }
    assert_true(locl_rule_of(LOCL_RULE_L_BP)->crosses_blocks(&options));
}

/* Finite differences. */

/* The loss of which a rule gives the gradient, in double precision. */
typedef struct objective {
    step_sizes sizes;
    step_rule rule;
    step_set in;
    const int *labels;
} objective;

/* bp: the classifier's. l-bp: the sum of the heads', but of the classifier's own values its own. */
static double loss_of(const objective *o, bool classifier)
{
    step_set out = {0};
    double loss = 0;
    step_reference(&o->sizes, &o->rule, &o->in, o->labels, &out);
    for (size_t k = 0; k < o->sizes.blocks && !classifier; k++) {
        loss += *step_set_get(&out, "loss.blocks.%zu", k);
    }
    loss = classifier ? *step_set_get(&out, "loss") : loss;
    step_set_free(&out);
    return loss;
}

/* (L(w + h v) - L(w - h v)) / 2h along random v, against <gradient, v>. */
static void check_along(objective *o, const locl_array *gradient, bool classifier, uint64_t seed)
{
    const double h = 1e-6;
    const char *name = gradient->name + strlen("grad.");
    size_t count = gradient->count;
    double *w = step_set_get(&o->in, "%s", name), *kept = malloc(count * sizeof *kept);
    float *v = malloc(count * sizeof *v);
    double along = 0, square = 0, ends[2];
    step_random(v, count, 1, seed);
    memcpy(kept, w, count * sizeof *kept);
    for (size_t i = 0; i < count; i++) {
        double g = (double)((const float *)gradient->data)[i];
        along += g * (double)v[i];
        square += g * g;
    }
    for (int side = 0; side < 2; side++) {
        for (size_t i = 0; i < count; i++) {
            w[i] = kept[i] + (side ? -h : h) * (double)v[i];
        }
        ends[side] = loss_of(o, classifier);
    }
    memcpy(w, kept, count * sizeof *kept);
    double finite = (ends[0] - ends[1]) / (2 * h);
    /* under batch norm the gradient of a bias is 0, and comes as rounding */
    double rounding = o->sizes.norm == LOCL_NORM_BATCH ? 1e-5 : 1e-6;
    if (!(fabs(finite - along) <= TOLERANCE * sqrt(square) + rounding)) {
        fail_msg("%s: %.9g by finite differences, %.9g", name, finite, along);
    }
    free(v);
    free(kept);
}

static void check_differences(const char *model, locl_rule_kind kind)
{
    enum { DIRECTIONS = 3 };
    step_case c;
    locl_arrays out = {0};
    open_case(&c, model, locl_rule_of(kind)->name);
    step_probe(&c, &out);
    objective o = {.sizes = step_sizes_of(&c),
                   .rule = step_rule_of(&c),
                   .labels = locl_arrays_find(&c.in, "labels")->data};
    step_set_of(&c.in, NULL, &o.in);
    for (size_t i = 0; i < out.count; i++) {
        const char *name = out.array[i]->name;
        bool classifier = kind == LOCL_RULE_BP || strncmp(name, "grad.classifier.", 16) == 0;
        for (uint64_t v = 0; is_gradient(name) && v < DIRECTIONS; v++) {
            check_along(&o, out.array[i], classifier, 100 * i + v);
        }
    }
    step_set_free(&o.in);
    locl_arrays_free(&out);
    step_case_close(&c);
}

static void exact_gradients_are_finite_differences(void **state)
{
    (void)state;
    check_differences(THREE, LOCL_RULE_BP);
    check_differences(THREE, LOCL_RULE_L_BP);
    check_differences(THREE PLAIN, LOCL_RULE_BP);
    check_differences(THREE PLAIN, LOCL_RULE_L_BP);
    check_differences(THREE ", norm: batch", LOCL_RULE_BP);
    check_differences(THREE ", norm: sample", LOCL_RULE_L_BP);
}

/* Every gradient, logit and loss; dfa's group layer of the last block is one of them. */
static void rules_without_draws_agree_with_the_reference(void **state)
{
    (void)state;
    enum { MODELS = 7 };
    static const char *const models[MODELS] = {
        THREE,
        THREE PLAIN,
        THREE ", head_ln: false",
        THREE ", classifier_ln: false",
        THREE ", norm: batch",
        THREE ", norm: sample",
        "image: [6, 9, 1], classes: 11, patches: 3, channels: 51, groups: 3, blocks: 2"};
    static const char *const rules[] = {"bp", "l-bp", "lg-bp", "fa", "l-fa", "lg-fa", "dfa"};
    for (size_t i = 0; i < sizeof rules / sizeof *rules * MODELS; i++) {
        step_case c;
        locl_arrays out = {0};
        step_set expected = {0};
        open_case(&c, models[i % MODELS], rules[i / MODELS]);
        step_probe(&c, &out);
        step_expect(&c, NULL, &expected);
        step_assert_near(&expected, &out, TOLERANCE);
        step_set_free(&expected);
        locl_arrays_free(&out);
        step_case_close(&c);
    }
}

static void expect_refused(const step_case *c, const char *first, const char *second)
{
    locl_error err = {0};
    locl_arrays out = {0};
    assert_int_equal(locl_probe(c->config, step_device(), &c->in, &out, &err), LOCL_E_CHECKPOINT);
    if (!strstr(err.message, first) || !strstr(err.message, second)) {
        fail_msg("'%s' and '%s' are not in: %s", first, second, err.message);
    }
    assert_int_equal(out.count, 0);
}

/* Each feedback tensor in turn: under a name that means nothing, and with one row too many. */
static void check_each_feedback(step_case *c)
{
    size_t seen = 0;
    for (size_t i = 0; i < c->in.count; i++) {
        locl_array *array = c->in.array[i], kept = *array;
        char missing[LOCL_ARRAY_NAME + 16], wrong[LOCL_ARRAY_NAME + 16];
        if (!strstr(array->name, ".feedback")) {
            continue;
        }
        snprintf(missing, sizeof missing, "missing: %s", kept.name);
        snprintf(wrong, sizeof wrong, "wrong shape: %s", kept.name);
        snprintf(array->name, sizeof array->name, "feedback.of.nothing");
        expect_refused(c, missing, "feedback.of.nothing");
        *array = kept;
        array->dim[0]++;
        expect_refused(c, wrong, "should be");
        *array = kept;
        seen++;
    }
    assert_true(seen > 0);
}

static void feedback_that_does_not_fit_is_named(void **state)
{
    (void)state;
    for (int kind = 0; kind < LOCL_RULES; kind++) {
        const locl_rule *rule = locl_rule_of((locl_rule_kind)kind);
        if (rule->params.feedback != LOCL_FEEDBACK_NONE) {
            step_case c;
            open_case(&c, THREE, rule->name);
            check_each_feedback(&c);
            step_case_close(&c);
        }
    }
}

/* A mirror that is missing, misshaped or not finite. A channel layer before which nothing learns has none. */
static void mirrors_that_do_not_fit_are_named(void **state)
{
    static const char *const names[] = {"blocks.0.group.mirror", "blocks.2.channel.mirror"};
    (void)state;
    for (int i = 0; i < 2; i++) {
        step_case c;
        char missing[LOCL_ARRAY_NAME], wrong[LOCL_ARRAY_NAME], nan[LOCL_ARRAY_NAME];
        open_case(&c, THREE, "lg-fg-a, exact_last: true, feedback: {group: mirror, channel: mirror}");
        locl_array *array = locl_arrays_find(&c.in, names[i]), kept = *array;
        snprintf(missing, sizeof missing, "missing: %s", names[i]);
        snprintf(wrong, sizeof wrong, "wrong shape: %s", names[i]);
        snprintf(nan, sizeof nan, "NaN or infinite: %s", names[i]);
        snprintf(array->name, sizeof array->name, "blocks.0.channel.mirror");
        expect_refused(&c, missing, "unknown: blocks.0.channel.mirror");
        *array = kept;
        array->dim[1]++;
        expect_refused(&c, wrong, "should be");
        *array = kept;
        ((float *)array->data)[3] = NAN;
        expect_refused(&c, nan, "");
        step_case_close(&c);
    }
}

/* Tensors made for one rule, given to another. */
static void feedback_belongs_to_its_rule(void **state)
{
    (void)state;
    step_case exact, weights, direct;
    open_case(&exact, ONE, "bp");
    open_case(&weights, ONE, "fa");
    open_case(&direct, ONE, "dfa");
    const locl_arrays all[] = {exact.in, weights.in, direct.in};
    exact.in = all[1];
    expect_refused(&exact, "unknown: ", "blocks.0.channel.weight.feedback");
    weights.in = all[2];
    expect_refused(&weights,
                   "wrong shape: ", "blocks.0.channel.weight.feedback (F32 [3,24], should be F32 [8,24])");
    direct.in = all[1];
    expect_refused(&direct,
                   "wrong shape: ", "blocks.0.channel.weight.feedback (F32 [8,24], should be F32 [3,24])");
    exact.in = all[0];
    weights.in = all[1];
    direct.in = all[2];
    step_case_close(&exact);
    step_case_close(&weights);
    step_case_close(&direct);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(feedback_equal_to_the_weights_is_exact),
        cmocka_unit_test(heads_are_idle_where_the_rule_says),
        cmocka_unit_test(one_block_has_nothing_to_stop),
        cmocka_unit_test(rules_see_later_blocks_where_they_say_so),
        cmocka_unit_test(exact_gradients_are_finite_differences),
        cmocka_unit_test(rules_without_draws_agree_with_the_reference),
        cmocka_unit_test(feedback_that_does_not_fit_is_named),
        cmocka_unit_test(mirrors_that_do_not_fit_are_named),
        cmocka_unit_test(feedback_belongs_to_its_rule),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
