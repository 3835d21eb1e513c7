#include "bench/products.h"

#include "bench/replay.h"
#include "check/time.h"
#include "device/call.h"
#include "gemm/solver.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *locl_bench_product_op(const locl_gemm_shape *shape)
{
    static const char *const ops[2][2] = {{"nn", "nt"}, {"tn", "tt"}};
    return ops[shape->ta][shape->tb];
}

void locl_bench_product_name(const locl_gemm_shape *shape, char *out, size_t size)
{
    int length =
        snprintf(out, size, "%s %zux%zux%zu", locl_bench_product_op(shape), shape->m, shape->n, shape->k);
    if (shape->batch > 1 && length > 0 && (size_t)length < size) {
        length += snprintf(out + length, size - (size_t)length, ", batch %zu", shape->batch);
    }
    if (shape->sum > 1 && length > 0 && (size_t)length < size) {
        snprintf(out + length, size - (size_t)length, ", sum of %zu", shape->sum);
    }
}

/* ---- which there are ---- */

static locl_status add_shapes(const locl_stage *stage, locl_bench_shape **list, size_t *count,
                              locl_error *err)
{
    const locl_gemm_choice *product;
    size_t recorded = locl_gemm_recorded(stage->gradient_commands, &product);
    locl_bench_shape *grown = realloc(*list, (*count + recorded + 1) * sizeof *grown);
    if (!grown) {
        return locl_fail_memory(err, (*count + recorded + 1) * sizeof *grown);
    }
    *list = grown;
    for (size_t i = 0; i < recorded; i++) {
        size_t at = 0;
        while (at < *count && !locl_gemm_same_shape(&grown[at].shape, &product[i].shape)) {
            at++;
        }
        if (at == *count) {
            grown[(*count)++] = (locl_bench_shape){
                .shape = product[i].shape, .solver = product[i].solver, .cut = product[i].cut};
        }
        grown[at].count += locl_stage_slices(&stage->options);
    }
    return LOCL_OK;
}

locl_status locl_bench_add_shapes(const locl_bench_recording *recording, locl_bench_shape **list,
                                  size_t *count, locl_error *err)
{
    for (size_t i = 0; i < recording->stages.count; i++) {
        LOCL_TRY(add_shapes(&recording->stages.stage[i], list, count, err));
    }
    return LOCL_OK;
}

/* ---- timing them ---- */

static locl_status add_runner(locl_bench_products *p, const locl_bench_shape *shape,
                              const locl_gemm_choice *choice, locl_device *device, locl_error *err)
{
    locl_bench_product_runner *r = &p->runner[p->count++];
    *r = (locl_bench_product_runner){.shape = shape, .choice = *choice, .queue = &p->queue};
    LOCL_TRY(locl_command_buffer_create(device, p->workspace, &r->cmd, err));
    locl_gemm_use(r->cmd, &(locl_gemm_choices){.known = choice, .count = 1});
    locl_gemm(r->cmd, &shape->shape, p->operand[0], p->operand[1], p->operand[2]);
    return locl_command_buffer_status(r->cmd, err);
}

/* Makes values of both signs up to 1: processors draw less power, and run faster, where all are alike. */
static float value_of(uint32_t i)
{
    i = (i ^ i >> 16) * 0x7feb352du;
    i = (i ^ i >> 15) * 0x846ca68bu;
    return (float)(int32_t)(i ^ i >> 16) * 0x1p-31f;
}

