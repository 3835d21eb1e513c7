/* Training throughput of one network on several choices of devices, in one run and in turns:
 *
 *     build/bin/pipeline_bench --config configs/cifar10.yaml 0:0 0:0/0/2,0:0/1/2 0:0/0/2,1:0/0/2
 *
 * Each argument is a list of devices, on which the stages are placed. Images are made up, as only time is
 * measured. Beside the measured rate stands what the stages' own times, taken one after another, would allow:
 * the batch over the seconds of the busiest device's stages. */
#include "bench/training.h"
#include "check/race.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_VARIANTS = 16, MAX_ROUNDS = 64, MAX_SETS = 32, WARM_UP = 3 };

/* Prints and ends the program unless the status is LOCL_OK. */
static void check(locl_status status, const locl_error *err)
{
    if (status != LOCL_OK) {
        fprintf(stderr, "pipeline_bench: %s%s%s\n", err->where, err->where[0] ? ": " : "", err->message);
        if (err->remedy[0]) {
            fprintf(stderr, "  remedy: %s\n", err->remedy);
        }
        exit(locl_status_exit_code(err->status));
    }
}

typedef struct variant {
    const char *selectors;
    locl_devices *devices;
    locl_pipeline *pipeline;
    double rate[MAX_ROUNDS]; /* images/s */
    double bound;            /* images/s that the stages' times allow */
} variant;

typedef struct bench {
    locl_config *config;
    locl_bench_training training;
    variant variant[MAX_VARIANTS];
    size_t variants, rounds, steps;
    const char *file, *set[MAX_SETS];
    size_t sets;
} bench;

/* Returns the seconds that `steps` steps take. */
static double run(const bench *b, const variant *v, size_t steps, locl_bench_order order)
{
    locl_error err = {0};
    double seconds = 0;
    check(locl_bench_training_run(&b->training, v->pipeline, steps, order, &seconds, &err), &err);
    return seconds;
}

/* Returns the images/s that the stages' own times allow. The pipeline cannot beat the busiest device's
 * stages, one after another. */
static double rate_allowed(const bench *b, const variant *v)
{
    double busy[LOCL_MAX_DEVICES] = {0}, most = 0;
    run(b, v, b->steps, LOCL_BENCH_SEQUENTIAL);
    for (size_t i = 0; i < locl_pipeline_stages(v->pipeline); i++) {
        locl_stage_info info = locl_pipeline_stage_info(v->pipeline, i);
        busy[info.device] += info.alone_seconds / (double)b->steps;
        most = busy[info.device] > most ? busy[info.device] : most;
    }
    return (double)b->config->data.batch / most;
}

static void print_variant(const bench *b, const variant *v, double first)
{
    double median = v->rate[b->rounds / 2];
    printf("%-28s %9.1f  %8.1f..%-8.1f %8.1f %8.2f %8.2f\n", v->selectors, median, v->rate[0],
           v->rate[b->rounds - 1], v->bound, median / v->bound, median / first);
}

static void parse(bench *b, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        bool more = i + 1 < argc;
        if (more && !strcmp(argv[i], "--config")) {
            b->file = argv[++i];
        } else if (more && !strcmp(argv[i], "--set") && b->sets < MAX_SETS) {
            b->set[b->sets++] = argv[++i];
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
}

static void measure(bench *b)
{
    locl_error err = {0};
    for (size_t i = 0; i < b->variants; i++) {
        variant *v = &b->variant[i];
        check(locl_devices_open_text(v->selectors, &v->devices, &err), &err);
        locl_pipeline_options options = locl_bench_training_options(&b->training);
        check(locl_pipeline_open(&options, v->devices, &v->pipeline, &err), &err);
        run(b, v, WARM_UP, LOCL_BENCH_PIPELINED);
    }
    for (size_t round = 0; round < b->rounds; round++) {
        for (size_t i = 0; i < b->variants; i++) {
            variant *v = &b->variant[i];
            double seconds = run(b, v, b->steps, LOCL_BENCH_PIPELINED);
            v->rate[round] = (double)(b->steps * b->config->data.batch) / seconds;
        }
    }
    for (size_t i = 0; i < b->variants; i++) {
        b->variant[i].bound = rate_allowed(b, &b->variant[i]);
        locl_spread_of(b->variant[i].rate, b->rounds); /* sorts them */
    }
}

int main(int argc, char **argv)
{
    static bench b = {.file = "configs/cifar10.yaml", .steps = 4, .rounds = 5};
    parse(&b, argc, argv);
    locl_error err = {0};
    check(locl_config_load(b.file, b.set, b.sets, LOCL_CONFIG_PROBE, &b.config, &err), &err);
    check(locl_bench_training_open(b.config, &b.training, &err), &err);
    measure(&b);
    printf("%s, batch %u, %zu rounds of %zu steps, in turns; images/s\n", b.file, b.config->data.batch,
           b.rounds, b.steps);
    printf("%-28s %9s  %18s %8s %8s %8s\n", "devices", "median", "range", "allowed", "of it", "vs first");
    for (size_t i = 0; i < b.variants; i++) {
        print_variant(&b, &b.variant[i], b.variant[0].rate[b.rounds / 2]);
        locl_pipeline_close(b.variant[i].pipeline);
        locl_devices_close(b.variant[i].devices);
    }
    locl_bench_training_close(&b.training);
    locl_config_free(b.config);
    return 0;
}
