/* locl audit's core on a small network: what it draws is what a training step computes; it finds unbiased
 * rules unbiased and biased ones biased, and orders estimators as they should be. */
#include "study/audit.h"

#include "data/patches.h"
#include "study/audit_stages.h"
#include "support/step_case.h"

#include <math.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { BATCH = 3, SEED = 21, MOST = 8 };

#define MODEL                                                                                                \
    "seed: 3\nmodel: {image: [4, 4, 2], classes: 3, blocks: 2, patches: 2, channels: 16, groups: 2}\n"
#define SURE 5

/* A case, its images cut into patches, and rules to audit. */
typedef struct setting {
    step_case c;
    float *x;
    locl_rule_options rule[MOST];
    locl_audit_input in;
} setting;

/* `rules` ends with NULL. */
static void open_setting(setting *s, const char *const *rules, uint64_t draws)
{
    locl_error err = {0};
    locl_patch_shape shape;
    memset(s, 0, sizeof *s);
    step_case_open(&s->c, MODEL "rule: {name: lg-bp}\n", BATCH, SEED);
    assert_int_equal(locl_patch_shape_make(4, 4, 2, 2, &shape, &err), LOCL_OK);
    const float *images = locl_arrays_find(&s->c.in, "images")->data;
    size_t values = shape.count * shape.size;
    s->x = malloc(BATCH * values * sizeof *s->x);
    assert_non_null(s->x);
    for (size_t n = 0; n < BATCH; n++) {
        locl_patches_from_floats(&shape, images + n * values, s->x + n * values);
    }
    s->in = (locl_audit_input){.model = &s->c.model,
                               .device = step_device(),
                               .engine = LOCL_ENGINE_NATIVE,
                               .seed = 3,
                               .batch = BATCH,
                               .x = s->x,
                               .labels = locl_arrays_find(&s->c.in, "labels")->data,
                               .values = &s->c.in,
                               .rule = s->rule,
                               .draws = draws};
    for (; rules[s->in.rules]; s->in.rules++) {
        if (locl_config_rule(s->c.config, rules[s->in.rules], &s->rule[s->in.rules], &err) != LOCL_OK) {
            fail_msg("%s", err.message);
        }
    }
}

static void close_setting(setting *s)
{
    step_case_close(&s->c);
    free(s->x);
}

static locl_audit *measure(const setting *s)
{
    locl_error err = {0};
    locl_audit *audit;
    if (locl_audit_measure(&s->in, &audit, &err) != LOCL_OK) {
        fail_msg("%s: %s", err.where, err.message);
    }
    assert_int_equal(audit->estimators, s->in.rules);
    return audit;
}

static const locl_audit_layer *layer_of(const locl_audit *audit, size_t estimator, const char *name)
{
    const locl_audit_estimator *e = &audit->estimator[estimator];
    for (size_t i = 0; i < e->layers; i++) {
        if (strstr(e->layer[i].name, name)) {
            return &e->layer[i];
        }
    }
    fail_msg("no layer %s", name);
    return NULL;
}

/* ---- what is drawn ---- */

