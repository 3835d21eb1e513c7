/* locl_probe() under task.name contrast against a whole step in double precision; that reference against finite
 * differences; and rules that it does not have against those that it has. */
#include "support/step_case.h"

#include "config/config.h"
#include "rules/rule.h"
#include "study/probe.h"

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
    const char *model, *task;
    size_t batch;
} shape;

static const shape shapes[] = {
    {"image: [3, 3, 1], blocks: 1, patches: 1, channels: 11, groups: 1", "projection: 3", 2},
    {"image: [6, 4, 1], blocks: 2, patches: 2, channels: 18, groups: 2, hidden: 26",
     "projection: 7, temperature: 0.3", 3},
    {"image: [9, 9, 1], classes: 10, blocks: 3, patches: 3, channels: 55, groups: 5, hidden: 45",
     "projection: 5, temperature: 2", 5},
    {"image: [8, 8, 1], blocks: 2, patches: 2, channels: 96, groups: 3, hidden: 192", "projection: 128", 8},
};

static const char *const switches[] = {
    "begin_ln: true",
    "begin_ln: false, middle_ln: false",
    "post_linear_ln: false",
    "norm: sample",
    "norm: batch",
    "norm: sample, begin_ln: false",
    "token_mixer: conv, channel_ratio: [2, 1]",
};

static const char *const rules[] = {
    "name: bp",
    "name: l-bp",
    "name: lg-bp",
    "name: fa",
    "name: l-fa",
    "name: lg-fa",
    "name: dfa",
    "name: lg-fg-a",
    "name: lg-fg-a, noise: rademacher, passes: 3",
    "name: lg-fg-a, exact_last: true, norm_grad: false",
    "name: lg-fg-a, losses: {patch: false, group: false}, exact_last: true, passes: 2",
    "name: lg-fg-a, losses: {block: false}",
    "name: lg-fg-a, tangents: {channel: 4}, exact_last: true, passes: 2",
    "name: lg-fg-a, exact_last: true, feedback: {group: mirror}, passes: 2",
    "name: lg-fg-a, exact_last: true, feedback: {group: mirror, channel: mirror}",
};

enum {
    SHAPES = sizeof shapes / sizeof *shapes,
    SWITCHES = sizeof switches / sizeof *switches,
    RULES = sizeof rules / sizeof *rules,
    PLAIN = 12 /* rules that go with every norm */
};

static const char *write_yaml(char yaml[1024], const shape *s, const char *switched, const char *rule)
{
    snprintf(yaml, 1024, "model: {%s, %s}\nrule: {%s}\ntask: {name: contrast, %s}\n", s->model, switched,
             rule, s->task);
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

static void every_rule_on_every_shape(void **state)
{
    (void)state;
    for (size_t s = 0; s < SHAPES; s++) {
        for (size_t r = 0; r < RULES; r++) {
            check_case(&shapes[s], switches[0], rules[r], 30 * s + r, (s + r) % 2);
        }
    }
}

static void every_switch(void **state)
{
    (void)state;
    for (size_t w = 1; w < SWITCHES; w++) {
        for (size_t r = 0; r < PLAIN; r++) {
            check_case(&shapes[1], switches[w], rules[r], 300 + 20 * w + r, true);
        }
    }
    check_case(&shapes[2], "downsample: [2, 1, 1], pool: max", "name: bp", 410, true);
    check_case(&shapes[2], "downsample: [1, 1, 2]", "name: bp", 401, true);
    check_case(&shapes[2], "downsample: [1, 2, 1]", "name: lg-fg-a, losses: {block: false}", 402, true);
}

static double norm_of(const float *v, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += (double)v[i] * (double)v[i];
    }
    return sqrt(sum);
}

