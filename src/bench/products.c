#include "bench/products.h"

#include "base/clock.h"
#include "check/time.h"
#include "device/call.h"
#include "gemm/solver.h"

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
            grown[(*count)++] = (locl_bench_shape){product[i].shape, product[i].solver, 0};
        }
        grown[at].count++;
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
                              const locl_gemm_solver *solver, locl_device *device,
                              const locl_tensor *operand[3], locl_error *err)
{
    const locl_gemm_choice known = {shape->shape, solver};
    locl_bench_product_runner *r = &p->runner[p->count++];
    *r = (locl_bench_product_runner){.shape = shape, .solver = solver, .queue = &p->queue};
    LOCL_TRY(locl_command_buffer_create(device, p->workspace, &r->cmd, err));
    locl_gemm_use(r->cmd, &(locl_gemm_choices){.known = &known, .count = 1});
    locl_gemm(r->cmd, &shape->shape, operand[0], operand[1], operand[2]);
    return locl_command_buffer_status(r->cmd, err);
}

/* Values of all signs and sizes up to 1: processors draw less power, and run faster, where all are alike. */
static locl_status fill(locl_bench_products *p, const locl_tensor *operand, locl_error *err)
{
    enum { CHUNK = 1 << 18 };
    float *values = malloc(CHUNK * sizeof *values);
    locl_status status = LOCL_OK;
    if (!values) {
        return locl_fail_memory(err, CHUNK * sizeof *values);
    }
    for (uint32_t i = 0; i < CHUNK; i++) {
        values[i] = (float)(int32_t)(i * 2654435761u) * 0x1p-31f;
    }
    for (size_t at = 0; at < operand->bytes && status == LOCL_OK; at += CHUNK * sizeof *values) {
        size_t left = operand->bytes - at, bytes = CHUNK * sizeof *values;
        status = locl_buffer_write(&p->queue, operand->mem, at, left < bytes ? left : bytes, values,
                                   LOCL_BLOCKING, NULL, NULL, err);
    }
    free(values);
    return status;
}

/* Every product that is wanted, on the same operands, which are as large as the largest asks for. */
static locl_status record(locl_bench_products *p, const locl_bench_shape *shape, size_t shapes,
                          locl_bench_solvers solvers, locl_device *device, locl_error *err)
{
    static const char *const names[] = {"A", "B", "C"};
    const locl_tensor *operand[3];
    size_t most[3] = {0};
    for (size_t i = 0; i < shapes; i++) {
        locl_gemm_extents e = locl_gemm_extents_of(&shape[i].shape);
        const size_t values[3] = {e.a, e.b, e.c};
        for (int o = 0; o < 3; o++) {
            most[o] = values[o] > most[o] ? values[o] : most[o];
        }
    }
    for (int o = 0; o < 3; o++) {
        operand[o] = locl_arena_take(p->operands, most[o] * sizeof(float), names[o]);
    }
    for (size_t i = 0; i < shapes; i++) {
        LOCL_TRY(add_runner(p, &shape[i], shape[i].solver, device, operand, err));
        for (size_t s = 0; locl_gemm_solvers[s] && solvers == LOCL_BENCH_ALL_SOLVERS; s++) {
            const locl_gemm_solver *solver = locl_gemm_solvers[s];
            if (solver != shape[i].solver && solver->applicable(&shape[i].shape, &device->caps)) {
                LOCL_TRY(add_runner(p, &shape[i], solver, device, operand, err));
            }
        }
    }
    LOCL_TRY(locl_arena_bind(p->operands, device, err));
    for (int o = 0; o < 3; o++) {
        LOCL_TRY(fill(p, operand[o], err));
    }
    return LOCL_OK;
}

locl_status locl_bench_products_open(const locl_bench_shape *shape, size_t shapes, locl_bench_solvers solvers,
                                     locl_device *device, locl_bench_products *out, locl_error *err)
{
    size_t engines = 0;
    while (locl_gemm_solvers[engines]) {
        engines++;
    }
    *out = (locl_bench_products){.runner = calloc(shapes * engines + 1, sizeof *out->runner)};
    if (!out->runner) {
        return locl_fail_memory(err, shapes * engines * sizeof *out->runner);
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
    const locl_bindings bindings = {.step = 0};
    double start = locl_clock_seconds();
    for (size_t i = 0; i < replays; i++) {
        LOCL_TRY(locl_command_buffer_enqueue(r->cmd, r->queue, &bindings, err));
    }
    LOCL_TRY(locl_queue_finish(r->queue, err));
    *seconds = locl_clock_seconds() - start;
    return LOCL_OK;
}

locl_race_runner locl_bench_products_enter(const locl_bench_products *p, size_t index)
{
    return (locl_race_runner){.sample = sample, .user = &p->runner[index], .least = LOCL_OP_SAMPLE_SECONDS};
}