/* Step 0 of stages in turn against what locl_probe() gives for the rule. */
static void check_step(const char *rule)
{
    setting s;
    locl_error err = {0};
    locl_stages stages = {0};
    locl_stage_options options[LOCL_MODEL_MAX_BLOCKS];
    locl_queue queue;
    locl_arena *workspace, *io;
    locl_audit_layers layers;
    double seconds;
    char yaml[512];
    step_case c;
    locl_arrays out = {0};
    open_setting(&s, (const char *const[]){rule, NULL}, 3);
    snprintf(yaml, sizeof yaml, MODEL "rule: %s\n", rule);
    step_case_open(&c, yaml, BATCH, SEED);
    step_probe(&c, &out);

    locl_device *device = step_device();
    locl_stage_options like = {.model = &c.model,
                               .rule = &s.rule[0],
                               .train = true,
                               .products = {.engine = locl_stage_engine(LOCL_ENGINE_AUTO, device)},
                               .seed = 3,
                               .batch = BATCH};
    assert_int_equal(locl_queue_create(device, LOCL_QUEUE_PLAIN, &queue, &err), LOCL_OK);
    assert_int_equal(locl_arena_create("workspace", &device->caps, &workspace, &err), LOCL_OK);
    assert_int_equal(locl_arena_create("io", &device->caps, &io, &err), LOCL_OK);
    assert_int_equal(locl_audit_layers_of(&c.model, &layers, &err), LOCL_OK);
    assert_int_equal(
        locl_stages_open(options, locl_stage_cut_options(&like, options), device, workspace, &stages, &err),
        LOCL_OK);
    locl_stages_buffers b = {.x = locl_arena_take(io, BATCH * 32 * sizeof(float), "x"),
                             .labels = locl_arena_take(io, BATCH * sizeof(int32_t), "labels")};
    for (int i = 0; i < 2; i++) {
        b.between[i] = locl_arena_take(io, locl_stages_widest(&stages) * sizeof(float), "between");
    }
    assert_int_equal(locl_arena_bind(workspace, device, &err), LOCL_OK);
    assert_int_equal(locl_arena_bind(io, device, &err), LOCL_OK);
    assert_int_equal(
        locl_audit_stages_bind(&stages, &queue, &c.in, locl_rule_of(s.rule[0].kind)->params.feedback, &err),
        LOCL_OK);
    locl_buffer_write(&queue, b.x->mem, 0, b.x->bytes, s.x, LOCL_BLOCKING, NULL, NULL, &err);
    locl_buffer_write(&queue, b.labels->mem, 0, b.labels->bytes, s.in.labels, LOCL_BLOCKING, NULL, NULL,
                      &err);
    float *gradient = calloc(layers.values, sizeof *gradient);
    for (int again = 0; again < 2; again++) { /* steps leave no trace */
        assert_int_equal(locl_audit_stages_step(&stages, &queue, &b, 1, &layers, gradient, &seconds, &err),
                         LOCL_OK);
        assert_int_equal(locl_audit_stages_step(&stages, &queue, &b, 0, &layers, gradient, &seconds, &err),
                         LOCL_OK);
    }
    size_t compared = 0;
    for (size_t i = 0; i < c.params.trained; i++) {
        const locl_param *p = &c.params.param[i];
        size_t offset = locl_audit_layers_offset(&layers, p);
        char name[LOCL_ARRAY_NAME];
        snprintf(name, sizeof name, "grad.%s", p->name);
        if (offset != SIZE_MAX) {
            const locl_array *expected = locl_arrays_find(&out, name);
            assert_memory_equal(gradient + offset, expected->data, locl_array_bytes(expected));
            compared += p->count;
        }
    }
    assert_int_equal(compared, layers.values);
    free(gradient);
    locl_stages_close(&stages);
    locl_arena_release(workspace);
    locl_arena_release(io);
    locl_queue_release(&queue);
    locl_audit_layers_free(&layers);
    locl_arrays_free(&out);
    step_case_close(&c);
    close_setting(&s);
}

static void a_draw_is_what_a_step_computes(void **state)
{
    (void)state;
    static const char *const rules[] = {"{name: lg-fg-a}", "{name: lg-fg-a, exact_last: true, passes: 2}",
                                        "{name: fg-a}",    "{name: lg-fg-w}",
                                        "{name: np-a}",    "{name: bp}",
                                        "{name: fa}",      "{name: dfa}"};
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        check_step(rules[i]);
    }
}

/* ---- bias ---- */

static void check_unbiased(const locl_audit *audit, bool own_groups)
{
    for (size_t i = 0; i < audit->estimators; i++) {
        const locl_audit_estimator *e = &audit->estimator[i];
        for (size_t j = 0; j < e->layers; j++) {
            const locl_audit_layer *l = &e->layer[j];
            bool other = e->own_groups && (strstr(l->name, "channel") || strstr(l->name, "all"));
            assert_int_equal(e->own_groups, own_groups);
            if (other || l->error.value < 1e-8) {
                continue;
            }
            if (fabs(l->bias_square.value) > SURE * l->bias_square.error ||
                fabs(l->along.value - 1) > SURE * l->along.error) {
                fail_msg("%s, %s: squared bias %g +- %g, along %g +- %g", e->label, l->name,
                         l->bias_square.value, l->bias_square.error, l->along.value, l->along.error);
            }
            assert_true(fabs(l->error.value - l->variance.value - l->bias_square.value) <
                        1e-3 * l->error.value);
        }
    }
}

