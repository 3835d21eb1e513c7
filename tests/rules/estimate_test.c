/* lg-fg-a and fg-a as estimators: their average over many draws is lg-bp's and bp's gradient, and a wrong
 * factor of 2, P, G or B, or a bias in any direction, would be seen. Beside it, properties of single steps.
 */
#include "support/step_average.h"
#include "support/step_case.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { BATCH = 3 };

#define MODEL "{image: [4, 4, 2], classes: 3, blocks: 2, patches: 2, channels: 16, groups: 2}"

#define CHANGING                                                                                             \
    "{image: [4, 4, 2], classes: 3, blocks: 2, patches: 2, channels: 16, groups: 2, token_mixer: conv, "     \
    "downsample: [1, 2], pool: max, channel_ratio: [2, 1]}"
#define SHRINKING                                                                                            \
    "{image: [4, 4, 2], classes: 3, blocks: 2, patches: 2, channels: 16, groups: 2, downsample: [1, 2], "    \
    "group_ratio: [2, 1]}"

static void check_average_of(const char *model, const char *rule, bool local, unsigned draws)
{
    step_check_average(&(step_average){.model = model, .rule = rule, .local = local, .draws = draws});
}

static void check_average(const char *rule, bool local, unsigned draws)
{
    check_average_of(MODEL, rule, local, draws);
}

static void averages_to_the_gradient(void **state)
{
    (void)state;
    check_average("name: lg-fg-a", true, 5000);
    check_average("name: lg-fg-a, noise: rademacher, exact_last: true", true, 4000);
    check_average("name: lg-fg-a, passes: 4", true, 2000);
    check_average("name: lg-fg-a, noise: rademacher, passes: 4, losses: {patch: false}", true, 3000);
    check_average("name: lg-fg-a, noise: rademacher, passes: 4, losses: {group: false}", true, 3000);
    check_average("name: lg-fg-a, exact_last: true, passes: 4, losses: {patch: false, group: false}", true,
                  3000);
    check_average("name: lg-fg-a, noise: rademacher, passes: 16, exact_last: true, losses: {block: false}",
                  false, 4000);
    check_average("name: fg-a, noise: rademacher, passes: 16", false, 4000);
}

/* Guesses through mirrors that have nothing to do with the weights. */
static void averages_with_wrong_mirrors(void **state)
{
    (void)state;
    check_average("name: lg-fg-a, exact_last: true, feedback: {group: mirror}", true, 5000);
    check_average("name: lg-fg-a, noise: rademacher, exact_last: true, passes: 4, "
                  "feedback: {group: mirror, channel: mirror}",
                  true, 3000);
    check_average_of(CHANGING,
                     "name: lg-fg-a, noise: rademacher, exact_last: true, passes: 4, "
                     "feedback: {group: mirror, channel: mirror}",
                     true, 3000);
}

/* Through a pooling, a convolution, and a residual that is repeated. */
static void averages_where_shapes_change(void **state)
{
    (void)state;
    check_average_of(CHANGING, "name: lg-fg-a, noise: rademacher, passes: 4", true, 2000);
    check_average_of(CHANGING, "name: fg-a, noise: rademacher, passes: 16", false, 4000);
    check_average_of(SHRINKING, "name: fg-a, noise: rademacher, passes: 16", false, 4000);
    check_average_of(SHRINKING, "name: lg-fg-a, noise: rademacher, passes: 16, losses: {block: false}", false,
                     4000);
}

/* Single steps. */

static void probe_of(step_case *c, const char *rule, locl_arrays *out)
{
    char yaml[512];
    snprintf(yaml, sizeof yaml, "seed: 3\nmodel: %s\nrule: {%s}\n", MODEL, rule);
    step_case_open(c, yaml, BATCH, 21);
    step_probe(c, out);
}

static double distance(const locl_arrays *a, const locl_arrays *b, const char *name)
{
    const float *x = locl_arrays_find(a, name)->data, *y = locl_arrays_find(b, name)->data;
    double difference = 0, norm = 0;
    for (size_t i = 0; i < locl_arrays_find(a, name)->count; i++) {
        difference += ((double)x[i] - (double)y[i]) * ((double)x[i] - (double)y[i]);
        norm += (double)x[i] * (double)x[i];
    }
    return sqrt(difference / norm);
}

