/* Training throughput of one network on several choices of devices, in one run and in turns:
 *
 *     build/bin/pipeline_bench --config configs/cifar10.yaml 0:0 0:0/0/2,0:0/1/2 0:0/0/2,1:0/0/2
 *
 * Each argument is a list of devices; blocks are dealt out to them. Images are made up: only time is
 * measured. Beside the measured rate stands what the stages' own times, taken one after another, would allow:
 * the batch over the busiest device's stages. */
#include "base/clock.h"
#include "data/loader.h"
#include "run/config.h"
#include "sched/pipeline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_VARIANTS = 16, MAX_ROUNDS = 64, WARM_UP = 3, RING = 4 };

typedef struct variant {
    const char *selectors;
    locl_devices *devices;
    locl_pipeline *pipeline;
    double rate[MAX_ROUNDS]; /* images/s */
    double bound;            /* images/s that the stages' times allow */
} variant;

typedef struct bench {
    locl_config *config;
    locl_model model;
    locl_dataset dataset;
    variant variant[MAX_VARIANTS];
    size_t variants, rounds, steps;
    const char *file;
} bench;

static void quit(const locl_error *err)
{
    fprintf(stderr, "pipeline_bench: %s%s%s\n  remedy: %s\n", err->where, err->where[0] ? ": " : "",
            err->message, err->remedy);
    exit(locl_status_exit_code(err->status));
}

static void check(locl_status status, const locl_error *err)
{
    if (status != LOCL_OK) {
        quit(err);
    }
}

static void make_images(bench *b)
{
    const unsigned *image = b->model.options.image;
    locl_dataset *d = &b->dataset;
    *d = (locl_dataset){.n = 16 * (size_t)b->config->data.batch,
                        .h = image[0],
                        .w = image[1],
                        .c = image[2],
                        .classes = b->model.classes};
    size_t bytes = d->n * d->h * d->w * d->c;
    d->pixels = malloc(bytes);
    d->labels = malloc(d->n * sizeof *d->labels);
    if (!d->pixels || !d->labels) {
        fprintf(stderr, "pipeline_bench: out of memory\n");
        exit(1);
    }
    for (size_t i = 0; i < bytes; i++) {
        d->pixels[i] = (uint8_t)(i * 2654435761u >> 24);
    }
    for (size_t i = 0; i < d->n; i++) {
        d->labels[i] = (int32_t)(i % d->classes);
    }
    for (size_t i = 0; i < d->c; i++) {
        d->mean[i] = d->std[i] = 0.5;
    }
}

/* Seconds for `steps` steps. */
static double run(bench *b, locl_pipeline *pipeline, size_t steps, bool sequential)
{
    locl_error err = {0};
    locl_loader *loader;
    uint64_t next;
    locl_loader_options options = {.batch = b->config->data.batch,
                                   .patches = b->model.options.patches,
                                   .ring = RING,
                                   .training = true,
                                   .end = steps};
    check(locl_loader_open(&b->dataset, &options, &loader, &err), &err);
    locl_pipeline_run r = {
        .loader = loader, .end = steps, .steps_per_epoch = steps, .epochs = 1, .sequential = sequential};
    double start = locl_clock_seconds();
    check(locl_pipeline_train(pipeline, &r, &next, &err), &err);
    double seconds = locl_clock_seconds() - start;
    locl_loader_close(loader);
    return seconds;
}

static locl_pipeline *open_pipeline(bench *b, locl_devices *devices)
{
    locl_error err = {0};
    locl_pipeline *pipeline;
    locl_pipeline_options options = {.model = &b->model,
                                     .rule = &b->config->rule,
                                     .optim = &b->config->optimizer,
                                     .engine = b->config->engine,
                                     .seed = b->config->seed,
                                     .batch = b->config->data.batch};
    check(locl_pipeline_open(&options, devices, &pipeline, &err), &err);
    return pipeline;
}