static void unbiased_rules(void **state)
{
    (void)state;
    setting s;
    open_setting(&s,
                 (const char *const[]){
                     "lg-fg-a", "{name: lg-fg-a, noise: rademacher, exact_last: true}", "fg-a", "fg-w",
                     "np-a", "{name: lg-fg-a, losses: {block: false, patch: false, group: false}}", NULL},
                 400);
    locl_audit *audit = measure(&s);
    check_unbiased(audit, false);
    assert_string_equal(audit->estimator[1].label, "lg-fg-a, rademacher, exact_last");
    assert_string_equal(audit->estimator[5].label,
                        "lg-fg-a, losses.block: false, losses.patch: false, losses.group: false");
    assert_string_equal(audit->estimator[3].exact, "bp");
    assert_true(layer_of(audit, 1, "blocks.1.group")->error.value < 1e-8);
    assert_true(layer_of(audit, 0, "blocks.1.group")->error.value > 1);
    locl_audit_free(audit);
    close_setting(&s);
    open_setting(&s, (const char *const[]){"lg-fg-w", "np-w", NULL}, 400);
    audit = measure(&s);
    check_unbiased(audit, true);
    locl_audit_free(audit);
    close_setting(&s);
}

static void biased_rules(void **state)
{
    (void)state;
    setting s;
    open_setting(&s,
                 (const char *const[]){"{name: lg-fg-a, norm_grad: false, passes: 16}", "fa", "dfa",
                                       "lg-bp-overlap", NULL},
                 200);
    locl_audit *audit = measure(&s);
    const locl_audit_layer *l = layer_of(audit, 0, "blocks.0.channel");
    assert_true(l->bias_square.value > SURE * l->bias_square.error);
    for (size_t i = 1; i < 4; i++) {
        l = layer_of(audit, i, "all");
        assert_int_equal(audit->estimator[i].draws, 0);
        assert_true(l->bias_square.value > 0.1 && l->variance.value == 0 && l->cosine < 0.99);
    }
    locl_audit_free(audit);
    close_setting(&s);
}

/* The yardsticks, and with one block what is the same as they are. */
static void exact_rules_are_exact(void **state)
{
    (void)state;
    setting s;
    open_setting(&s, (const char *const[]){"bp", "l-bp", "lg-bp", NULL}, 3);
    locl_audit *audit = measure(&s);
    for (size_t i = 0; i < 3; i++) {
        assert_true(layer_of(audit, i, "all")->error.value == 0);
        assert_true(audit->estimator[i].seconds.median > 0);
    }
    assert_true(audit->flops > 0 && fabs(audit->estimator[2].flops_ratio - 1) < 1e-12);
    locl_audit_free(audit);
    close_setting(&s);
}

/* ---- variance ---- */

static void variances_are_ordered(void **state)
{
    (void)state;
    setting s;
    open_setting(&s,
                 (const char *const[]){"lg-fg-a", "{name: lg-fg-a, noise: rademacher}",
                                       "{name: lg-fg-a, passes: 4}", "{name: lg-fg-a, exact_last: true}",
                                       "lg-fg-w", "fg-a", NULL},
                 600);
    locl_audit *audit = measure(&s);
    for (size_t j = 0; j < audit->estimator[0].layers; j++) {
        const char *name = audit->estimator[0].layer[j].name;
        double plain = layer_of(audit, 0, name)->variance.value;
        double fewer = plain / layer_of(audit, 2, name)->variance.value;
        assert_true(layer_of(audit, 1, name)->variance.value < plain);
        assert_true(layer_of(audit, 3, name)->variance.value < plain);
        assert_true(fewer > 3.2 && fewer < 5);
    }
    assert_true(layer_of(audit, 4, "all")->variance.value > 2 * layer_of(audit, 0, "all")->variance.value);
    assert_true(audit->estimator[2].flops > audit->estimator[0].flops);
    locl_audit_free(audit);
    close_setting(&s);
}