/* Asserts that two probes gave the same gradients. */
static void assert_same_gradients(const locl_arrays *a, const locl_arrays *b, const char *what)
{
    size_t compared = 0;
    for (size_t i = 0; i < a->count; i++) {
        const locl_array *x = a->array[i], *y = locl_arrays_find(b, x->name);
        if (strncmp(x->name, "grad.", 5) != 0) {
            continue;
        }
        double difference = 0, scale = norm_of(x->data, x->count);
        assert_non_null(y);
        assert_int_equal(x->count, y->count);
        for (size_t j = 0; j < x->count; j++) {
            double d = (double)((const float *)x->data)[j] - (double)((const float *)y->data)[j];
            difference += d * d;
        }
        if (sqrt(difference) > TOLERANCE * scale + 1e-6) {
            fail_msg("%s: %s: norm of the difference %g, of it %g", what, x->name, sqrt(difference), scale);
        }
        compared++;
    }
    assert_true(compared > 8);
}

/* Runs two rules on the same images, parameters and draws, all given. */
static void probe_both(const char *const rule[2], locl_arrays out[2])
{
    for (int i = 0; i < 2; i++) {
        step_case c;
        open_case(&c, &shapes[1], switches[0], rule[i], 40);
        step_case_add_draws(&c, 41);
        step_probe(&c, &out[i]);
        step_case_close(&c);
    }
}

/* The network's loss is that of the last block's head: with nothing local, rules of local losses are those of the
 * network's. */
