/* Estimators of less variance (SPEC 5): with all rows of the Hadamard matrix the channel layer is exact, with
 * fewer its error is what the matrix says, on average it is right, and what is exact or has more tangents is
 * nearer to the gradient than the paper's estimator. */
#include "support/step_average.h"
#include "support/step_case.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void open_case(step_case *c, const char *model, const char *rule, size_t batch, uint64_t draws)
{
    char yaml[512];
    snprintf(yaml, sizeof yaml, "seed: %llu\nmodel: {%s}\nrule: {%s}\n", (unsigned long long)draws, model,
             rule);
    step_case_open(c, yaml, batch, 21);
}

static void probe(step_case *c, const char *model, const char *rule, size_t batch, uint64_t draws,
                  locl_arrays *out)
{
    open_case(c, model, rule, batch, draws);
    step_probe(c, out);
}

/* All biases of a layer of every block, LOCL_OWNER_*. */
static void set_biases(step_case *c, locl_owner owner, float value)
{
    for (size_t i = 0; i < c->params.count; i++) {
        const locl_param *p = &c->params.param[i];
        float *v = locl_arrays_find(&c->in, p->name)->data;
        for (size_t j = 0; j < p->count && p->owner == owner && !p->weight; j++) {
            v[j] = value;
        }
    }
}

static double square(const float *x, const float *y, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += ((double)x[i] - (y ? (double)y[i] : 0)) * ((double)x[i] - (y ? (double)y[i] : 0));
    }
    return sum;
}

/* |a - b|^2 / |b|^2 of a tensor of both. */
static double error_of(const locl_arrays *a, const locl_arrays *b, const char *name)
{
    const locl_array *x = locl_arrays_find(a, name), *y = locl_arrays_find(b, name);
    return square(x->data, y->data, y->count) / square(y->data, NULL, y->count);
}

