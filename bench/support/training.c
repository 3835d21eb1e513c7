#include "support/training.h"

#include "base/clock.h"
#include "data/loader.h"

#include <stdio.h>
#include <stdlib.h>

enum { RING = 4, BATCHES = 16 };

void training_check(const char *program, locl_status status, const locl_error *err)
{
    if (status != LOCL_OK) {
        fprintf(stderr, "%s: %s%s%s\n", program, err->where, err->where[0] ? ": " : "", err->message);
        if (err->remedy[0]) {
            fprintf(stderr, "  remedy: %s\n", err->remedy);
        }
        exit(locl_status_exit_code(err->status));
    }
}

static void make_images(training *t)
{
    const unsigned *image = t->model.options.image;
    locl_dataset *d = &t->dataset;
    *d = (locl_dataset){.n = BATCHES * (size_t)t->config->data.batch,
                        .h = image[0],
                        .w = image[1],
                        .c = image[2],
                        .classes = t->model.classes};
    size_t bytes = d->n * d->h * d->w * d->c;
    d->pixels = malloc(bytes);
    d->labels = malloc(d->n * sizeof *d->labels);
    if (!d->pixels || !d->labels) {
        fprintf(stderr, "%s: out of memory\n", t->program);
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

void training_open(training *t, const char *program, const char *file, const char *const *sets,
                   size_t set_count)
{
    locl_error err = {0};
    *t = (training){.program = program};
    training_check(program, locl_config_load(file, sets, set_count, LOCL_CONFIG_PROBE, &t->config, &err),
                   &err);
    training_check(program, locl_model_open(&t->config->model, &t->model, &err), &err);
    make_images(t);
}

void training_close(training *t)
{
    free(t->dataset.pixels);
    free(t->dataset.labels);
    locl_config_free(t->config);
}

locl_pipeline *training_pipeline(const training *t, locl_devices *devices)
{
    locl_error err = {0};
    locl_pipeline *pipeline;
    locl_pipeline_options options = {.model = &t->model,
                                     .rule = &t->config->rule,
                                     .optim = &t->config->optimizer,
                                     .engine = t->config->engine,
                                     .seed = t->config->seed,
                                     .batch = t->config->data.batch};
    training_check(t->program, locl_pipeline_open(&options, devices, &pipeline, &err), &err);
    return pipeline;
}

double training_run(const training *t, locl_pipeline *pipeline, size_t steps, training_order order)
{
    locl_error err = {0};
    locl_loader *loader;
    uint64_t next;
    locl_loader_options options = {.batch = t->config->data.batch,
                                   .patches = t->model.options.patches,
                                   .ring = RING,
                                   .training = true,
                                   .end = steps};
    training_check(t->program, locl_loader_open(&t->dataset, &options, &loader, &err), &err);
    locl_pipeline_run run = {.loader = loader,
                             .end = steps,
                             .steps_per_epoch = steps,
                             .epochs = 1,
                             .sequential = order == TRAINING_SEQUENTIAL};
    double start = locl_clock_seconds();
    training_check(t->program, locl_pipeline_train(pipeline, &run, &next, &err), &err);
    double seconds = locl_clock_seconds() - start;
    locl_loader_close(loader);
    return seconds;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void training_sort(double *values, size_t count)
{
    qsort(values, count, sizeof *values, ascending);
}