/* SPEC 5: rows of a Hadamard matrix for the channel layer, whose groups have 8 channels. */
static void tangents_of_the_channel_layer(void **state)
{
    (void)state;
    setting s;
    open_setting(&s,
                 (const char *const[]){"{name: lg-fg-a, exact_last: true}",
                                       "{name: lg-fg-a, exact_last: true, tangents: {channel: 4}}",
                                       "{name: lg-fg-a, exact_last: true, tangents: {channel: 8}}", NULL},
                 200);
    locl_audit *audit = measure(&s);
    check_unbiased(audit, false);
    for (int block = 0; block < 2; block++) {
        const char *name = block ? "blocks.1.channel" : "blocks.0.channel";
        double plain = layer_of(audit, 0, name)->variance.value;
        double some = layer_of(audit, 1, name)->variance.value;
        assert_true(some < plain / 4);
        assert_true(layer_of(audit, 2, name)->error.value < 1e-8);
    }
    assert_true(layer_of(audit, 2, "blocks.1.token")->variance.value > 1);
    assert_string_equal(audit->estimator[1].label, "lg-fg-a, exact_last, tangents.channel: 4");
    locl_audit_free(audit);
    close_setting(&s);
}

/* Without mirrors in the parameters they are made from the weights, and one draw is exact; those that are there are
 * used, and a guess that is wrong leaves noise but no bias. */
static void mirrors_of_weights(void **state)
{
    (void)state;
    static const char *const rules[] = {
        "{name: lg-fg-a, exact_last: true, feedback: {group: mirror}}",
        "{name: lg-fg-a, exact_last: true, feedback: {group: mirror, channel: mirror}}", NULL};
    setting s;
    step_case trained;
    open_setting(&s, rules, 200);
    locl_audit *audit = measure(&s);
    assert_true(layer_of(audit, 0, "blocks.1.channel")->error.value < 1e-8);
    assert_true(layer_of(audit, 0, "blocks.1.token")->error.value > 1);
    assert_true(layer_of(audit, 1, "all")->error.value < 1e-8);
    assert_string_equal(audit->estimator[1].label,
                        "lg-fg-a, exact_last, feedback.group: mirror, feedback.channel: mirror");
    locl_audit_free(audit);
    step_case_open(&trained,
                   MODEL "rule: {name: lg-fg-a, exact_last: true, feedback: {group: mirror, channel: "
                         "mirror}}\n",
                   BATCH, SEED);
    s.in.values = &trained.in;
    audit = measure(&s);
    check_unbiased(audit, false);
    for (size_t i = 0; i < 2; i++) {
        assert_true(layer_of(audit, i, "blocks.1.channel")->error.value > 0.1);
        assert_true(layer_of(audit, i, "blocks.1.group")->error.value < 1e-8);
    }
    locl_audit_free(audit);
    step_case_close(&trained);
    close_setting(&s);
}

/* ---- the edges ---- */

static void a_gradient_of_zero(void **state)
{
    (void)state;
    setting s;
    open_setting(&s, (const char *const[]){"fg-a", "lg-fg-a", NULL}, 3);
    s.in.values = NULL; /* initial values: the classifier's are 0 */
    locl_audit *audit = measure(&s);
    assert_true(layer_of(audit, 0, "all")->norm == 0);
    assert_true(layer_of(audit, 1, "all")->norm > 0);
    locl_audit_free(audit);
    close_setting(&s);
}

typedef struct stopper {
    atomic_bool stop;
    size_t after;
} stopper;

static void stop_after(void *user, size_t done, size_t total, const char *next, double left)
{
    stopper *s = user;
    assert_true(done < total && next[0] && left >= 0);
    s->stop = done >= s->after;
}