/* Groups of 16, 5, 9, 2 and 1 channels of several shapes, K their next power of two. */
static void all_rows_are_exact(void **state)
{
    (void)state;
    static const struct {
        const char *model;
        unsigned k;
        size_t batch;
    } cases[] = {
        {"image: [4, 4, 2], classes: 3, blocks: 2, patches: 2, channels: 32, groups: 2", 16, 5},
        {"image: [6, 4, 1], classes: 3, blocks: 3, patches: 2, channels: 24, groups: 3, hidden: 15", 8, 3},
        {"image: [6, 6, 1], classes: 4, blocks: 2, patches: 3, channels: 45, groups: 5, middle_ln: false", 16,
         3},
        {"image: [6, 6, 1], classes: 4, blocks: 2, patches: 3, channels: 18, groups: 2, head_ln: false, "
         "post_linear_ln: false",
         16, 3},
        {"image: [4, 4, 1], classes: 3, blocks: 2, patches: 2, channels: 64, groups: 4, hidden: 8, "
         "middle_ln: "
         "false",
         2, 4},
        {"image: [4, 4, 1], classes: 3, blocks: 1, patches: 1, channels: 65, groups: 1", 128, 2},
        {"image: [8, 8, 1], classes: 10, blocks: 2, patches: 2, channels: 512, groups: 16", 32, 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (unsigned passes = 1; passes <= 2; passes++) {
            char rule[128];
            step_case a, b;
            locl_arrays exact = {0}, backward = {0};
            snprintf(rule, sizeof rule,
                     "name: lg-fg-a, exact_last: true, tangents: {channel: %u}, passes: %u", cases[i].k,
                     passes);
            probe(&a, cases[i].model, rule, cases[i].batch, 3, &exact);
            probe(&b, cases[i].model, "name: lg-bp", cases[i].batch, 3, &backward);
            for (size_t p = 0; p < a.params.count; p++) {
                const locl_param *param = &a.params.param[p];
                char name[LOCL_ARRAY_NAME + 8];
                snprintf(name, sizeof name, "grad.%s", param->name);
                bool is_exact = param->owner != LOCL_OWNER_TOKEN;
                double error = sqrt(error_of(&exact, &backward, name));
                bool zero = !param->weight && a.config->model.post_linear_ln; /* the LN takes biases out */
                if (!zero && is_exact != (error < 1e-5)) {
                    fail_msg("%s: %s differs from lg-bp by %g", cases[i].model, name, error);
                }
            }
            locl_arrays_free(&exact);
            locl_arrays_free(&backward);
            step_case_close(&a);
            step_case_close(&b);
        }
    }
}

#define MODEL "{image: [4, 4, 2], classes: 3, blocks: 2, patches: 2, channels: 16, groups: 2}"

static void few_rows_average_to_the_gradient(void **state)
{
    (void)state;
    static const struct {
        const char *rule;
        unsigned draws;
    } cases[] = {
        {"name: lg-fg-a, exact_last: true, tangents: {channel: 3}", 4000},
        {"name: lg-fg-a, tangents: {channel: 2}, passes: 4", 2000},
        {"name: lg-fg-a, exact_last: true, tangents: {channel: 4}, passes: 4, losses: {patch: false}", 3000},
        {"name: lg-fg-a, exact_last: true, tangents: {channel: 4}, passes: 4, losses: {group: false}", 3000},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        step_check_average(
            &(step_average){.model = MODEL, .rule = cases[i].rule, .local = true, .draws = cases[i].draws});
    }
}

/* The estimate of the channel layer's output's gradient, without 1/B, from the derivatives and draws that a
 * probe wrote: (1/K) sum of jvp u. [B,P,H], M = 1. */
static float *output_gradient(const locl_arrays *out, size_t width)
{
    const locl_array *jvp = locl_arrays_find(out, "jvp.0.blocks.0.channel"),
                     *u = locl_arrays_find(out, "noise.0.blocks.0.channel");
    size_t tangents = u->dim[0], values = u->count / tangents;
    float *g = calloc(values, sizeof *g);
    for (size_t i = 0; i < u->count; i++) {
        g[i % values] +=
            ((const float *)jvp->data)[i / width] * ((const float *)u->data)[i] / (float)tangents;
    }
    return g;
}

/* Groups of 16 channels that are all above 0: without an LN that couples them the output's gradient is off
 * by 16/K - 1 times its squared norm. */
static void the_error_is_that_of_missing_rows(void **state)
{
    (void)state;
    enum { BATCH = 128, WIDTH = 16, GROUPS = 4, PATCHES = 4 };
    static const char model[] =
        "image: [4, 4, 2], classes: 3, blocks: 1, patches: 2, channels: 64, groups: 4, "
        "post_linear_ln: false, middle_ln: false";
    float *exact = NULL;
    for (unsigned k = WIDTH; k >= 2; k = k > 4 ? k / 2 : k - 1) {
        char rule[128];
        step_case c;
        locl_arrays out = {0};
        snprintf(rule, sizeof rule, "name: lg-fg-a, exact_last: true, tangents: {channel: %u}", k);
        open_case(&c, model, rule, BATCH, 9);
        set_biases(&c, LOCL_OWNER_CHANNEL, 20);
        step_probe(&c, &out);
        float *g = output_gradient(&out, WIDTH);
        exact = exact ? exact : g;
        double relative = 0;
        for (size_t row = 0; row < BATCH * PATCHES * GROUPS; row++) {
            const float *a = g + row * WIDTH, *b = exact + row * WIDTH;
            relative += square(a, b, WIDTH) / square(b, NULL, WIDTH) / (BATCH * PATCHES * GROUPS);
        }
        double expected = (double)WIDTH / k - 1;
        if (!(fabs(relative - expected) <= 0.07 * expected)) {
            fail_msg("K = %u: relative error %g, should be %g", k, relative, expected);
        }
        if (g != exact) {
            free(g);
        }
        locl_arrays_free(&out);
        step_case_close(&c);
    }
    free(exact);
}

static void open_untrained(step_case *c, const char *model, const char *rule, size_t batch, uint64_t draws)
{
    open_case(c, model, rule, batch, draws);
    for (locl_owner owner = LOCL_OWNER_TOKEN; owner <= LOCL_OWNER_CLASSIFIER; owner++) {
        set_biases(c, owner, 0);
    }
}

/* Mean relative error of the weights' gradients of block 1: token, channel, group. */
static void measure(const char *model, const char *rule, size_t batch, unsigned draws, double error[3])
{
    static const char *const layers[] = {"token", "channel", "group"};
    step_case a, b;
    locl_arrays backward = {0};
    open_untrained(&b, model, "name: lg-bp", batch, 1);
    step_probe(&b, &backward);
    for (unsigned draw = 0; draw < draws; draw++) {
        locl_arrays out = {0};
        open_untrained(&a, model, rule, batch, 100 + draw);
        step_probe(&a, &out);
        for (int layer = 0; layer < 3; layer++) {
            char name[64];
            snprintf(name, sizeof name, "grad.blocks.1.%s.weight", layers[layer]);
            error[layer] += error_of(&out, &backward, name) / draws;
        }
        locl_arrays_free(&out);
        step_case_close(&a);
    }
    locl_arrays_free(&backward);
    step_case_close(&b);
    if (getenv("LOCL_SHOW")) {
        print_message("%s: token %.4g, channel %.4g, group %.4g\n", rule, error[0], error[1], error[2]);
    }
}

static void less_noise_where_section_5_says(void **state)
{
    (void)state;
    static const char model[] =
        "image: [32, 32, 3], classes: 10, blocks: 2, patches: 8, channels: 512, groups: 16";
    static const char *const rules[] = {
        "name: lg-fg-a",
        "name: lg-fg-a, exact_last: true",
        "name: lg-fg-a, exact_last: true, tangents: {channel: 2}",
        "name: lg-fg-a, exact_last: true, tangents: {channel: 8}",
        "name: lg-fg-a, exact_last: true, tangents: {channel: 32}",
    };
    double e[5][3] = {{0}};
    for (int i = 0; i < 5; i++) {
        measure(model, rules[i], 8, 3, e[i]);
    }
    assert_true(e[0][0] > 4 * e[0][2] && e[0][2] > 1.5 * e[0][1]);    /* token > group > channel */
    assert_true(e[1][0] < 0.9 * e[0][0] && e[2][0] < 0.75 * e[1][0]); /* fewer layers beside it */
    assert_true(e[1][1] < 0.9 * e[0][1] && e[2][1] < 0.3 * e[1][1]);  /* no other layers' noise */
    assert_true(fabs(e[2][1] / e[3][1] * (32 / 8 - 1) / (32 / 2 - 1) - 1) < 0.1); /* 32/K - 1 */
    assert_true(e[1][2] < 1e-10 && e[4][1] < 1e-10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_rows_are_exact),
        cmocka_unit_test(few_rows_average_to_the_gradient),
        cmocka_unit_test(the_error_is_that_of_missing_rows),
        cmocka_unit_test(less_noise_where_section_5_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