/* Stages one after another: the busiest device's stages are what the pipeline can't beat. */
static double rate_allowed(bench *b, const variant *v, size_t steps)
{
    double busy[LOCL_MAX_DEVICES] = {0}, most = 0;
    run(b, v->pipeline, steps, true);
    for (size_t i = 0; i < locl_pipeline_stages(v->pipeline); i++) {
        locl_stage_info info = locl_pipeline_stage_info(v->pipeline, i);
        busy[info.device] += info.alone_seconds / (double)steps;
        most = busy[info.device] > most ? busy[info.device] : most;
    }
    return (double)b->config->data.batch / most;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void print_variant(const bench *b, const variant *v, double first)
{
    double median = v->rate[b->rounds / 2];
    printf("%-28s %9.1f  %8.1f..%-8.1f %8.1f %8.2f %8.2f\n", v->selectors, median, v->rate[0],
           v->rate[b->rounds - 1], v->bound, median / v->bound, median / first);
}

static void parse(bench *b, int argc, char **argv)
{
    locl_error err = {0};
    const char *sets[32];
    size_t set_count = 0;
    for (int i = 1; i < argc; i++) {
        bool more = i + 1 < argc;
        if (more && !strcmp(argv[i], "--config")) {
            b->file = argv[++i];
        } else if (more && !strcmp(argv[i], "--set") && set_count < 32) {
            sets[set_count++] = argv[++i];
        } else if (more && !strcmp(argv[i], "--steps")) {
            b->steps = strtoul(argv[++i], NULL, 10);
        } else if (more && !strcmp(argv[i], "--rounds")) {
            b->rounds = strtoul(argv[++i], NULL, 10);
        } else if (argv[i][0] != '-' && b->variants < MAX_VARIANTS) {
            b->variant[b->variants++].selectors = argv[i];
        } else {
            b->variants = 0;
            break;
        }
    }
    if (!b->variants || !b->steps || !b->rounds || b->rounds > MAX_ROUNDS) {
        fprintf(stderr, "usage: pipeline_bench [--config FILE] [--set KEY=VALUE]... [--steps N] [--rounds N] "
                        "DEVICES...\n");
        exit(2);
    }
    check(locl_config_load(b->file, sets, set_count, LOCL_CONFIG_PROBE, &b->config, &err), &err);
    check(locl_model_open(&b->config->model, &b->model, &err), &err);
}

int main(int argc, char **argv)
{
    static bench b = {.file = "configs/cifar10.yaml", .steps = 4, .rounds = 5};
    locl_error err = {0};
    parse(&b, argc, argv);
    make_images(&b);
    for (size_t i = 0; i < b.variants; i++) {
        variant *v = &b.variant[i];
        check(locl_devices_open_text(v->selectors, &v->devices, &err), &err);
        v->pipeline = open_pipeline(&b, v->devices);
        run(&b, v->pipeline, WARM_UP, false);
    }
    for (size_t round = 0; round < b.rounds; round++) {
        for (size_t i = 0; i < b.variants; i++) {
            variant *v = &b.variant[i];
            double seconds = run(&b, v->pipeline, b.steps, false);
            v->rate[round] = (double)(b.steps * b.config->data.batch) / seconds;
        }
    }
    printf("%s, batch %u, %zu rounds of %zu steps, in turns; images/s\n", b.file, b.config->data.batch,
           b.rounds, b.steps);
    printf("%-28s %9s  %18s %8s %8s %8s\n", "devices", "median", "range", "allowed", "of it", "vs first");
    for (size_t i = 0; i < b.variants; i++) {
        b.variant[i].bound = rate_allowed(&b, &b.variant[i], b.steps);
    }
    for (size_t i = 0; i < b.variants; i++) {
        qsort(b.variant[i].rate, b.rounds, sizeof(double), ascending);
        print_variant(&b, &b.variant[i], b.variant[0].rate[b.rounds / 2]);
    }
    for (size_t i = 0; i < b.variants; i++) {
        locl_pipeline_close(b.variant[i].pipeline);
        locl_devices_close(b.variant[i].devices);
    }
    free(b.dataset.pixels);
    free(b.dataset.labels);
    locl_config_free(b.config);
    return 0;
}
