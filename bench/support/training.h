/* Training steps on made-up images, for benchmarks that time them. Any failure prints and ends the program.
 */
#ifndef BENCH_SUPPORT_TRAINING_H
#define BENCH_SUPPORT_TRAINING_H

#include "config/config.h"
#include "sched/pipeline.h"

/* A configuration with the network and the images that it asks for. Close with training_close(). */
typedef struct training {
    const char *program; /* for messages */
    locl_config *config;
    locl_model model;
    locl_dataset dataset;
} training;

void training_open(training *t, const char *program, const char *file, const char *const *sets,
                   size_t set_count);
void training_close(training *t);

/* Opens a pipeline of the configuration's rule and optimiser on `devices`. The caller closes it before the
 * training. */
locl_pipeline *training_pipeline(const training *t, locl_devices *devices);
/* The order of a training's work, as `sequential` of locl_pipeline_run. */
typedef enum training_order { TRAINING_PIPELINED = false, TRAINING_SEQUENTIAL = true } training_order;

/* Returns the seconds that `steps` steps take. */
double training_run(const training *t, locl_pipeline *pipeline, size_t steps, training_order order);

/* Prints and ends the program unless the status is LOCL_OK. */
void training_check(const char *program, locl_status status, const locl_error *err);
/* Sorts ascending. */
void training_sort(double *values, size_t count);

#endif
