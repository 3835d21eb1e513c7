#include "support/step_case.h"

#include "rules/rule.h"

#include "study/probe.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static double uniform(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return ((double)(*state >> 11) + 0.5) / 9007199254740992.0;
}

void step_random(float *out, size_t count, double scale, uint64_t seed)
{
    uint64_t state = seed * 2654435761u + 88172645463325252u;
    for (size_t i = 0; i < count; i++) {
        double a = uniform(&state), b = uniform(&state);
        out[i] = (float)(scale * sqrt(-2 * log(a)) * cos(6.283185307179586 * b));
    }
}

static locl_array *add(locl_arrays *set, const char *name, locl_dtype dtype, size_t rank, const size_t *dim)
{
    locl_array *array = locl_arrays_add(set, name, dtype, rank, dim, NULL);
    assert_non_null(array);
    return array;
}

static void add_images(step_case *c, uint64_t seed)
{
    const unsigned *image = c->config->model.image;
    const size_t dim[] = {c->batch, image[0], image[1], image[2]};
    static const char *const names[] = {"images", "images.1", "images.2"};
    for (size_t view = 0; view < c->model.views; view++) {
        locl_array *images =
            add(&c->in, names[locl_model_contrasts(&c->model) ? 1 + view : 0], LOCL_F32, 4, dim);
        step_random(images->data, images->count, 1, seed + 1000 * view);
    }
    locl_array *labels =
        locl_model_contrasts(&c->model) ? NULL : add(&c->in, "labels", LOCL_I32, 1, &c->batch);
    for (size_t n = 0; labels && n < c->batch; n++) {
        ((int32_t *)labels->data)[n] = (int32_t)((n * 7 + seed) % c->model.classes);
    }
}

void step_case_open(step_case *c, const char *yaml, size_t batch, uint64_t seed)
{
    locl_error err = {0};
    *c = (step_case){.batch = batch};
    if (locl_config_parse("case", yaml, strlen(yaml), NULL, 0, LOCL_CONFIG_PROBE, &c->config, &err) !=
        LOCL_OK) {
        fail_msg("%s", err.message);
    }
    assert_int_equal(locl_model_open(&c->config->model, &c->model, &err), LOCL_OK);
    assert_int_equal(
        locl_params_layout(&c->model, 0, c->model.blocks,
                           locl_model_contrasts(&c->model) ? LOCL_WITHOUT_CLASSIFIER : LOCL_WITH_CLASSIFIER,
                           locl_rule_params(&c->config->rule), 1, &c->params, &err),
        LOCL_OK);
    add_images(c, seed);
    for (size_t i = 0; i < c->params.count; i++) {
        const locl_param *p = &c->params.param[i];
        locl_array *array = add(&c->in, p->name, LOCL_F32, p->rank, p->dim);
        step_random(array->data, array->count, p->weight ? 1 / sqrt((double)p->fan_in) : 0.3, seed + 1 + i);
    }
}

static void add_weight_draws(step_case *c, size_t pass, uint64_t seed)
{
    for (size_t i = 0; i < c->params.trained; i++) {
        const locl_param *p = &c->params.param[i];
        if (p->owner < LOCL_OWNER_HEAD) {
            char name[LOCL_ARRAY_NAME + 32];
            snprintf(name, sizeof name, "noise.%zu.%s", pass, p->name);
            locl_array *array = add(&c->in, name, LOCL_F32, p->rank, p->dim);
            step_random(array->data, array->count, 1, seed + 100 * pass + i);
        }
    }
}

void step_case_add_draws(step_case *c, uint64_t seed)
{
    static const char *const names[] = {"token", "channel", "group"};
    for (size_t m = 0; m < c->config->rule.passes; m++) {
        if (locl_rule_of(c->config->rule.kind)->weights) {
            add_weight_draws(c, m, seed);
            continue;
        }
        for (size_t k = 0; k < c->model.blocks; k++) {
            const locl_block_shape *s = &c->model.block[k];
            for (int layer = s->token ? 0 : 1; layer < 3; layer++) {
                char name[LOCL_ARRAY_NAME];
                size_t dim[4] = {c->batch, s->patches, layer == 1 ? s->hidden : s->in};
                if (layer == 2) {
                    dim[2] = s->groups;
                    dim[3] = s->width / s->groups;
                }
                snprintf(name, sizeof name, "noise.%zu.blocks.%zu.%s", m, k, names[layer]);
                size_t own = c->config->rule.channel_tangents, rank = layer == 2 ? 4 : 3;
                if (layer == 1 && own > 1) {
                    memcpy(dim, (size_t[4]){own, c->batch, s->patches, s->hidden}, sizeof dim);
                    rank = 4;
                }
                locl_array *array = add(&c->in, name, LOCL_F32, rank, dim);
                step_random(array->data, array->count, 1, seed + 100 * m + 10 * k + (uint64_t)layer);
            }
        }
    }
}