/* Fills operand `index`, each with values of its own, which repeat. */
static locl_status fill(locl_bench_products *p, uint32_t index, locl_error *err)
{
    enum { CHUNK = 1 << 18 };
    const locl_tensor *operand = p->operand[index];
    float *values = malloc(CHUNK * sizeof *values);
    locl_status status = LOCL_OK;
    if (!values) {
        return locl_fail_memory(err, CHUNK * sizeof *values);
    }
    for (uint32_t i = 0; i < CHUNK; i++) {
        values[i] = value_of(index * CHUNK + i);
    }
    for (size_t at = 0; at < operand->bytes && status == LOCL_OK; at += CHUNK * sizeof *values) {
        size_t left = operand->bytes - at, bytes = CHUNK * sizeof *values;
        status = locl_buffer_write(&p->queue, operand->mem, at, left < bytes ? left : bytes, values,
                                   LOCL_BLOCKING, NULL, NULL, err);
    }
    free(values);
    return status;
}

static void take_operands(locl_bench_products *p, const locl_bench_shape *shape, size_t shapes)
{
    static const char *const names[] = {"A", "B", "C"};
    size_t most[3] = {0};
    for (size_t i = 0; i < shapes; i++) {
        locl_gemm_extents e = locl_gemm_extents_of(&shape[i].shape);
        const size_t values[3] = {e.a, e.b, e.c};
        for (int o = 0; o < 3; o++) {
            most[o] = values[o] > most[o] ? values[o] : most[o];
        }
    }
    for (int o = 0; o < 3; o++) {
        p->operand[o] = locl_arena_take(p->operands, most[o] * sizeof(float), names[o]);
    }
}

/* Returns how a solver computes a product on a device: its own cut in place of none. Its solver is another one where it
 * does not apply. */
static locl_gemm_choice choice_of(const locl_gemm_solver *solver, const locl_gemm_shape *shape,
                                  const locl_gemm_cut *cut, const locl_caps *caps)
{
    const locl_gemm_choice known = {.shape = *shape, .solver = solver, .cut = *cut};
    const locl_gemm_choices choices = {.known = &known, .count = 1};
    return locl_gemm_choose(&choices, shape, caps);
}

/* Records a shape as training would compute it, and as others do. */
static locl_status record_shape(locl_bench_products *p, const locl_bench_shape *shape,
                                locl_bench_solvers solvers, locl_device *device, locl_error *err)
{
    const locl_gemm_cut none = {0};
    const locl_gemm_choice chosen = choice_of(shape->solver, &shape->shape, &shape->cut, &device->caps);
    LOCL_TRY(add_runner(p, shape, &chosen, device, err));
    p->runner[p->count - 1].chosen = true;
    for (size_t s = 0; locl_gemm_solvers[s] && solvers == LOCL_BENCH_ALL_SOLVERS; s++) {
        const locl_gemm_solver *solver = locl_gemm_solvers[s];
        const locl_gemm_choice other = choice_of(solver, &shape->shape, &none, &device->caps);
        bool same = solver == chosen.solver && locl_gemm_same_cut(&other.cut, &chosen.cut);
        if (!same && other.solver == solver) {
            LOCL_TRY(add_runner(p, shape, &other, device, err));
        }
    }
    return LOCL_OK;
}

/* Records every product that is wanted, on the same operands. */
static locl_status record(locl_bench_products *p, const locl_bench_shape *shape, size_t shapes,
                          locl_bench_solvers solvers, locl_device *device, locl_error *err)
{
    take_operands(p, shape, shapes);
    for (size_t i = 0; i < shapes; i++) {
        LOCL_TRY(record_shape(p, &shape[i], solvers, device, err));
    }
    LOCL_TRY(locl_arena_bind(p->operands, device, err));
    for (uint32_t o = 0; o < 3; o++) {
        LOCL_TRY(fill(p, o, err));
    }
    return LOCL_OK;
}

