/* Rules that perturb weights or the primal itself, and lg-bp-overlap: fg-w and lg-fg-w average to bp's and
 * lg-bp's gradient, np-a and np-w come near lg-fg-a and lg-fg-w with the same draws, and an overlap of one
 * block is lg-bp twice. */
#include "support/step_average.h"
#include "support/step_case.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { BATCH = 3, SEED = 21 };

#define SMALL(blocks, groups, more)                                                                          \
    "{image: [4, 4, 2], classes: 3, blocks: " #blocks ", patches: 2, channels: 12, groups: " #groups more "}"

/* Of the whole network fg-w would take too many draws: a_draw_is_projected has it. */
static void averages_to_the_gradient(void **state)
{
    (void)state;
    step_average groups = {.model = SMALL(2, 2, ""),
                           .rule = "name: lg-fg-w, noise: rademacher, passes: 4",
                           .local = true,
                           .own_groups = true,
                           .draws = 1500};
    step_average channels = {.model = SMALL(2, 2, ", post_linear_ln: false"),
                             .rule = "name: lg-fg-w, noise: rademacher, passes: 4",
                             .local = true,
                             .weights_only = true,
                             .draws = 1000};
    step_average network = {.model = SMALL(1, 2, ""),
                            .rule = "name: fg-w, noise: rademacher, passes: 4",
                            .weights_only = true,
                            .draws = 1500};
    step_check_average(&groups);
    step_check_average(&channels);
    step_check_average(&network);
}

static void a_draw_is_projected(void **state)
{
    (void)state;
    static const char *const models[] = {
        SMALL(2, 1, ""),
        SMALL(2, 2, ""),
        SMALL(3, 2, ", hidden: 20, post_linear_ln: false"),
        SMALL(2, 2, ", norm: batch"),
        SMALL(2, 2, ", norm: sample"),
        SMALL(2, 2, ", token_mixer: conv, downsample: [2, 2], channel_ratio: [2, 1]")};
    for (int i = 0; i < 6; i++) {
        step_check_projection(&(step_average){.model = models[i], .rule = "name: fg-w"});
        step_check_projection(
            &(step_average){.model = models[i],
                            .rule = i ? "name: lg-fg-w, losses: {group: false}" : "name: lg-fg-w",
                            .local = true});
    }
    step_check_projection(
        &(step_average){.model = models[1], .rule = "name: lg-fg-w, losses: {block: false, group: false}"});
}

static void passes_are_averaged(void **state)
{
    (void)state;
    static const char *const rules[] = {"lg-fg-w", "fg-w", "np-a", "np-w"};
    for (int i = 0; i < 4; i++) {
        step_check_passes(SMALL(2, 2, ""), rules[i]);
        step_check_passes(SMALL(2, 2, ", norm: batch"), rules[i]);
    }
}

static void open_case(step_case *c, const char *model, const char *rule)
{
    char yaml[512];
    snprintf(yaml, sizeof yaml, "seed: 3\nmodel: %s\nrule: {name: %s}\n", model, rule);
    step_case_open(c, yaml, BATCH, SEED);
}

static double distance(const locl_array *a, const locl_array *b)
{
    const float *x = a->data, *y = b->data;
    double difference = 0, norm = 0;
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        difference += ((double)x[i] - (double)y[i]) * ((double)x[i] - (double)y[i]);
        norm += (double)x[i] * (double)x[i];
    }
    return sqrt(difference) / (sqrt(norm) + 1e-4);
}

/* All that both give whose name starts with `prefix`, with the same draws; how many they are. With batch norm
 * biases cancel: their gradients are rounding errors. */