void step_case_close(step_case *c)
{
    locl_config_free(c->config);
    locl_params_release(&c->params);
    locl_arrays_free(&c->in);
}

static locl_devices *devices;

static void close_devices(void)
{
    locl_devices_close(devices);
}

locl_device *step_device(void)
{
    locl_error err = {0};
    if (!devices) {
        if (locl_devices_open(NULL, 0, &devices, &err) != LOCL_OK) {
            fail_msg("%s", err.message);
        }
        atexit(close_devices);
    }
    return devices->device[0];
}

void step_probe(const step_case *c, locl_arrays *out)
{
    locl_error err = {0};
    if (locl_probe(c->config, step_device(), &c->in, out, &err) != LOCL_OK) {
        fail_msg("%s: %s", err.where, err.message);
    }
}

static size_t listed(const locl_block_list *list, size_t block)
{
    return list->count ? list->values[block] : 1;
}

step_sizes step_sizes_of(const step_case *c)
{
    const locl_model_options *o = &c->config->model;
    step_sizes s = {.batch = c->batch * c->model.views,
                    .views = c->model.views,
                    .temperature = o->task.temperature,
                    .blocks = o->blocks,
                    .image = {o->image[0], o->image[1], o->image[2]},
                    .classes = c->model.outputs,
                    .kernel = o->token_mixer == LOCL_TOKEN_MIXER_CONV ? o->kernel : 0,
                    .max_pool = o->pool == LOCL_POOL_MAX,
                    .begin_ln = o->begin_ln,
                    .middle_ln = o->middle_ln,
                    .post_ln = o->post_linear_ln,
                    .head_ln = c->model.options.head_ln,
                    .classifier_ln = o->classifier_ln,
                    .norm = (int)o->norm};
    step_block b = {.side = o->patches,
                    .in = (size_t)o->image[0] * o->image[1] * o->image[2] / o->patches / o->patches,
                    .hidden = o->hidden,
                    .width = o->channels,
                    .groups = o->groups};
    for (size_t k = 0; k < o->blocks; k++) {
        b.stride = listed(&o->downsample, k);
        s.block[k] = b;
        b.side = (b.side + b.stride - 1) / b.stride;
        b.in = b.width;
        b.hidden *= listed(&o->channel_ratio, k);
        b.width *= listed(&o->channel_ratio, k);
        b.groups *= listed(&o->group_ratio, k);
    }
    return s;
}

step_rule step_rule_of(const step_case *c)
{
    const locl_rule_options *o = &c->config->rule;
    const locl_rule *law = locl_rule_of(o->kind);
    bool direct = o->kind == LOCL_RULE_DFA, contrasts = locl_model_contrasts(&c->model),
         global = direct || o->kind == LOCL_RULE_BP || o->kind == LOCL_RULE_FA,
         of_last_head = global && contrasts; /* which is then the network's loss */
    return (step_rule){.backward = law->backward,
                       .through = o->kind == LOCL_RULE_L_BP || o->kind == LOCL_RULE_L_FA,
                       .classifier = global && !of_last_head,
                       .direct = direct,
                       .idle_heads = law->params.idle_heads,
                       .passes = o->passes,
                       .channel_tangents = o->channel_tangents,
                       .norm_grad = o->norm_grad,
                       .exact_last = o->exact_last,
                       .loss_block = (o->loss_block || law->backward) && !of_last_head,
                       .loss_patch = o->loss_patch,
                       .loss_group = o->loss_group,
                       .group_mirrors = o->group_feedback == LOCL_GUESS_MIRROR,
                       .channel_mirrors = o->channel_feedback == LOCL_GUESS_MIRROR};
}

