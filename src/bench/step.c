/* locl bench step: training steps of one or several variants in turns, beside their floor. */
#include "bench/bench.h"

#include "base/text.h"
#include "bench/floor.h"
#include "bench/kernels.h"
#include "bench/products.h"
#include "bench/race.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WARM_UP = 2 };

static const double sample_seconds = 0.5;

/* A configuration whose steps are timed. */
typedef struct variant {
    char label[160];
    locl_config *config;
    locl_bench_training training;
    locl_devices *devices;
    locl_bench_counts counts;
    double least_bytes;
    size_t workspace; /* bytes */
} variant;

typedef struct variants {
    variant *list; /* [count] */
    size_t count;
} variants;

/* ---- which there are ---- */

static locl_status open_variant(const locl_bench_job *job, const char *set, const char *label, variant *v,
                                locl_error *err)
{
    LOCL_TRY(locl_bench_config(job->source, &set, set ? 1 : 0, &v->config, err));
    if (label) {
        snprintf(v->label, sizeof v->label, "%s", label);
    } else {
        locl_config_rule_label(&v->config->rule, v->label, sizeof v->label);
    }
    v->devices = job->devices;
    LOCL_TRY(locl_bench_training_open(v->config, &v->training, err));
    return locl_bench_training_choose(&v->training, v->devices, err);
}

/* Takes "lg-bp" and "{name: lg-bp}" alike. */
static locl_status open_rule(const locl_bench_job *job, const char *rule, variant *v, locl_error *err)
{
    locl_text set = {0};
    locl_text_add(&set, rule[0] == '{' ? "rule=%s" : "rule={name: %s}", rule);
    locl_status status =
        set.failed ? locl_fail_memory(err, strlen(rule)) : open_variant(job, set.data, NULL, v, err);
    locl_text_free(&set);
    return status;
}

static locl_status open_variants(const locl_bench_job *job, variants *all, locl_error *err)
{
    const locl_bench_setup *setup = job->setup;
    all->list = calloc(setup->rules + setup->varied + 1, sizeof *all->list);
    if (!all->list) {
        return locl_fail_memory(err, (setup->rules + setup->varied + 1) * sizeof *all->list);
    }
    if (setup->rules == 0) {
        LOCL_TRY(open_variant(job, NULL, NULL, &all->list[all->count++], err));
    }
    for (size_t i = 0; i < setup->rules; i++) {
        LOCL_TRY(open_rule(job, setup->rule[i], &all->list[all->count++], err));
    }
    for (size_t i = 0; i < setup->varied; i++) {
        LOCL_TRY(open_variant(job, setup->vary[i], setup->vary[i], &all->list[all->count++], err));
    }
    return LOCL_OK;
}

static void close_variants(variants *all)
{
    for (size_t i = 0; i < all->count; i++) {
        locl_bench_training_close(&all->list[i].training);
        locl_config_free(all->list[i].config);
    }
    free(all->list);
}

/* Counts what its recordings say, and adds its products to the list. */
static locl_status count_variant(variant *v, locl_device *device, locl_bench_shape **shape, size_t *shapes,
                                 locl_error *err)
{
    locl_bench_recording recording;
    locl_status status;
    LOCL_TRY_GOTO(status, locl_bench_recording_open(&v->training, device, &recording, err));
    for (size_t i = 0; i < recording.stages.count; i++) {
        locl_bench_count(&recording.stages.stage[i], &v->counts);
    }
    LOCL_TRY_GOTO(status, locl_bench_add_shapes(&recording, shape, shapes, err));
    status = locl_bench_least_bytes(&v->training.model, &v->config->rule, &v->training.optim,
                                    v->config->data.batch, &v->least_bytes, err);
fail:
    locl_bench_recording_close(&recording);
    return status;
}

/* ---- timing them ---- */

/* Opens a variant, warms it up, times it and closes it, so that one variant's memory is held at a time. */
static locl_status sample(void *user, size_t replays, double *seconds, locl_error *err)
{
    variant *v = user;
    locl_pipeline *pipeline;
    locl_pipeline_options options = locl_bench_training_options(&v->training);
    LOCL_TRY(locl_pipeline_open(&options, v->devices, &pipeline, err));
    v->workspace = locl_pipeline_workspace_bytes(pipeline, 0);
    locl_status status = locl_bench_training_run(&v->training, pipeline, WARM_UP, seconds, err);
    if (status == LOCL_OK) {
        status = locl_bench_training_run(&v->training, pipeline, replays, seconds, err);
    }
    locl_pipeline_close(pipeline);
    return status;
}