static size_t check_near(const char *model, const char *exact, const char *moved, const char *prefix)
{
    step_case a, b;
    locl_arrays of_a = {0}, of_b = {0};
    size_t compared = 0;
    bool biases = !strstr(model, "norm: batch");
    open_case(&a, model, exact);
    open_case(&b, model, moved);
    step_case_add_draws(&a, 5);
    step_case_add_draws(&b, 5);
    step_probe(&a, &of_a);
    step_probe(&b, &of_b);
    for (size_t i = 0; i < of_a.count; i++) {
        const locl_array *x = of_a.array[i], *y = locl_arrays_find(&of_b, x->name);
        if (strncmp(x->name, prefix, strlen(prefix)) == 0) {
            assert_non_null(y);
            if (!(distance(x, y) < 2e-2) && (biases || !strstr(x->name, ".bias"))) {
                fail_msg("%s, %s: %s is %.3g from that of %s", model, moved, x->name, distance(x, y), exact);
            }
            compared++;
        }
    }
    locl_arrays_free(&of_a);
    locl_arrays_free(&of_b);
    step_case_close(&a);
    step_case_close(&b);
    return compared;
}

/* Each rule's gradients, all that there are, and the directional derivatives that np-a gives. Such small
 * groups have LNs of strong curvature: with epsilon 1e-3 up to 0.1 is left of it. */
static void small_steps_are_derivatives(void **state)
{
    (void)state;
    static const char *const models[] = {SMALL(2, 2, ""),
                                         SMALL(2, 1, ", hidden: 20, head_ln: false, classifier_ln: false"),
                                         SMALL(2, 2, ", norm: sample"), SMALL(2, 2, ", norm: batch")};
    static const char *const options[] = {"", ", passes: 2", ", noise: rademacher, losses: {group: false}"};
    for (int i = 0; i < 4 * 3; i++) {
        char exact[128], moved[128];
        snprintf(exact, sizeof exact, "lg-fg-a%s", options[i / 4]);
        snprintf(moved, sizeof moved, "np-a, epsilon: 1e-4%s", options[i / 4]);
        assert_int_equal(check_near(models[i % 4], exact, moved, "grad."), 16);
        assert_int_equal(check_near(models[i % 4], exact, moved, "jvp."), i / 4 == 1 ? 4 : 2);
        snprintf(exact, sizeof exact, "lg-fg-w%s", options[i / 4]);
        snprintf(moved, sizeof moved, "np-w, epsilon: 1e-4%s", options[i / 4]);
        assert_int_equal(check_near(models[i % 4], exact, moved, "grad."), 16);
    }
}

/* Both phases of a single block are lg-bp; heads and classifier are trained once. */
static void an_overlap_of_one_block_is_twice_itself(void **state)
{
    (void)state;
    step_case a, b;
    locl_arrays once = {0}, twice = {0};
    size_t doubled = 0, same = 0;
    open_case(&a, SMALL(1, 2, ""), "lg-bp");
    open_case(&b, SMALL(1, 2, ""), "lg-bp-overlap");
    step_probe(&a, &once);
    step_probe(&b, &twice);
    assert_int_equal(once.count, twice.count);
    for (size_t i = 0; i < once.count; i++) {
        const char *name = once.array[i]->name;
        const float *x = once.array[i]->data, *y = locl_arrays_find(&twice, name)->data;
        bool layer = strncmp(name, "grad.blocks.", 12) == 0 && !strstr(name, ".head.");
        for (size_t j = 0; j < once.array[i]->count; j++) {
            assert_true(fabs((double)y[j] - (layer ? 2 : 1) * (double)x[j]) <= 0);
        }
        doubled += layer;
        same += strstr(name, ".head.") || strstr(name, "classifier");
    }
    assert_int_equal(doubled, 4);
    assert_int_equal(same, 4);
    locl_arrays_free(&once);
    locl_arrays_free(&twice);
    step_case_close(&a);
    step_case_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(averages_to_the_gradient),
        cmocka_unit_test(a_draw_is_projected),
        cmocka_unit_test(passes_are_averaged),
        cmocka_unit_test(small_steps_are_derivatives),
        cmocka_unit_test(an_overlap_of_one_block_is_twice_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