static void global_rules_use_the_last_head(void **state)
{
    static const char *const pairs[][2] = {
        {"name: fg-a, passes: 2",
         "name: lg-fg-a, passes: 2, losses: {block: false, patch: false, group: false}"},
        {"name: fg-w, passes: 2",
         "name: lg-fg-w, passes: 2, losses: {block: false, patch: false, group: false}"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        locl_arrays out[2] = {{0}};
        probe_both(pairs[i], out);
        assert_same_gradients(&out[0], &out[1], pairs[i][0]);
        locl_arrays_free(&out[0]);
        locl_arrays_free(&out[1]);
    }
}

/* Returns the product of a probe's gradient and its draws of pass 0, of the layers of one block or (-1) of all. */
static double along_draws(const step_case *c, const locl_arrays *exact, int block)
{
    double sum = 0;
    for (size_t i = 0; i < c->params.trained; i++) {
        const locl_param *p = &c->params.param[i];
        char name[LOCL_ARRAY_NAME + 16];
        if (p->owner >= LOCL_OWNER_HEAD || (block >= 0 && p->block != (size_t)block)) {
            continue;
        }
        snprintf(name, sizeof name, "grad.%s", p->name);
        const float *g = locl_arrays_find(exact, name)->data;
        snprintf(name, sizeof name, "noise.0.%s", p->name);
        const float *u = locl_arrays_find(&c->in, name)->data;
        for (size_t j = 0; j < p->count; j++) {
            sum += (double)g[j] * (double)u[j];
        }
    }
    return sum;
}

static double sum_of(const locl_arrays *out, const char *name)
{
    const locl_array *a = locl_arrays_find(out, name);
    double sum = 0;
    assert_non_null(a);
    for (size_t i = 0; i < a->count; i++) {
        sum += (double)((const float *)a->data)[i];
    }
    return sum;
}

/* Takes the parameters of another case, whose rule may have them in another order. */
static void take_parameters(step_case *to, const step_case *from)
{
    for (size_t i = 0; i < to->params.count; i++) {
        const locl_param *p = &to->params.param[i];
        memcpy(locl_arrays_find(&to->in, p->name)->data, locl_arrays_find(&from->in, p->name)->data,
               p->count * sizeof(float));
    }
}

/* Directional derivatives along weights are the exact gradient's components. */
static void check_weights(const char *rule, const char *exact_rule, int block, const char *jvp)
{
    step_case c, exact;
    locl_arrays out = {0}, exact_out = {0};
    open_case(&c, &shapes[1], switches[0], rule, 50);
    open_case(&exact, &shapes[1], switches[0], exact_rule, 50);
    take_parameters(&exact, &c);
    step_case_add_draws(&c, 51);
    step_probe(&c, &out);
    step_probe(&exact, &exact_out);
    double expected = along_draws(&c, &exact_out, block), got = sum_of(&out, jvp);
    if (fabs(got - expected) > 1e-3 * fabs(expected) + 1e-5) {
        fail_msg("%s: %s is %g, should be %g", rule, jvp, got, expected);
    }
    locl_arrays_free(&out);
    locl_arrays_free(&exact_out);
    step_case_close(&c);
    step_case_close(&exact);
}

static void weight_rules_have_the_gradients_components(void **state)
{
    (void)state;
    check_weights("name: fg-w", "name: bp", -1, "jvp.0");
    check_weights("name: lg-fg-w", "name: lg-bp", 0, "jvp.0.blocks.0");
    check_weights("name: lg-fg-w", "name: lg-bp", 1, "jvp.0.blocks.1");
}

/* ---- finite differences, of the reference and of np-a ---- */

/* The loss of each row with its features at (p,g) moved, and the keys where they are, along the draws of pass 0. */
static double *moved_losses(const step_case *c, size_t block, double epsilon, size_t *count)
{
    step_set in = {0};
    step_sizes sizes = step_sizes_of(c);
    step_rule how = step_rule_of(c);
    const step_block *b = &sizes.block[block];
    *count = sizes.batch * b->side * b->side * b->groups;
    double *moved = malloc(*count * sizeof *moved);
    assert_non_null(moved);
    step_set_of(&c->in, NULL, &in);
    step_reference_moved(&sizes, &how, &in, NULL, block, 0, -1, epsilon, moved);
    step_set_free(&in);
    return moved;
}

static void reference_derivatives_are_finite_differences(void **state)
{
    const double epsilon = 1e-6;
    (void)state;
    for (size_t block = 0; block < 2; block++) {
        step_case c;
        step_set out = {0};
        size_t count;
        open_case(&c, &shapes[1], switches[0], "name: lg-fg-a", 60);
        step_case_add_draws(&c, 61);
        step_expect(&c, NULL, &out);
        const double *jvp = step_set_get(&out, "jvp.0.blocks.%zu", block);
        double *plus = moved_losses(&c, block, epsilon, &count),
               *minus = moved_losses(&c, block, -epsilon, &count);
        for (size_t i = 0; i < count; i++) {
            double finite = (plus[i] - minus[i]) / (2 * epsilon);
            if (fabs(finite - jvp[i]) > 1e-6 * (1 + fabs(jvp[i]))) {
                fail_msg("block %zu, [%zu]: %.12g by finite differences, %.12g", block, i, finite, jvp[i]);
            }
        }
        free(plus);
        free(minus);
        step_set_free(&out);
        step_case_close(&c);
    }
}

/* np-a's derivatives are differences of the losses, for a small step and a large one. */
static void check_differences(const char *rule, double epsilon)
{
    step_case c;
    locl_arrays out = {0};
    open_case(&c, &shapes[1], switches[0], rule, 70);
    step_case_add_draws(&c, 71);
    step_probe(&c, &out);
    for (size_t block = 0; block < 2; block++) {
        size_t count;
        char name[LOCL_ARRAY_NAME];
        double *moved = moved_losses(&c, block, epsilon, &count), *still = moved_losses(&c, block, 0, &count),
               difference = 0, size = 0;
        snprintf(name, sizeof name, "jvp.0.blocks.%zu", block);
        const locl_array *jvp = locl_arrays_find(&out, name);
        assert_non_null(jvp);
        assert_int_equal(jvp->rank, 4);
        assert_int_equal(jvp->dim[0], 2);
        assert_int_equal(jvp->count, count);
        for (size_t i = 0; i < count; i++) {
            double expected = (moved[i] - still[i]) / epsilon,
                   d = (double)((const float *)jvp->data)[i] - expected;
            difference += d * d;
            size += expected * expected;
        }
        if (!(sqrt(difference) <= 1e-3 * sqrt(size)) || size <= 0) {
            fail_msg("%s: %s: norm of the difference %g, of it %g", rule, name, sqrt(difference), sqrt(size));
        }
        free(moved);
        free(still);
    }
    locl_arrays_free(&out);
    step_case_close(&c);
}

static void node_perturbation_moves_one_feature_at_a_time(void **state)
{
    (void)state;
    check_differences("name: np-a, epsilon: 1.0e-2", 1e-2);
    check_differences("name: np-a, epsilon: 0.5", 0.5);
}

/* ---- what is refused ---- */

static void expect_refused(const char *yaml, const char *const needed[3])
{
    locl_config *config;
    locl_error err = {0};
    assert_int_not_equal(
        locl_config_parse("case", yaml, strlen(yaml), NULL, 0, LOCL_CONFIG_TRAIN, &config, &err), LOCL_OK);
    for (int i = 0; i < 3 && needed[i]; i++) {
        if (!strstr(err.message, needed[i])) {
            fail_msg("%s: no %s in: %s", yaml, needed[i], err.message);
        }
    }
}

#define TRAINS "model: {preset: M/8/16}\ndata: {name: cifar10"
static void configurations_are_refused(void **state)
{
    (void)state;
    expect_refused(TRAINS "}\ntask: {name: contrast, projection: 0}\n",
                   (const char *[3]){"task.projection", "found '0'"});
    expect_refused(TRAINS "}\ntask: {name: contrast, temperature: 0}\n",
                   (const char *[3]){"task.temperature"});
    expect_refused(TRAINS "}\ntask: {name: contrast, temperature: -1}\n",
                   (const char *[3]){"task.temperature"});
    expect_refused(TRAINS ", batch: 1}\ntask: {name: contrast}\n",
                   (const char *[3]){"data.batch", "found 1", "task.name contrast"});
    expect_refused(TRAINS ", batch: 8, microbatch: 4}\ntask: {name: contrast}\n",
                   (const char *[3]){"data.microbatch", "found 4", "task.name contrast"});
    expect_refused(TRAINS "}\ntask: {name: contrats}\n", (const char *[3]){"task.name", "contrast"});
}

static void expect_probe_refused(step_case *c, const char *needed)
{
    locl_arrays out = {0};
    locl_error err = {0};
    assert_int_equal(locl_probe(c->config, step_device(), &c->in, &out, &err), LOCL_E_CHECKPOINT);
    if (!strstr(err.message, needed)) {
        fail_msg("no %s in: %s", needed, err.message);
    }
    locl_arrays_free(&out);
}

static void probes_are_refused(void **state)
{
    static const shape single = {"image: [6, 4, 1], blocks: 1, patches: 2, channels: 18, groups: 2",
                                 "projection: 7", 1};
    step_case c;
    (void)state;
    open_case(&c, &single, switches[0], "name: lg-bp", 90);
    expect_probe_refused(&c, "tensor images.1: found 1 image with task.name contrast");
    step_case_close(&c);
    open_case(&c, &shapes[1], switches[0], "name: lg-bp", 91);
    locl_array *second = locl_arrays_find(&c.in, "images.2");
    second->dim[1]--;
    second->count = second->count / 6 * 5;
    expect_probe_refused(&c, "images.2");
    snprintf(second->name, sizeof second->name, "labels");
    expect_probe_refused(&c, "images.2");
    expect_probe_refused(&c, "labels");
    step_case_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rule_on_every_shape),
        cmocka_unit_test(every_switch),
        cmocka_unit_test(global_rules_use_the_last_head),
        cmocka_unit_test(weight_rules_have_the_gradients_components),
        cmocka_unit_test(reference_derivatives_are_finite_differences),
        cmocka_unit_test(node_perturbation_moves_one_feature_at_a_time),
        cmocka_unit_test(configurations_are_refused),
        cmocka_unit_test(probes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
