/* Time of a training step under each learning rule, in one run and in turns:
 *
 *     build/bin/rule_bench --config configs/cifar10.yaml lg-bp lg-fg-a '{name: lg-fg-a, exact_last: true}'
 *
 * Each argument is a rule's name or a `rule` section. Without any, all rules run as they are by default. The
 * others are compared with the first one. Images are made up. Only one rule's memory is held at a
 * time. */
#include "support/training.h"

#include "rules/rule.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_VARIANTS = 32, MAX_ROUNDS = 64, MAX_SETS = 32, WARM_UP = 2 };

#define PROGRAM "rule_bench"

typedef struct variant {
    const char *rule;
    double ms[MAX_ROUNDS]; /* of a step */
    double gflop, workspace;
} variant;

typedef struct bench {
    variant variant[MAX_VARIANTS];
    size_t variants, rounds, steps;
    const char *file, *device, *set[MAX_SETS];
    size_t sets;
} bench;

static void parse(bench *b, int argc, char **argv)
{
    bool known = true;
    for (int i = 1; i < argc && known; i++) {
        bool more = i + 1 < argc;
        if (more && !strcmp(argv[i], "--config")) {
            b->file = argv[++i];
        } else if (more && !strcmp(argv[i], "--device")) {
            b->device = argv[++i];
        } else if (more && !strcmp(argv[i], "--set") && b->sets + 1 < MAX_SETS) {
            b->set[b->sets++] = argv[++i];
        } else if (more && !strcmp(argv[i], "--steps")) {
            b->steps = strtoul(argv[++i], NULL, 10);
        } else if (more && !strcmp(argv[i], "--rounds")) {
            b->rounds = strtoul(argv[++i], NULL, 10);
        } else if (argv[i][0] != '-' && b->variants < MAX_VARIANTS) {
            b->variant[b->variants++].rule = argv[i];
        } else {
            known = false;
        }
    }
    if (!known || !b->steps || !b->rounds || b->rounds > MAX_ROUNDS) {
        fprintf(stderr,
                "usage: rule_bench [--config FILE] [--set KEY=VALUE]... [--device SELECTOR] [--steps N] "
                "[--rounds N] [RULE | '{name: RULE, ...}']...\n");
        exit(2);
    }
    bool named = b->variants > 0;
    for (int kind = 0; kind < LOCL_RULES && !named; kind++) {
        b->variant[b->variants++].rule = locl_rule_of((locl_rule_kind)kind)->name;
    }
}

/* Measures one round of one rule: opens, warms up, times and closes it. */
static void measure(bench *b, variant *v, locl_devices *devices, size_t round)
{
    char rule[512];
    training t;
    snprintf(rule, sizeof rule, v->rule[0] == '{' ? "rule=%s" : "rule={name: %s}", v->rule);
    b->set[b->sets] = rule;
    training_open(&t, PROGRAM, b->file, b->set, b->sets + 1);
    locl_pipeline *pipeline = training_pipeline(&t, devices);
    training_run(&t, pipeline, WARM_UP, TRAINING_PIPELINED);
    v->ms[round] = 1e3 * training_run(&t, pipeline, b->steps, TRAINING_PIPELINED) / (double)b->steps;
    v->workspace = (double)locl_pipeline_workspace_bytes(pipeline, 0);
    v->gflop = 0;
    for (size_t i = 0; i < locl_pipeline_stages(pipeline); i++) {
        v->gflop += locl_pipeline_stage_info(pipeline, i).flops / 1e9;
    }
    locl_pipeline_close(pipeline);
    training_close(&t);
}

int main(int argc, char **argv)
{
    static bench b = {.file = "configs/cifar10.yaml", .device = "auto", .steps = 4, .rounds = 5};
    locl_error err = {0};
    locl_devices *devices;
    parse(&b, argc, argv);
    training_check(PROGRAM, locl_devices_open_text(b.device, &devices, &err), &err);
    for (size_t round = 0; round < b.rounds; round++) {
        for (size_t i = 0; i < b.variants; i++) {
            measure(&b, &b.variant[i], devices, round);
        }
    }
    printf("%s on %s, %zu rounds of %zu steps, in turns\n", b.file, devices->device[0]->name, b.rounds,
           b.steps);
    printf("%-52s %9s %19s %7s %9s %9s %9s\n", "rule", "ms/step", "range", "ratio", "GFLOP", "GFLOP/s",
           "MiB");
    for (size_t i = 0; i < b.variants; i++) {
        training_sort(b.variant[i].ms, b.rounds);
    }
    for (size_t i = 0; i < b.variants; i++) {
        const variant *v = &b.variant[i];
        double median = v->ms[b.rounds / 2];
        printf("%-52s %9.1f %8.1f..%-9.1f %7.2f %9.2f %9.1f %9.0f\n", v->rule, median, v->ms[0],
               v->ms[b.rounds - 1], median / b.variant[0].ms[b.rounds / 2], v->gflop, v->gflop / median * 1e3,
               v->workspace / (1 << 20));
    }
    locl_devices_close(devices);
    return 0;
}
