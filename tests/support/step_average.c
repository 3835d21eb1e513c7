#include "support/step_average.h"

#include "sched/stage.h"
#include "support/step_case.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* DIRECTIONS random directions beside the gradient's own. BOUND is in standard errors. Chance exceeds it once
 * in about 10^7 times, and 10^3 are looked at. */
enum { BATCH = 3, SEED = 21, DIRECTIONS = 3, SIDES = DIRECTIONS + 1 };
#define BOUND 5.5

/* Sums over draws of the gradient's component along each direction of one parameter. */
typedef struct component {
    double sum[SIDES], square[SIDES], exact[SIDES];
    bool zero; /* the exact gradient is 0 */
} component;

/* Stages bound to the device, ready to be run at any step. */
typedef struct bench {
    step_case c;
    locl_queue queue;
    locl_arena *workspace[2], *io;
    locl_stage stage[2];
    size_t stages;
    const locl_tensor *x[3], *labels; /* x[i]: input of stage i */
} bench;

static void ok(locl_status status, const locl_error *err)
{
    if (status != LOCL_OK) {
        fail_msg("%s: %s", err->where, err->message);
    }
}

static void open_stage(bench *b, size_t i, size_t first, size_t last)
{
    locl_error err = {0};
    locl_device *device = step_device();
    locl_stage_options options = {.model = &b->c.model,
                                  .rule = &b->c.config->rule,
                                  .train = true,
                                  .products = {.engine = LOCL_ENGINE_NATIVE},
                                  .seed = b->c.config->seed,
                                  .batch = BATCH,
                                  .first = first,
                                  .last = last,
                                  .classifier = last == b->c.model.blocks};
    ok(locl_arena_create("workspace", &device->caps, &b->workspace[i], &err), &err);
    ok(locl_stage_open(&options, device, b->workspace[i], &b->stage[i], &err), &err);
    b->x[i] = locl_arena_take(b->io, locl_stage_input_values(&b->stage[i]) * sizeof(float), "x");
    b->x[i + 1] = locl_arena_take(b->io, locl_stage_output_values(&b->stage[i]) * sizeof(float), "out");
    ok(locl_arena_bind(b->workspace[i], device, &err), &err);
    ok(locl_stage_bind(&b->stage[i], &b->queue, &err), &err);
    ok(locl_stage_load(&b->stage[i], &b->queue, LOCL_STORED_PARAMETERS, &b->c.in, &err), &err);
}

/* Uploads images [4,4,2] cut into 2 x 2 patches. */
static void upload_input(bench *b)
{
    locl_error err = {0};
    const float *images = locl_arrays_find(&b->c.in, "images")->data;
    float x[BATCH * 32];
    for (size_t i = 0; i < BATCH * 32; i++) {
        size_t n = i / 32, p = i / 8 % 4, row = p / 2 * 2 + i / 4 % 2, column = p % 2 * 2 + i / 2 % 2;
        x[i] = images[((n * 4 + row) * 4 + column) * 2 + i % 2];
    }
    ok(locl_buffer_write(&b->queue, b->x[0]->mem, 0, sizeof x, x, LOCL_BLOCKING, NULL, NULL, &err), &err);
    ok(locl_buffer_write(&b->queue, b->labels->mem, 0, BATCH * sizeof(int32_t),
                         locl_arrays_find(&b->c.in, "labels")->data, LOCL_BLOCKING, NULL, NULL, &err),
       &err);
}

static void bench_open(bench *b, const char *model, const char *rule)
{
    char yaml[512];
    locl_error err = {0};
    size_t first[2], last[2];
    *b = (bench){.stages = 0};
    snprintf(yaml, sizeof yaml, "seed: 3\nmodel: %s\nrule: {%s}\n", model, rule);
    step_case_open(&b->c, yaml, BATCH, SEED);
    ok(locl_queue_create(step_device(), LOCL_QUEUE_PLAIN, &b->queue, &err), &err);
    ok(locl_arena_create("tensors", &step_device()->caps, &b->io, &err), &err);
    b->stages = locl_stage_cut(&b->c.model, &b->c.config->rule, first, last);
    for (size_t i = 0; i < b->stages; i++) {
        open_stage(b, i, first[i], last[i]);
    }
    b->labels = locl_arena_take(b->io, BATCH * sizeof(int32_t), "labels");
    ok(locl_arena_bind(b->io, step_device(), &err), &err);
    upload_input(b);
}

