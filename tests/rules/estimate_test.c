/* lg-fg-a and fg-a as estimators: their average over many draws is lg-bp's and bp's gradient, and a wrong
 * factor of 2, P, G or B, or a bias in any direction, would be seen. Beside it, properties of single steps.
 */
#include "sched/stage.h"
#include "support/step_case.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* P = 4, G = 2, B = 3. DIRECTIONS random ones beside the gradient's own. BOUND in standard errors: chance
 * exceeds it once in about 10^7 times, and 10^3 are looked at. */
enum { PATCHES = 4, GROUPS = 2, BATCH = 3, DIRECTIONS = 3, SIDES = DIRECTIONS + 1 };
#define BOUND 5.5

#define MODEL "{image: [4, 4, 2], classes: 3, blocks: 2, patches: 2, channels: 16, groups: 2}"

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
                                  .engine = LOCL_ENGINE_NATIVE,
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
    ok(locl_stage_load(&b->stage[i], &b->queue, false, &b->c.in, &err), &err);
}

/* Images [4,4,2] cut into 2 x 2 patches. */
static void upload_input(bench *b)
{
    locl_error err = {0};
    const float *images = locl_arrays_find(&b->c.in, "images")->data;
    float x[BATCH * 32];
    for (size_t i = 0; i < BATCH * 32; i++) {
        size_t n = i / 32, p = i / 8 % 4, row = p / 2 * 2 + i / 4 % 2, column = p % 2 * 2 + i / 2 % 2;
        x[i] = images[((n * 4 + row) * 4 + column) * 2 + i % 2];
    }
    ok(locl_buffer_write(&b->queue, b->x[0]->mem, 0, sizeof x, x, true, NULL, NULL, &err), &err);
    ok(locl_buffer_write(&b->queue, b->labels->mem, 0, BATCH * sizeof(int32_t),
                         locl_arrays_find(&b->c.in, "labels")->data, true, NULL, NULL, &err),
       &err);
}

static void bench_open(bench *b, const char *rule)
{
    char yaml[512];
    locl_error err = {0};
    size_t first[2], last[2];
    *b = (bench){.stages = 0};
    snprintf(yaml, sizeof yaml, "seed: 3\nmodel: %s\nrule: {%s}\n", MODEL, rule);
    step_case_open(&b->c, yaml, BATCH, 21);
    ok(locl_queue_create(step_device(), false, &b->queue, &err), &err);
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
    locl_bindings bindings = {.step = step, .valid = BATCH};
    bindings.external[LOCL_EXT_INPUT] = b->x[i]->mem;
    bindings.external[LOCL_EXT_LABELS] = b->labels->mem;
    bindings.external[LOCL_EXT_OUTPUT] = b->x[i + 1]->mem;
    bindings.external[LOCL_EXT_METRICS] = b->stage[i].metrics[0]->mem;
    ok(locl_plan_enqueue(b->stage[i].train_plan, &b->queue, &bindings, &err), &err);
}

/* Direction 0 is the exact gradient divided by its squared norm, so that its component should be 1. */
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

/* Is a mean compatible with what it should be? */
static bool within(const component *c, int side, double draws, double scale)
{
    double mean = c->sum[side] / draws, variance = c->square[side] / draws - mean * mean;
    double error = sqrt(fmax(variance, 0) / draws) + 1e-5 * fabs(c->exact[side]) + 1e-7;
    return fabs(scale * mean - c->exact[side]) < BOUND * scale * error;
}

