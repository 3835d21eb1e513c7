/* The suite's products: those of a training step, as training computes them, and a few kernels beside them. */
#include "bench/suite.h"

#include "bench/products.h"
#include "bench/suite_network.h"
#include "check/shape.h"
#include "gemm/choice_text.h"
#include "gemm/clblast_setting.h"
#include "gemm/solver.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- products ---- */

typedef struct products {
    locl_config *config;
    locl_bench_training training;
    locl_bench_recording recording;
    locl_bench_shape *shape;
    locl_bench_products list;
} products;

static void add_product(locl_suite *suite, const products *p, size_t index, const char *setting)
{
    const locl_bench_product_runner *r = &p->list.runner[index];
    const locl_gemm_shape *shape = &r->shape->shape;
    locl_gemm_extents e = locl_gemm_extents_of(shape);
    double flops = locl_gemm_flops(shape);
    char how[LOCL_GEMM_CHOICE_TEXT];
    locl_suite_row row = {.kind = "product",
                          .unit = "GFLOP/s",
                          .sense = LOCL_REPORT_RATE,
                          .scale = 1e-9 * flops,
                          .floor_flops = flops};
    locl_bench_product_name(shape, row.name, sizeof row.name);
    locl_gemm_choice_text(&r->choice, setting, how);
    locl_suite_row *added = locl_suite_add(suite, &row, locl_bench_products_enter(&p->list, index));
    locl_suite_text(suite, added, "engine", locl_gemm_solver_name(r->choice.solver));
    locl_suite_text(suite, added, "how", how);
    locl_suite_number(suite, added, "flops", flops);
    locl_suite_number(suite, added, "bytes", sizeof(float) * (double)(e.a + e.b + e.c));
    locl_suite_number(suite, added, "per_step", (double)r->shape->count);
}

static void close_products(void *state)
{
    products *p = state;
    if (p) {
        locl_bench_products_close(&p->list);
        free(p->shape);
        locl_bench_recording_close(&p->recording);
        locl_bench_training_close(&p->training);
        locl_config_free(p->config);
        free(p);
    }
}

static locl_status open_products(locl_suite *suite, void **state, locl_error *err)
{
    locl_bench_job *job = suite->job;
    size_t shapes = 0;
    products *p = calloc(1, sizeof *p);
    *state = p;
    if (!p) {
        return locl_fail_memory(err, sizeof *p);
    }
    LOCL_TRY(locl_suite_config(job->source, locl_suite_standard(job->setup), &p->config, err));
    LOCL_TRY(locl_bench_training_plan(p->config, &p->training, err));
    LOCL_TRY(locl_bench_training_choose(&p->training, job->devices, err));
    const char *setting = p->training.products ? p->training.products[0].setting : "";
    LOCL_TRY(locl_clblast_use_setting(job->device, setting, err));
    LOCL_TRY(locl_bench_recording_open(&p->training, job->device, &p->recording, err));
    LOCL_TRY(locl_bench_add_shapes(&p->recording, &p->shape, &shapes, err));
    LOCL_TRY(
        locl_bench_products_open(p->shape, shapes, LOCL_BENCH_CHOSEN_SOLVER, job->device, &p->list, err));
    for (size_t i = 0; i < p->list.count; i++) {
        add_product(suite, p, i, setting);
    }
    return LOCL_OK;
}

const locl_suite_part locl_suite_products = {
    .kind = "product", .open = open_products, .close = close_products};

/* ---- kernels ---- */

/* Rows of the table of checks that stand for the others: normalisation, activation with draws and its way back, a head,
 * noise alone, an optimiser, and a whole block in one pass. */
static const char *const kernels[] = {"layernorm_dual",      "activation_dual", "activation_vjp",
                                      "activation_estimate", "head_vjp",        "draw_fill",
                                      "optim_sgd",           "block_step"};
enum { KERNELS = sizeof kernels / sizeof kernels[0], QUICK_KERNELS = 1, SEED = 41 };

static void add_kernel(locl_suite *suite, const char *name, locl_op_runner *runner)
{
    const locl_op *op = locl_op_find(name);
    size_t dim[LOCL_OP_DIMS];
    locl_error err = {0};
    locl_suite_row row = {
        .kind = "kernel", .unit = "us", .sense = LOCL_REPORT_TIME, .scale = 1e6, .floor_launches = 1};
    locl_device *device = suite->job->device;
    if (op->whole_blocks && !device->caps.whole_blocks) {
        locl_suite_miss(suite, "kernel", name, LOCL_BENCH_UNSUPPORTED,
                        "the device takes blocks kernel by kernel");
        return;
    }
    if (locl_op_shape_parse(op, op->shape[op->shapes - 1], dim, &err) != LOCL_OK ||
        locl_op_runner_open(op, dim, SEED, device, &op->variant[0], runner, &err) != LOCL_OK) {
        locl_suite_fail(suite, "kernel", name, &err);
        return;
    }
    snprintf(row.name, sizeof row.name, "%s", name);
    locl_op_shape_print(op, dim, row.work, sizeof row.work);
    row.floor_flops = runner->count.flops;
    row.floor_bytes = runner->count.bytes;
    row.floor_launches = runner->count.launches;
    locl_suite_row *added = locl_suite_add(suite, &row, locl_op_runner_enter(runner));
    locl_suite_number(suite, added, "launches", runner->count.launches);
    locl_suite_number(suite, added, "flops", runner->count.flops);
    locl_suite_number(suite, added, "bytes", runner->count.bytes);
}

static void close_kernels(void *state)
{
    locl_op_runner *runner = state;
    for (int i = 0; i < KERNELS && runner; i++) {
        locl_op_runner_close(&runner[i]);
    }
    free(runner);
}

static locl_status open_kernels(locl_suite *suite, void **state, locl_error *err)
{
    locl_op_runner *runner = calloc(KERNELS, sizeof *runner);
    *state = runner;
    if (!runner) {
        return locl_fail_memory(err, KERNELS * sizeof *runner);
    }
    for (int i = 0; i < (suite->job->setup->quick ? QUICK_KERNELS : KERNELS); i++) {
        add_kernel(suite, kernels[i], &runner[i]);
    }
    return LOCL_OK;
}

const locl_suite_part locl_suite_kernels = {.kind = "kernel", .open = open_kernels, .close = close_kernels};