static void bench_close(bench *b)
{
    for (size_t i = 0; i < b->stages; i++) {
        locl_stage_close(&b->stage[i]);
        locl_arena_release(b->workspace[i]);
    }
    locl_arena_release(b->io);
    locl_queue_release(&b->queue);
    step_case_close(&b->c);
}

static void run_step(bench *b, size_t i, cl_uint step)
{
    locl_error err = {0};
    ok(locl_stage_step(&b->stage[i], &b->queue, b->x[i], b->labels, b->x[i + 1], step, 0, &err), &err);
}

/* Makes the directions. Direction 0 is the exact gradient divided by its squared norm, so that its component
 * should be 1. */
static void make_directions(const step_set *exact, const locl_param *p, component *c, float *direction)
{
    const double *g = step_set_get(exact, "grad.%s", p->name);
    double square = 0;
    for (size_t i = 0; i < p->count; i++) {
        square += g[i] * g[i];
    }
    c->zero = square < 1e-20;
    for (int side = 0; side < SIDES; side++) {
        float *d = direction + (size_t)side * p->count;
        step_random(d, p->count, 1, p->fan_in * 10 + (uint64_t)side);
        for (size_t i = 0; i < p->count; i++) {
            d[i] = side ? d[i] : c->zero ? 0 : (float)(g[i] / square);
            c->exact[side] += (double)d[i] * g[i];
        }
    }
}

static void add_draw(component *c, const float *gradient, const float *direction, size_t count)
{
    for (int side = 0; side < SIDES; side++) {
        double along = 0;
        for (size_t i = 0; i < count; i++) {
            along += (double)gradient[i] * (double)direction[(size_t)side * count + i];
        }
        c->sum[side] += along;
        c->square[side] += along * along;
    }
}

/* Returns whether a mean is compatible with what it should be. */
static bool within(const component *c, int side, double draws, double scale)
{
    double mean = c->sum[side] / draws, variance = c->square[side] / draws - mean * mean;
    double error = sqrt(fmax(variance, 0) / draws) + 1e-5 * fabs(c->exact[side]) + 1e-7;
    return fabs(scale * mean - c->exact[side]) < BOUND * scale * error;
}

/* Checks a component. The bound has to reject the gradient times each wrong factor, too. */
static void check_component(const component *c, const locl_model *model, const char *rule, const char *name,
                            double draws)
{
    const double p = (double)model->block[0].patches, g = (double)model->options.groups;
    const double wrong[] = {2, 0.5, p, 1 / p, g > 1 ? g : 2, g > 1 ? 1 / g : 2, BATCH, 1.0 / BATCH};
    for (int side = c->zero ? 1 : 0; side < SIDES; side++) {
        if (!within(c, side, draws, 1)) {
            fail_msg("%s: %s: direction %d: %g on average, should be %g", rule, name, side,
                     c->sum[side] / draws, c->exact[side]);
        }
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong && !c->zero; i++) {
        if (within(c, 0, draws, wrong[i])) {
            fail_msg("%s: %s: too few draws to tell a factor of %g", rule, name, wrong[i]);
        }
    }
}

/* Reads all gradients of a stage, at the parameters' offsets. */
static void read_gradients(bench *b, size_t i, float *out)
{
    locl_error err = {0};
    const locl_params *params = &b->stage[i].params;
    for (size_t j = 0; j < params->trained; j++) {
        const locl_param *p = &params->param[j];
        ok(locl_buffer_read(&b->queue, b->stage[i].gradient[j]->mem, 0, p->count * sizeof *out,
                            out + p->offset, j + 1 == params->trained, NULL, NULL, &err),
           &err);
    }
}