/* `power`: the bound has to reject the gradient times each wrong factor. */
static void check_component(const component *c, const char *rule, const char *name, double draws)
{
    static const double wrong[] = {2, 0.5, PATCHES, 1.0 / PATCHES, GROUPS, 1.0 / GROUPS, BATCH, 1.0 / BATCH};
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

/* All of a stage's, at the parameters' offsets. */
static void read_gradients(bench *b, size_t i, float *out)
{
    locl_error err = {0};
    const locl_params *params = &b->stage[i].params;
    for (size_t j = 0; j < params->count; j++) {
        const locl_param *p = &params->param[j];
        ok(locl_buffer_read(&b->queue, b->stage[i].gradient[j]->mem, 0, p->count * sizeof *out,
                            out + p->offset, j + 1 == params->count, NULL, NULL, &err),
           &err);
    }
}

/* Gradients of the stage's parameters over `draws` steps. */
static void average_stage(bench *b, size_t i, const step_set *exact, const char *rule, cl_uint draws)
{
    const locl_params *params = &b->stage[i].params;
    component *c = calloc(params->count, sizeof *c);
    float **direction = calloc(params->count, sizeof *direction),
          *gradient = malloc(params->floats * sizeof(float));
    for (size_t j = 0; j < params->count; j++) {
        direction[j] = malloc(SIDES * params->param[j].count * sizeof(float));
        make_directions(exact, &params->param[j], &c[j], direction[j]);
    }
    for (cl_uint step = 0; step < draws; step++) {
        run_step(b, i, step);
        read_gradients(b, i, gradient);
        for (size_t j = 0; j < params->count; j++) {
            add_draw(&c[j], gradient + params->param[j].offset, direction[j], params->param[j].count);
        }
    }
    for (size_t j = 0; j < params->count; j++) {
        if (params->param[j].owner < LOCL_OWNER_HEAD) {
            check_component(&c[j], rule, params->param[j].name, draws);
        }
        free(direction[j]);
    }
    free(direction);
    free(gradient);
    free(c);
}

/* What the rule should average to: lg-bp's gradient, or with block: false that of the last block's loss
 * (without losses by patch or group, whose perturbations reach the other patches and groups in the blocks
 * after). fg-a: bp's. */
static void exact_gradient(const bench *b, bool local, step_set *out)
{
    step_set in = {0};
    step_sizes sizes = step_sizes_of(&b->c);
    step_rule rule = {.backward = true, .passes = 1, .norm_grad = true, .loss_block = local};
    rule.classifier = b->c.config->rule.kind == LOCL_RULE_FG_A;
    step_set_of(&b->c.in, NULL, &in);
    step_reference(&sizes, &rule, &in, locl_arrays_find(&b->c.in, "labels")->data, out);
    step_set_free(&in);
}

static void check_average(const char *rule, bool local, cl_uint draws)
{
    bench b;
    step_set exact = {0};
    bench_open(&b, rule);
    exact_gradient(&b, local, &exact);
    for (size_t i = 0; i < b.stages; i++) {
        average_stage(&b, i, &exact, rule, draws);
    }
    step_set_free(&exact);
    bench_close(&b);
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
    check_average("name: lg-fg-a, noise: rademacher, passes: 16, exact_last: true, losses: {block: false, "
                  "patch: false, group: false}",
                  false, 4000);
    check_average("name: fg-a, noise: rademacher, passes: 16", false, 4000);
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

/* Three passes give the mean of three single ones with the same draws. */
static void passes_are_averaged(void **state)
{
    (void)state;
    enum { PASSES = 3 };
    step_case all, one;
    locl_arrays out = {0}, single = {0};
    probe_of(&one, "name: lg-fg-a", &single);
    locl_arrays_free(&single);
    step_case_open(&all, "model: " MODEL "\nrule: {name: lg-fg-a, passes: 3}\n", BATCH, 21);
    step_case_add_draws(&all, 5);
    step_probe(&all, &out);
    step_set mean = {0};
    for (int m = 0; m < PASSES; m++) {
        step_case_add_draws(&one, 5);
        for (size_t i = 0; i < one.in.count; i++) {
            char name[LOCL_ARRAY_NAME];
            if (sscanf(one.in.array[i]->name, "noise.0.%80s", name) == 1) {
                char from[LOCL_ARRAY_NAME + 16];
                snprintf(from, sizeof from, "noise.%d.%s", m, name);
                memcpy(one.in.array[i]->data, locl_arrays_find(&all.in, from)->data,
                       locl_array_bytes(one.in.array[i]));
            }
        }
        step_probe(&one, &single);
        for (size_t i = 0; i < single.count; i++) {
            const locl_array *array = single.array[i];
            if (strncmp(array->name, "grad.", 5) == 0) {
                double *v = m ? step_set_get(&mean, "%s", array->name)
                              : step_set_add(&mean, array->count, "%s", array->name);
                for (size_t j = 0; j < array->count; j++) {
                    v[j] += (double)((const float *)array->data)[j] / PASSES;
                }
            }
        }
        locl_arrays_free(&single);
        step_case_close(&one);
        step_case_open(&one, "model: " MODEL "\nrule: {name: lg-fg-a}\n", BATCH, 21);
    }
    for (size_t i = out.count; i-- > 0;) {
        const step_tensor *t = step_set_find(&mean, out.array[i]->name);
        assert_int_equal(t != NULL, strncmp(out.array[i]->name, "grad.", 5) == 0);
        double difference = 0, norm = 1e-3;
        for (size_t j = 0; t && j < t->count; j++) {
            double v = (double)((const float *)out.array[i]->data)[j];
            difference += (v - t->v[j]) * (v - t->v[j]);
            norm += t->v[j] * t->v[j];
        }
        assert_true(sqrt(difference / norm) < 1e-5);
    }
    step_set_free(&mean);
    locl_arrays_free(&out);
    step_case_close(&all);
    step_case_close(&one);
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
        cmocka_unit_test(exact_last_is_exact),
        cmocka_unit_test(passes_are_averaged),
        cmocka_unit_test(block_false_trains_every_layer),
        cmocka_unit_test(greedy_blocks_see_only_themselves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
