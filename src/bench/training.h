/* Training steps of a configuration on made-up images, to be timed. Included by src/bench and bench/. */
#ifndef LOCL_BENCH_TRAINING_H
#define LOCL_BENCH_TRAINING_H

#include "config/config.h"
#include "sched/in_turn.h"
#include "sched/pipeline.h"

/* A configuration's network, with images that it takes. */
typedef struct locl_bench_training {
    const locl_config *config; /* outlives it */
    locl_model model;
    locl_optim_options optim; /* the configuration's, at a rate of 0: random labels can spoil no value */
    locl_dataset images;
    locl_gemm_choices *products; /* [devices] who computes them; NULL: as nobody measured */
    size_t devices;
} locl_bench_training;

/* Makes up the images. The caller closes *out, on error too, and does not move it while there is a pipeline of
 * it. */
locl_status locl_bench_training_open(const locl_config *config, locl_bench_training *out, locl_error *err);
/* The same in two: without images, for who only records; and these. */
locl_status locl_bench_training_plan(const locl_config *config, locl_bench_training *out, locl_error *err);
locl_status locl_bench_training_images(locl_bench_training *t, locl_error *err);
void locl_bench_training_close(locl_bench_training *t);
/* Looks up in the tuner's store who computes the products on these devices, as the configuration's key `tune` says;
 * nothing is measured. Once; before what is recorded with it. */
locl_status locl_bench_training_choose(locl_bench_training *t, locl_devices *devices, locl_error *err);

/* Returns the options that a run of the configuration opens its pipeline with. */
locl_pipeline_options locl_bench_training_options(const locl_bench_training *t);
/* Trains on `steps` batches and waits for them. */
locl_status locl_bench_training_run(const locl_bench_training *t, locl_pipeline *pipeline, size_t steps,
                                    double *seconds, locl_error *err);
/* The same, in the order and with the handler of `like`. */
locl_status locl_bench_training_as(const locl_bench_training *t, locl_pipeline *pipeline, size_t steps,
                                   const locl_pipeline_run *like, locl_error *err);

/* Times `steps` steps in the middle of a run, from one step's end to another's, when all devices are busy. */
locl_status locl_bench_training_stretch(const locl_bench_training *t, locl_pipeline *pipeline, size_t steps,
                                        double *seconds, locl_error *err);

/* Stages of a training step that are recorded without a pipeline. Nothing is allocated on the device. */
typedef struct locl_bench_recording {
    locl_arena *workspace;
    locl_stages stages;
} locl_bench_recording;

/* Records the stages. The caller closes *out, on error too, and `t` outlives it. */
locl_status locl_bench_recording_open(const locl_bench_training *t, locl_device *device,
                                      locl_bench_recording *out, locl_error *err);
void locl_bench_recording_close(locl_bench_recording *recording); /* zeroed is fine */

#endif