static bool is_asked(const step_average *a, const locl_param *p)
{
    return p->owner < LOCL_OWNER_HEAD && !(a->own_groups && p->owner == LOCL_OWNER_CHANNEL) &&
           (p->weight || !a->weights_only);
}

/* Averages gradients of the stage's parameters over the draws. */
static void average_stage(bench *b, size_t i, const step_set *exact, const step_average *a)
{
    const locl_params *params = &b->stage[i].params;
    component *c = calloc(params->trained, sizeof *c);
    float **direction = calloc(params->trained, sizeof *direction),
          *gradient = malloc(params->floats * sizeof(float));
    for (size_t j = 0; j < params->trained; j++) {
        direction[j] = malloc(SIDES * params->param[j].count * sizeof(float));
        make_directions(exact, &params->param[j], &c[j], direction[j]);
    }
    for (cl_uint step = 0; step < a->draws; step++) {
        run_step(b, i, step);
        read_gradients(b, i, gradient);
        for (size_t j = 0; j < params->trained; j++) {
            add_draw(&c[j], gradient + params->param[j].offset, direction[j], params->param[j].count);
        }
    }
    for (size_t j = 0; j < params->trained; j++) {
        const locl_param *p = &params->param[j];
        if (is_asked(a, p)) {
            check_component(&c[j], &b->c.model, a->rule, p->name, a->draws);
        }
        free(direction[j]);
    }
    free(direction);
    free(gradient);
    free(c);
}

static void exact_gradient(const step_case *c, bool local, step_set *out)
{
    step_set in = {0};
    step_sizes sizes = step_sizes_of(c);
    step_rule rule = {.backward = true, .passes = 1, .norm_grad = true, .loss_block = local};
    locl_rule_kind kind = c->config->rule.kind;
    rule.classifier = kind == LOCL_RULE_FG_A || kind == LOCL_RULE_FG_W;
    step_set_of(&c->in, NULL, &in);
    step_reference(&sizes, &rule, &in, locl_arrays_find(&c->in, "labels")->data, out);
    step_set_free(&in);
}

void step_check_average(const step_average *a)
{
    bench b;
    step_set exact = {0};
    bench_open(&b, a->model, a->rule);
    exact_gradient(&b.c, a->local, &exact);
    for (size_t i = 0; i < b.stages; i++) {
        average_stage(&b, i, &exact, a);
    }
    step_set_free(&exact);
    bench_close(&b);
}

static void open_probe(step_case *c, const char *model, const char *rule, unsigned passes)
{
    char yaml[512];
    snprintf(yaml, sizeof yaml, "model: %s\nrule: {name: %s, passes: %u}\n", model, rule, passes);
    step_case_open(c, yaml, BATCH, SEED);
    step_case_add_draws(c, 5);
}

/* Adds the gradients of one pass to `mean`, with the draws that pass m of `all` has. */
static void add_pass(step_case *one, const step_case *all, unsigned m, double weight, step_set *mean)
{
    locl_arrays out = {0};
    for (size_t i = 0; i < one->in.count; i++) {
        char name[LOCL_ARRAY_NAME], from[LOCL_ARRAY_NAME + 16];
        if (sscanf(one->in.array[i]->name, "noise.0.%80s", name) == 1) {
            snprintf(from, sizeof from, "noise.%u.%s", m, name);
            memcpy(one->in.array[i]->data, locl_arrays_find(&all->in, from)->data,
                   locl_array_bytes(one->in.array[i]));
        }
    }
    step_probe(one, &out);
    for (size_t i = 0; i < out.count; i++) {
        const locl_array *array = out.array[i];
        if (strncmp(array->name, "grad.", 5) == 0) {
            double *v = m ? step_set_get(mean, "%s", array->name)
                          : step_set_add(mean, array->count, "%s", array->name);
            for (size_t j = 0; j < array->count; j++) {
                v[j] += weight * (double)((const float *)array->data)[j];
            }
        }
    }
    locl_arrays_free(&out);
}

