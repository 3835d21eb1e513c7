/* A step in slices (micro-batches) against the step of the whole batch: every rule gives the same gradients,
 * logits, losses and derivatives but for rounding, from the same draws. */
#include "study/probe.h"
#include "support/step_case.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { BATCH = 12, SEED = 5 };
#define TOLERANCE 5e-5
/* Node perturbation divides differences by epsilon, and their rounding with them. */
#define DIVIDED 5e-4

#define SHAPE "image: [6, 4, 1], classes: 3, blocks: 2, patches: 2, channels: 32, groups: 2, hidden: 48"

static const struct {
    const char *rule;
    double tolerance;
} rules[] = {
    {"name: bp", TOLERANCE},
    {"name: l-bp", TOLERANCE},
    {"name: lg-bp", TOLERANCE},
    {"name: fa", TOLERANCE},
    {"name: l-fa", TOLERANCE},
    {"name: lg-fa", TOLERANCE},
    {"name: dfa", TOLERANCE},
    {"name: lg-bp-overlap", TOLERANCE},
    {"name: fg-w, passes: 2", TOLERANCE},
    {"name: lg-fg-w, passes: 2", TOLERANCE},
    {"name: lg-fg-w, losses: {block: false, group: false}", TOLERANCE},
    {"name: fg-a, passes: 2", TOLERANCE},
    {"name: lg-fg-a", TOLERANCE},
    {"name: lg-fg-a, noise: rademacher, passes: 3", TOLERANCE},
    {"name: lg-fg-a, exact_last: true", TOLERANCE},
    {"name: lg-fg-a, norm_grad: false", TOLERANCE},
    {"name: lg-fg-a, losses: {patch: false, group: false}, passes: 2", TOLERANCE},
    {"name: lg-fg-a, losses: {block: false}, exact_last: true", TOLERANCE},
    {"name: lg-fg-a, exact_last: true, tangents: {channel: 8}, passes: 2", TOLERANCE},
    {"name: lg-fg-a, tangents: {channel: 32}", TOLERANCE},
    {"name: lg-fg-a, exact_last: true, feedback: {group: mirror}", TOLERANCE},
    {"name: lg-fg-a, exact_last: true, feedback: {group: mirror, channel: mirror}, passes: 2", TOLERANCE},
    {"name: np-a, passes: 2, epsilon: 0.01", DIVIDED},
    {"name: np-w, passes: 2, epsilon: 0.01", DIVIDED},
};

static void open_case(step_case *c, const char *model, const char *rule, unsigned slice)
{
    char yaml[768], cut[48] = "";
    if (slice) {
        snprintf(cut, sizeof cut, "data: {microbatch: %u}\n", slice);
    }
    snprintf(yaml, sizeof yaml, "seed: 3\nmodel: {%s}\nrule: {%s}\n%s", model, rule, cut);
    step_case_open(c, yaml, BATCH, SEED);
}

static double norm_of(const locl_array *a, const locl_array *less)
{
    double sum = 0;
    for (size_t i = 0; i < a->count; i++) {
        double d = (double)((const float *)a->data)[i] - (less ? (double)((const float *)less->data)[i] : 0);
        sum += d * d;
    }
    return sqrt(sum);
}

/* Of the largest tensor beside `name`, in its block: a bias right before its LN has a gradient of 0, of which
 * rounding alone is left. */
static double largest_beside(const locl_arrays *set, const char *name)
{
    double largest = 0;
    size_t prefix = strcspn(name, "0123456789");
    for (size_t i = 0; i < set->count; i++) {
        if (strncmp(set->array[i]->name, name, prefix + 2) == 0) {
            largest = fmax(largest, norm_of(set->array[i], NULL));
        }
    }
    return largest;
}

static void assert_near(const locl_arrays *whole, const locl_arrays *sliced, double tolerance,
                        const char *what, unsigned slice)
{
    assert_int_equal(whole->count, sliced->count);
    for (size_t i = 0; i < whole->count; i++) {
        const locl_array *a = whole->array[i], *b = locl_arrays_find(sliced, a->name);
        assert_non_null(b);
        assert_int_equal(a->count, b->count);
        double scale = fmax(norm_of(a, NULL), 0.01 * largest_beside(whole, a->name)), off = norm_of(a, b);
        if (!(off <= tolerance * scale)) {
            fail_msg("%s in slices of %u: %s: norm of the difference %.3g, of the whole batch's %.3g", what,
                     slice, a->name, off, scale);
        }
    }
}

/* Draws that were written out are those of the whole batch, bit for bit. */
static void assert_draws_same(const locl_arrays *whole, const locl_arrays *sliced)
{
    for (size_t i = 0; i < whole->count; i++) {
        const locl_array *a = whole->array[i];
        if (strncmp(a->name, "noise.", strlen("noise.")) == 0) {
            const locl_array *b = locl_arrays_find(sliced, a->name);
            assert_non_null(b);
            assert_int_equal(a->count, b->count);
            assert_memory_equal(a->data, b->data, locl_array_bytes(a));
        }
    }
}