static void an_audit_that_is_stopped(void **state)
{
    (void)state;
    setting s;
    stopper stop = {.after = 30};
    locl_error err = {0};
    locl_audit *audit;
    open_setting(&s, (const char *const[]){"lg-fg-a", "fa", NULL}, 100);
    s.in.stop = &stop.stop;
    s.in.handler = stop_after;
    s.in.user = &stop;
    assert_int_equal(locl_audit_measure(&s.in, &audit, &err), LOCL_E_INTERRUPTED);
    assert_non_null(audit);
    assert_in_range(audit->estimator[0].draws, 3, 30);
    assert_true(layer_of(audit, 0, "all")->variance.value > 0);
    assert_true(layer_of(audit, 1, "all")->error.value > 0);
    locl_audit_free(audit);
    stop = (stopper){.after = 5};
    assert_int_equal(locl_audit_measure(&s.in, &audit, &err), LOCL_E_INTERRUPTED);
    assert_null(audit);
    close_setting(&s);
}

/* Feedback is drawn where the parameters have none, or another rule's. */
static void feedback_that_is_missing(void **state)
{
    (void)state;
    setting s;
    step_case dfa;
    open_setting(&s, (const char *const[]){"fa", "lg-fa", "dfa", NULL}, 3);
    assert_null(locl_arrays_find(&s.c.in, "classifier.weight.feedback"));
    locl_audit_free(measure(&s));
    step_case_open(&dfa, MODEL "rule: {name: dfa}\n", BATCH, SEED);
    assert_non_null(locl_arrays_find(&dfa.in, "blocks.0.channel.weight.feedback"));
    s.in.values = &dfa.in;
    locl_audit_free(measure(&s));
    step_case_close(&dfa);
    close_setting(&s);
}

/* Of the kind that the parameters hold, it has to be all there. */
static void feedback_that_does_not_fit(void **state)
{
    (void)state;
    setting s;
    step_case fa;
    locl_error err = {0};
    locl_audit *audit;
    open_setting(&s, (const char *const[]){"fa", "dfa", NULL}, 3);
    step_case_open(&fa, MODEL "rule: {name: lg-fa}\n", BATCH, SEED);
    s.in.values = &fa.in;
    s.in.feedback = LOCL_FEEDBACK_WEIGHTS;
    locl_audit_free(measure(&s));
    locl_array *feedback = locl_arrays_find(&fa.in, "classifier.weight.feedback");
    feedback->dim[1]++;
    assert_int_equal(locl_audit_measure(&s.in, &audit, &err), LOCL_E_CHECKPOINT);
    assert_non_null(
        strstr(err.message, "classifier.weight.feedback: found F32 [16,4], should be F32 [16,3]"));
    feedback->dim[1]--;
    feedback->name[0] = 'C';
    assert_int_equal(locl_audit_measure(&s.in, &audit, &err), LOCL_E_CHECKPOINT);
    assert_non_null(strstr(err.message, "classifier.weight.feedback is missing"));
    assert_null(audit);
    step_case_close(&fa);
    close_setting(&s);
}

static void parameters_of_another_network(void **state)
{
    (void)state;
    setting s;
    locl_error err = {0};
    locl_audit *audit;
    open_setting(&s, (const char *const[]){"lg-fg-a", NULL}, 3);
    locl_array *weight = locl_arrays_find(&s.c.in, "blocks.1.channel.weight");
    weight->dim[0]++;
    assert_int_equal(locl_audit_measure(&s.in, &audit, &err), LOCL_E_CHECKPOINT);
    assert_non_null(strstr(err.message, "blocks.1.channel.weight"));
    assert_null(audit);
    weight->dim[0]--;
    close_setting(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_draw_is_what_a_step_computes),
        cmocka_unit_test(unbiased_rules),
        cmocka_unit_test(biased_rules),
        cmocka_unit_test(exact_rules_are_exact),
        cmocka_unit_test(variances_are_ordered),
        cmocka_unit_test(tangents_of_the_channel_layer),
        cmocka_unit_test(mirrors_of_weights),
        cmocka_unit_test(a_gradient_of_zero),
        cmocka_unit_test(an_audit_that_is_stopped),
        cmocka_unit_test(feedback_that_is_missing),
        cmocka_unit_test(feedback_that_does_not_fit),
        cmocka_unit_test(parameters_of_another_network),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