static void exact_last_is_exact(void **state)
{
    (void)state;
    static const char *const group[] = {"grad.blocks.0.group.weight", "grad.blocks.0.group.bias",
                                        "grad.blocks.1.group.weight", "grad.blocks.1.group.bias"};
    step_case a, b, c;
    locl_arrays exact = {0}, plain = {0}, backward = {0};
    probe_of(&a, "name: lg-fg-a, exact_last: true", &exact);
    probe_of(&b, "name: lg-fg-a", &plain);
    probe_of(&c, "name: lg-bp", &backward);
    for (int i = 0; i < 4; i++) {
        assert_true(distance(&backward, &exact, group[i]) < 1e-6);
        assert_true(distance(&backward, &plain, group[i]) > 0.1);
    }
    assert_true(distance(&backward, &exact, "grad.blocks.0.channel.weight") > 0.1);
    assert_null(locl_arrays_find(&exact, "noise.0.blocks.0.group"));
    locl_arrays_free(&exact);
    locl_arrays_free(&plain);
    locl_arrays_free(&backward);
    step_case_close(&a);
    step_case_close(&b);
    step_case_close(&c);
}

static void passes_are_averaged(void **state)
{
    (void)state;
    step_check_passes(MODEL, "lg-fg-a");
}

static void block_false_trains_every_layer(void **state)
{
    (void)state;
    step_case c;
    locl_arrays out = {0};
    probe_of(&c, "name: lg-fg-a, losses: {block: false}", &out);
    for (size_t i = 0; i < c.params.count; i++) {
        char name[LOCL_ARRAY_NAME];
        double square = 0;
        snprintf(name, sizeof name, "grad.%s", c.params.param[i].name);
        const locl_array *g = locl_arrays_find(&out, name);
        assert_non_null(g);
        for (size_t j = 0; j < g->count; j++) {
            square += (double)((const float *)g->data)[j] * (double)((const float *)g->data)[j];
        }
        assert_true(square > 0);
    }
    assert_null(locl_arrays_find(&out, "jvp.0.blocks.0"));
    assert_non_null(locl_arrays_find(&out, "jvp.0.blocks.1"));
    locl_arrays_free(&out);
    step_case_close(&c);
}

/* Other parameters that a block's gradients must not see: later blocks, and all heads but its own. */
static void assert_blind(const char *rule, const char *block, const char *const others[])
{
    step_case a, b;
    locl_arrays out_a = {0}, out_b = {0};
    size_t compared = 0;
    probe_of(&a, rule, &out_a);
    probe_of(&b, rule, &out_b);
    locl_arrays_free(&out_b);
    for (size_t i = 0; i < b.in.count; i++) {
        for (size_t j = 0; others[j]; j++) {
            if (strncmp(b.in.array[i]->name, others[j], strlen(others[j])) == 0) {
                step_random(b.in.array[i]->data, b.in.array[i]->count, 3, 77 + i);
            }
        }
    }
    step_probe(&b, &out_b);
    for (size_t i = 0; i < out_a.count; i++) {
        const locl_array *x = out_a.array[i], *y = locl_arrays_find(&out_b, x->name);
        if (strncmp(x->name, block, strlen(block)) == 0) {
            assert_memory_equal(x->data, y->data, locl_array_bytes(x));
            compared++;
        }
    }
    assert_true(compared >= 4);
    assert_true(memcmp(locl_arrays_find(&out_a, "logits")->data, locl_arrays_find(&out_b, "logits")->data,
                       locl_array_bytes(locl_arrays_find(&out_a, "logits"))));
    locl_arrays_free(&out_a);
    locl_arrays_free(&out_b);
    step_case_close(&a);
    step_case_close(&b);
}

static void greedy_blocks_see_only_themselves(void **state)
{
    (void)state;
    static const char *const after_first[] = {"blocks.1.", "classifier.", NULL};
    static const char *const beside_second[] = {"blocks.0.head.", "classifier.", NULL};
    static const char *const rules[] = {"name: lg-fg-a", "name: lg-fg-a, exact_last: true, passes: 2",
                                        "name: lg-bp"};
    for (int i = 0; i < 3; i++) {
        assert_blind(rules[i], "grad.blocks.0.", after_first);
        assert_blind(rules[i], "grad.blocks.1.", beside_second);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(averages_to_the_gradient),
        cmocka_unit_test(averages_with_wrong_mirrors),
        cmocka_unit_test(averages_where_shapes_change),
        cmocka_unit_test(exact_last_is_exact),
        cmocka_unit_test(passes_are_averaged),
        cmocka_unit_test(block_false_trains_every_layer),
        cmocka_unit_test(greedy_blocks_see_only_themselves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