static void compare(const char *model, const char *rule, unsigned slice, double tolerance, bool given)
{
    step_case whole, sliced;
    locl_arrays expected = {0}, found = {0};
    open_case(&whole, model, rule, 0);
    open_case(&sliced, model, rule, slice);
    if (given) {
        step_case_add_draws(&whole, 7);
        step_case_add_draws(&sliced, 7);
    }
    step_probe(&whole, &expected);
    step_probe(&sliced, &found);
    assert_draws_same(&expected, &found);
    assert_near(&expected, &found, tolerance, rule, slice);
    locl_arrays_free(&expected);
    locl_arrays_free(&found);
    step_case_close(&whole);
    step_case_close(&sliced);
}

static void every_rule_in_slices(void **state)
{
    static const unsigned slices[] = {1, 4, 6};
    (void)state;
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        for (size_t s = 0; s < sizeof slices / sizeof *slices; s++) {
            compare(SHAPE, rules[i].rule, slices[s], rules[i].tolerance, false);
        }
    }
}

static void given_draws_in_slices(void **state)
{
    static const char *const drawn[] = {"name: lg-fg-a, passes: 2", "name: lg-fg-w, passes: 2", "name: fg-a",
                                        "name: lg-fg-a, exact_last: true, tangents: {channel: 3}, passes: 2"};
    (void)state;
    for (size_t i = 0; i < sizeof drawn / sizeof *drawn; i++) {
        compare(SHAPE, drawn[i], 4, TOLERANCE, true);
    }
}

/* Shapes whose images are no multiple of four values, of a convolution, of stages that shrink and widen. */
static void every_shape_in_slices(void **state)
{
    static const char *const models[] = {
        "image: [9, 9, 1], classes: 10, blocks: 3, patches: 3, channels: 55, groups: 5, hidden: 45",
        "image: [8, 8, 1], classes: 5, blocks: 3, patches: 4, channels: 32, groups: 2, token_mixer: conv, "
        "downsample: [2, 1, 2], channel_ratio: [1, 2, 1]",
        "image: [6, 6, 1], classes: 3, blocks: 2, patches: 3, channels: 32, groups: 2, norm: sample",
        "image: [6, 6, 1], classes: 3, blocks: 2, patches: 3, channels: 32, groups: 2, begin_ln: false, "
        "middle_ln: false, post_linear_ln: false",
    };
    (void)state;
    for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
        compare(models[i], "name: lg-fg-a", 3, TOLERANCE, false);
        compare(models[i], "name: lg-fg-a, exact_last: true, tangents: {channel: 4}", 1, TOLERANCE, false);
        compare(models[i], "name: l-bp", 2, TOLERANCE, false);
    }
}

static void slices_that_do_not_divide(void **state)
{
    locl_arrays out = {0};
    locl_error err = {0};
    step_case c;
    (void)state;
    open_case(&c, SHAPE, "name: lg-fg-a", 5);
    assert_int_equal(locl_probe(c.config, step_device(), &c.in, &out, &err), LOCL_E_CONFIG);
    if (!strstr(err.message, ":4:20: data.microbatch: found 5, which does not divide the 12 images")) {
        fail_msg("%s", err.message);
    }
    locl_arrays_free(&out);
    step_case_close(&c);
}

/* Its losses compare all images of a probe, however many data.batch says. */
static void contrast_is_not_cut(void **state)
{
    static const char yaml[] = "model: {" SHAPE "}\ntask: {name: contrast, projection: 8}\n"
                               "rule: {name: lg-fg-a}\ndata: {batch: 4, microbatch: %u}\n";
    (void)state;
    for (unsigned slice = 4; slice <= BATCH; slice += BATCH - 4) {
        char text[768];
        locl_arrays out = {0};
        locl_error err = {0};
        step_case c;
        snprintf(text, sizeof text, yaml, slice);
        step_case_open(&c, text, BATCH, SEED);
        locl_status status = locl_probe(c.config, step_device(), &c.in, &out, &err);
        if (slice == BATCH) {
            assert_int_equal(status, LOCL_OK);
        } else if (status != LOCL_E_CONFIG ||
                   !strstr(err.message, "data.microbatch: found 4 with task.name contrast")) {
            fail_msg("%s", err.message);
        }
        locl_arrays_free(&out);
        step_case_close(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rule_in_slices),  cmocka_unit_test(given_draws_in_slices),
        cmocka_unit_test(every_shape_in_slices), cmocka_unit_test(slices_that_do_not_divide),
        cmocka_unit_test(contrast_is_not_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