void step_check_passes(const char *model, const char *rule)
{
    enum { PASSES = 3 };
    step_case all, one;
    locl_arrays out = {0};
    step_set mean = {0};
    open_probe(&all, model, rule, PASSES);
    open_probe(&one, model, rule, 1);
    step_probe(&all, &out);
    for (unsigned m = 0; m < PASSES; m++) {
        add_pass(&one, &all, m, 1.0 / PASSES, &mean);
    }
    for (size_t i = 0; i < out.count; i++) {
        const step_tensor *t = step_set_find(&mean, out.array[i]->name);
        assert_int_equal(t != NULL, strncmp(out.array[i]->name, "grad.", 5) == 0);
        double difference = 0, norm = 1e-3;
        for (size_t j = 0; t && j < t->count; j++) {
            double v = (double)((const float *)out.array[i]->data)[j];
            difference += (v - t->v[j]) * (v - t->v[j]);
            norm += t->v[j] * t->v[j];
        }
        if (!(sqrt(difference / norm) < 1e-5)) {
            fail_msg("%s: %s is not the mean of its passes", rule, out.array[i]->name);
        }
    }
    step_set_free(&mean);
    locl_arrays_free(&out);
    step_case_close(&all);
    step_case_close(&one);
}

/* Returns <gradient, u> over all layers that the parameter is trained with: its block's, or under fg-w
 * all. */
static double along_draw(const step_case *c, const step_set *exact, const locl_param *of, bool local)
{
    double sum = 0;
    for (size_t i = 0; i < c->params.trained; i++) {
        const locl_param *p = &c->params.param[i];
        if (p->owner < LOCL_OWNER_HEAD && (!local || p->block == of->block)) {
            char name[LOCL_ARRAY_NAME + 32];
            snprintf(name, sizeof name, "noise.0.%s", p->name);
            const float *u = locl_arrays_find(&c->in, name)->data;
            const double *g = step_set_get(exact, "grad.%s", p->name);
            for (size_t j = 0; j < p->count; j++) {
                sum += g[j] * (double)u[j];
            }
        }
    }
    return sum;
}

/* Checks that a parameter's gradient is s u. */
static void check_projection(const step_case *c, const locl_arrays *out, const locl_param *p, double s)
{
    char name[LOCL_ARRAY_NAME + 32];
    double difference = 0, norm = 0;
    snprintf(name, sizeof name, "noise.0.%s", p->name);
    const float *u = locl_arrays_find(&c->in, name)->data;
    snprintf(name, sizeof name, "grad.%s", p->name);
    const float *g = locl_arrays_find(out, name)->data;
    for (size_t j = 0; j < p->count; j++) {
        difference += ((double)g[j] - s * (double)u[j]) * ((double)g[j] - s * (double)u[j]);
        norm += s * s * (double)u[j] * (double)u[j];
    }
    if (!(sqrt(difference) < 2e-4 * sqrt(norm) + 1e-5)) {
        fail_msg("%s is not %.9g times its draw: %.9g", name, s, (double)g[0] / (double)u[0]);
    }
}

void step_check_projection(const step_average *a)
{
    locl_arrays out = {0};
    step_set exact = {0};
    step_case c;
    char yaml[512];
    snprintf(yaml, sizeof yaml, "model: %s\nrule: {%s}\n", a->model, a->rule);
    step_case_open(&c, yaml, BATCH, SEED);
    step_case_add_draws(&c, 5);
    step_probe(&c, &out);
    exact_gradient(&c, a->local, &exact);
    for (size_t i = 0; i < c.params.trained; i++) {
        if (is_asked(a, &c.params.param[i])) {
            const locl_param *p = &c.params.param[i];
            check_projection(&c, &out, p, along_draw(&c, &exact, p, a->local));
        }
    }
    step_set_free(&exact);
    locl_arrays_free(&out);
    step_case_close(&c);
}