locl_status locl_bench_products_open(const locl_bench_shape *shape, size_t shapes, locl_bench_solvers solvers,
                                     locl_device *device, locl_bench_products *out, locl_error *err)
{
    size_t most = 1; /* of a shape: as training does it, and each engine */
    while (locl_gemm_solvers[most - 1]) {
        most++;
    }
    *out = (locl_bench_products){.runner = calloc(shapes * most + 1, sizeof *out->runner)};
    if (!out->runner) {
        return locl_fail_memory(err, shapes * most * sizeof *out->runner);
    }
    LOCL_TRY(locl_queue_create(device, LOCL_QUEUE_PLAIN, &out->queue, err));
    LOCL_TRY(locl_arena_create("operands", &device->caps, &out->operands, err));
    LOCL_TRY(locl_arena_create("workspace", &device->caps, &out->workspace, err));
    LOCL_TRY(record(out, shape, shapes, solvers, device, err));
    LOCL_TRY(locl_arena_bind(out->workspace, device, err));
    for (size_t i = 0; i < out->count; i++) {
        LOCL_TRY(locl_command_buffer_bind(out->runner[i].cmd, err));
    }
    return LOCL_OK;
}

void locl_bench_products_close(locl_bench_products *p)
{
    for (size_t i = 0; i < p->count; i++) {
        locl_command_buffer_release(p->runner[i].cmd);
    }
    locl_arena_release(p->operands);
    locl_arena_release(p->workspace);
    locl_queue_release(&p->queue);
    free(p->runner);
    *p = (locl_bench_products){0};
}

static locl_status sample(void *user, size_t replays, double *seconds, locl_error *err)
{
    const locl_bench_product_runner *r = user;
    return locl_bench_replay(r->cmd, r->queue, replays, seconds, err);
}

locl_race_runner locl_bench_products_enter(const locl_bench_products *p, size_t index)
{
    return (locl_race_runner){.sample = sample, .user = &p->runner[index], .least = LOCL_OP_SAMPLE_SECONDS};
}

/* ---- checking them ---- */

/* Runs a product once, on a C of zeros, and reads C. */
static locl_status compute(locl_bench_products *p, locl_bench_product_runner *r, size_t values, float *out,
                           locl_error *err)
{
    const float zero = 0;
    double seconds;
    const locl_tensor *c = p->operand[2];
    LOCL_TRY(locl_buffer_fill(&p->queue, c->mem, 0, c->bytes, &zero, sizeof zero, err));
    LOCL_TRY(sample(r, 1, &seconds, err));
    return locl_buffer_read(&p->queue, c->mem, 0, values * sizeof *out, out, LOCL_BLOCKING, NULL, NULL, err);
}

/* Allows for rounding of sums of terms below 1, in any order. */
static locl_status compare(const locl_bench_product_runner *r, const float *expected, const float *got,
                           size_t values, locl_error *err)
{
    const locl_gemm_shape *shape = &r->shape->shape;
    double allowed = 1e-6 * fabs((double)shape->alpha) * (double)(shape->k * shape->sum);
    for (size_t i = 0; i < values; i++) {
        if (!(fabs((double)expected[i] - (double)got[i]) <= allowed)) {
            char name[96];
            locl_bench_product_name(shape, name, sizeof name);
            return locl_fail(err, LOCL_E_FAILED,
                             "the product %s is another by %s than by %s: %g and %g at %zu", name,
                             locl_gemm_solver_name(r->choice.solver), locl_gemm_solver_name(r->shape->solver),
                             (double)got[i], (double)expected[i], i);
        }
    }
    return LOCL_OK;
}

locl_status locl_bench_products_check(locl_bench_products *p, locl_error *err)
{
    size_t most = p->operand[2]->bytes / sizeof(float);
    float *expected = calloc(most, sizeof *expected), *got = calloc(most, sizeof *got);
    locl_status status = expected && got ? LOCL_OK : locl_fail_memory(err, most * sizeof *got);
    for (size_t i = 0; i < p->count && status == LOCL_OK; i++) {
        locl_bench_product_runner *r = &p->runner[i];
        size_t values = locl_gemm_extents_of(&r->shape->shape).c;
        status = compute(p, r, values, r->chosen ? expected : got, err);
        if (status == LOCL_OK && !r->chosen) {
            status = compare(r, expected, got, values, err);
        }
    }
    free(expected);
    free(got);
    return status;
}