/* Returns the FLOPs a second of the fastest product. In the race `before` variants come before the products. */
static double best_product(locl_bench_race *race, size_t before, const locl_bench_products *products)
{
    double best = 0;
    for (size_t i = 0; i < products->count; i++) {
        double rate = locl_gemm_flops(&products->runner[i].shape->shape) /
                      locl_bench_race_spread(race, before + i).median;
        best = rate > best ? rate : best;
    }
    return best;
}

static void add_row(const locl_bench_job *job, const variant *v, const locl_spread *seconds, size_t steps,
                    const locl_peak *peaks, double product_rate, double first)
{
    double floor = locl_bench_floor(v->counts.product_flops, product_rate, v->least_bytes, peaks->bytes);
    locl_report *report = job->report;
    const locl_report_head head = {job->device->selector, "step", "ms", floor / seconds->median};
    locl_report_add(report, &head, seconds, LOCL_REPORT_TIME, 1e3, "step");
    locl_report_text(report, "label", v->label);
    locl_report_number(report, "floor", 1e3 * floor);
    locl_report_number(report, "flops", v->counts.product_flops);
    locl_report_number(report, "bytes", v->least_bytes);
    locl_report_number(report, "peak", product_rate * 1e-9);
    locl_report_number(report, "copy", peaks->bytes * 1e-9);
    locl_report_number(report, "over_floor", seconds->median / floor);
    locl_report_number(report, "launches", v->counts.launches);
    locl_report_number(report, "launch_floor", 1e3 * v->counts.launches * peaks->launch);
    locl_report_number(report, "launched_flops", v->counts.flops);
    locl_report_number(report, "launched_bytes", v->counts.bytes);
    locl_report_number(report, "batch", v->config->data.batch);
    locl_report_number(report, "images_per_second", v->config->data.batch / seconds->median);
    locl_report_number(report, "workspace", (double)v->workspace);
    locl_report_number(report, "steps", (double)steps);
    locl_report_number(report, "ratio", seconds->median / first);
}

/* Times the variants, which come first, and the products. */
static locl_status race_steps(locl_bench_job *job, locl_bench_race *race, const variants *all,
                              const locl_bench_products *products, locl_error *err)
{
    LOCL_TRY(locl_bench_race_open(job, all->count + products->count, race, err));
    for (size_t i = 0; i < all->count; i++) {
        locl_bench_race_enter(
            race, (locl_race_runner){.sample = sample, .user = &all->list[i], .least = sample_seconds});
    }
    for (size_t i = 0; i < products->count; i++) {
        locl_bench_race_enter(race, locl_bench_products_enter(products, i));
    }
    LOCL_TRY(locl_bench_race_calibrate(race, err));
    LOCL_TRY(locl_bench_race_run(race, job, err));
    double rate = best_product(race, all->count, products), first = locl_bench_race_spread(race, 0).median;
    for (size_t i = 0; i < all->count; i++) {
        locl_spread spread = locl_bench_race_spread(race, i);
        add_row(job, &all->list[i], &spread, race->runner[LOCL_PEAKS + i].replays, &race->peaks, rate, first);
        locl_report_seconds(job->report, race->runner[LOCL_PEAKS + i].seconds,
                            race->runner[LOCL_PEAKS + i].samples, LOCL_REPORT_TIME, 1e3);
    }
    locl_bench_race_report(race, job);
    return LOCL_OK;
}

static locl_status bench(locl_bench_job *job, variants *all, locl_bench_shape **shape, locl_bench_race *race,
                         locl_bench_products *products, locl_error *err)
{
    size_t shapes = 0;
    LOCL_TRY(open_variants(job, all, err));
    for (size_t i = 0; i < all->count; i++) {
        LOCL_TRY(count_variant(&all->list[i], job->device, shape, &shapes, err));
    }
    LOCL_TRY(locl_bench_products_open(*shape, shapes, LOCL_BENCH_CHOSEN_SOLVER, job->device, products, err));
    LOCL_TRY(race_steps(job, race, all, products, err));
    if (all->count > 1) {
        return LOCL_OK;
    }
    locl_bench_tell(job, "kernels");
    return locl_bench_step_kernels(job, &all->list[0].training, race->runner[LOCL_PEAKS].replays,
                                   &race->peaks, err);
}

locl_status locl_bench_step(locl_bench_job *job, locl_error *err)
{
    variants all = {0};
    locl_bench_shape *shape = NULL;
    locl_bench_products products = {0};
    locl_bench_race race = {0};
    locl_bench_tell(job, "steps");
    locl_status status = bench(job, &all, &shape, &race, &products, err);
    locl_bench_race_close(&race);
    locl_bench_products_close(&products);
    close_variants(&all);
    free(shape);
    return status;
}
