/* locl bench product: the products of a training step, by the engine that training would use and by the others. */
#include "bench/bench.h"

#include "bench/products.h"
#include "bench/race.h"
#include "gemm/choice_text.h"
#include "gemm/clblast_setting.h"

#include <stdlib.h>

enum { SLOW = 3, SLOW_SAMPLES = 3 }; /* times the chosen engine's, for which few samples say enough */

/* `setting`: CLBlast's parameters. */
static void add_row(const locl_bench_job *job, const locl_bench_product_runner *r, const char *setting,
                    const locl_spread *seconds, double peak)
{
    const locl_gemm_shape *shape = &r->shape->shape;
    locl_report *report = job->report;
    double flops = locl_gemm_flops(shape);
    const locl_report_head head = {.device = job->device->selector,
                                   .kind = r->chosen ? "product" : "candidate",
                                   .unit = "GFLOP/s",
                                   .fraction = flops / seconds->median / peak};
    char name[96], how[LOCL_GEMM_CHOICE_TEXT];
    locl_bench_product_name(shape, name, sizeof name);
    locl_gemm_choice_text(&r->choice, setting, how);
    locl_report_add(report, &head, seconds, LOCL_REPORT_RATE, flops * 1e-9, "%s", name);
    locl_report_text(report, "engine", locl_gemm_solver_name(r->choice.solver));
    locl_report_text(report, "how", how);
    locl_report_text(report, "op", locl_bench_product_op(shape));
    locl_report_number(report, "m", (double)shape->m);
    locl_report_number(report, "n", (double)shape->n);
    locl_report_number(report, "k", (double)shape->k);
    locl_report_number(report, "batch", (double)shape->batch);
    locl_report_number(report, "sum", (double)shape->sum);
    locl_report_number(report, "per_step", (double)r->shape->count);
    locl_report_number(report, "flops", flops);
    locl_report_number(report, "us", seconds->median * 1e6);
    locl_report_number(report, "peak", peak * 1e-9);
}

/* Limits the samples of engines that are far behind the one that training would use. */
static void spare_slow(locl_bench_race *race, const locl_bench_products *products)
{
    locl_race_runner *chosen = NULL;
    for (size_t i = 0; i < products->count; i++) {
        const locl_bench_product_runner *r = &products->runner[i];
        locl_race_runner *mine = &race->runner[LOCL_PEAKS + i];
        if (r->chosen) {
            chosen = mine;
        } else if (chosen && SLOW * mine->replays < chosen->replays) {
            mine->most = SLOW_SAMPLES;
        }
    }
}

static locl_status race_products(locl_bench_job *job, locl_bench_race *race,
                                 const locl_bench_products *products, const char *setting, locl_error *err)
{
    LOCL_TRY(locl_bench_race_open(job, products->count, race, err));
    for (size_t i = 0; i < products->count; i++) {
        locl_bench_race_enter(race, locl_bench_products_enter(products, i));
    }
    LOCL_TRY(locl_bench_race_calibrate(race, err));
    spare_slow(race, products);
    LOCL_TRY(locl_bench_race_run(race, job, err));
    for (size_t i = 0; i < products->count; i++) {
        locl_spread spread = locl_bench_race_spread(race, i);
        add_row(job, &products->runner[i], setting, &spread, race->peaks.flops);
        locl_report_seconds(job->report, race->runner[LOCL_PEAKS + i].seconds,
                            race->runner[LOCL_PEAKS + i].samples, LOCL_REPORT_RATE,
                            1e-9 * locl_gemm_flops(&products->runner[i].shape->shape));
    }
    locl_bench_race_report(race, job);
    return LOCL_OK;
}

locl_status locl_bench_product(locl_bench_job *job, locl_error *err)
{
    locl_bench_training training;
    locl_bench_recording recording = {0};
    locl_bench_products products = {0};
    locl_bench_race race = {0};
    locl_bench_shape *shape = NULL;
    size_t shapes = 0;
    locl_status status;
    locl_bench_tell(job, "products");
    LOCL_TRY_GOTO(status, locl_bench_training_open(job->config, &training, err));
    LOCL_TRY_GOTO(status, locl_bench_training_choose(&training, job->devices, err));
    const char *setting = training.products ? training.products[0].setting : "";
    LOCL_TRY_GOTO(status, locl_clblast_use_setting(job->device, setting, err));
    LOCL_TRY_GOTO(status, locl_bench_recording_open(&training, job->device, &recording, err));
    LOCL_TRY_GOTO(status, locl_bench_add_shapes(&recording, &shape, &shapes, err));
    LOCL_TRY_GOTO(
        status, locl_bench_products_open(shape, shapes, LOCL_BENCH_ALL_SOLVERS, job->device, &products, err));
    LOCL_TRY_GOTO(status, locl_bench_products_check(&products, err));
    status = race_products(job, &race, &products, setting, err);
fail:
    locl_bench_race_close(&race);
    locl_bench_products_close(&products);
    free(shape);
    locl_bench_recording_close(&recording);
    locl_bench_training_close(&training);
    return status;
}