void step_set_of(const locl_arrays *a, const locl_arrays *b, step_set *out)
{
    const locl_arrays *const sets[] = {a, b};
    for (int s = 0; s < 2; s++) {
        for (size_t i = 0; sets[s] && i < sets[s]->count; i++) {
            const locl_array *array = sets[s]->array[i];
            if (array->dtype != LOCL_F32) {
                continue;
            }
            double *v = step_set_add(out, array->count, "%s", array->name);
            for (size_t j = 0; j < array->count; j++) {
                v[j] = ((const float *)array->data)[j];
            }
        }
    }
}

const int *step_labels(const step_case *c)
{
    const locl_array *labels = locl_arrays_find(&c->in, "labels");
    return labels ? labels->data : NULL;
}

void step_expect(const step_case *c, const locl_arrays *draws, step_set *out)
{
    step_set in = {0};
    step_sizes sizes = step_sizes_of(c);
    step_rule rule = step_rule_of(c);
    step_set_of(&c->in, draws, &in);
    step_reference(&sizes, &rule, &in, step_labels(c), out);
    step_set_free(&in);
}

static double norm_of(const step_tensor *t)
{
    double sum = 0;
    for (size_t i = 0; i < t->count; i++) {
        sum += t->v[i] * t->v[i];
    }
    return sqrt(sum);
}

/* Returns what a difference is measured by where the expected is 0: the largest gradient of the same
 * block. */
static double scale_beside(const step_set *set, const char *name)
{
    double largest = 0;
    size_t prefix = strcspn(name, "0123456789") + 2;
    for (size_t i = 0; i < set->count; i++) {
        if (strncmp(set->tensor[i].name, name, prefix) == 0) {
            largest = fmax(largest, norm_of(&set->tensor[i]));
        }
    }
    return largest;
}

static void assert_tensor_near(const step_set *expected, const step_tensor *e, const locl_array *a,
                               double tolerance)
{
    double difference = 0, scale = norm_of(e), beside = scale_beside(expected, e->name);
    assert_int_equal(a->count, e->count);
    for (size_t i = 0; i < e->count; i++) {
        double d = (double)((const float *)a->data)[i] - e->v[i];
        difference += d * d;
    }
    scale = scale > 1e-9 * beside ? scale : beside;
    if (!(sqrt(difference) <= tolerance * scale)) {
        fail_msg("%s: norm of the difference %.3g, of the expected %.3g", e->name, sqrt(difference),
                 norm_of(e));
    }
}

void step_assert_near(const step_set *expected, const locl_arrays *actual, double tolerance)
{
    for (size_t i = 0; i < expected->count; i++) {
        const step_tensor *e = &expected->tensor[i];
        const locl_array *a = locl_arrays_find(actual, e->name);
        if (!a) {
            fail_msg("%s is missing", e->name);
        }
        assert_tensor_near(expected, e, a, tolerance);
    }
    for (size_t i = 0; i < actual->count; i++) {
        const char *name = actual->array[i]->name;
        if (strncmp(name, "noise.", 6) && !step_set_find(expected, name)) {
            fail_msg("%s should not be there", name);
        }
    }
}

/* Compares a case with its reference. Returns false, and compares nothing, where a ReLU is on its edge. */
static bool check(const step_case *c, bool given, double tolerance)
{
    const double rounding = 4e-6; /* of values of the size of 1, as they are behind an LN */
    locl_arrays out = {0};
    step_set expected = {0};
    step_probe(c, &out);
    step_expect(c, given ? NULL : &out, &expected);
    bool told = expected.nearest > rounding;
    if (told) {
        step_assert_near(&expected, &out, tolerance);
    }
    step_set_free(&expected);
    locl_arrays_free(&out);
    return told;
}

void step_case_seed(step_case *c, const char *yaml, size_t batch, uint64_t seed)
{
    char seeded[2048];
    snprintf(seeded, sizeof seeded, "seed: %llu\n%s", (unsigned long long)seed, yaml);
    step_case_open(c, seeded, batch, seed);
}

void step_check(const char *yaml, size_t batch, uint64_t seed, bool given, double tolerance)
{
    enum { SEEDS = 8, NEXT = 10000 };
    bool told = false;
    for (int i = 0; i < SEEDS && !told; i++, seed += NEXT) {
        step_case c;
        step_case_seed(&c, yaml, batch, seed);
        if (given) {
            step_case_add_draws(&c, seed);
        }
        told = check(&c, given, tolerance);
        step_case_close(&c);
    }
    assert_true(told);
}
