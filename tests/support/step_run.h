/* A small model trained by a pipeline on made-up images, for the tests of src/sched. Any failure that is not
 * asked for ends the test program. */
#ifndef TESTS_SUPPORT_STEP_RUN_H
#define TESTS_SUPPORT_STEP_RUN_H

#include "base/safetensors.h"
#include "data/loader.h"
#include "device/select.h"
#include "sched/pipeline.h"

/* 103 images of 8 x 8 in 5 classes. */
enum { STEP_RUN_IMAGES = 103, STEP_RUN_BATCH = 16 };

typedef struct step_run {
    locl_devices *devices;
    locl_model model;
    locl_rule_options rule;
    locl_optim_options optim;
    locl_placement_entry placement[4];
    size_t placements, batch;
    size_t slice; /* 0: none */
    size_t depth; /* 0: as is usual */
    locl_engine engine;
    locl_precision precision;
    double deadline;           /* 0 */
    const locl_policy *policy; /* NULL */
    const double *seconds;     /* NULL */
    locl_dataset dataset;
    locl_pipeline *pipeline;
} step_run;

/* Begins a run of four blocks of P = 4, D = 24, G = 3, lg-fg-a, sgd, batch 16, on `devices` (owned then), not
 * yet planned. Change what is wanted, then call step_run_open(). Without devices (NULL) only the rest is
 * filled. */
void step_run_begin(step_run *run, locl_devices *devices);
/* Places block k on device where[k]. */
void step_run_place(step_run *run, const unsigned where[4]);
void step_run_open(step_run *run);
locl_status step_run_try_open(step_run *run, locl_error *err);
void step_run_close(step_run *run);

/* Opens devices of selectors separated by commas, or of specs whatever LOCL_DEVICES says. NULL when they
 * cannot be had. */
locl_devices *step_devices(const char *selectors);
locl_devices *step_devices_of(const locl_device_spec *specs, size_t count);
/* Opens PoCL's device (or LOCL_DEVICES' first) in two halves or as one. NULL when it cannot be split. */
locl_devices *step_halves(void);
locl_devices *step_whole(void);

typedef struct step_ask {
    uint64_t first, end;
    uint64_t loader_end; /* 0: the same as end */
    bool sequential;
    atomic_bool *stop;
    locl_step_handler handler;
    /* What is kept, as of locl_pipeline_run; or zeroed. */
    locl_status (*kept)(void *user, uint64_t step, locl_error *err);
    uint64_t keep_every[LOCL_KEEP_RHYTHMS];
    atomic_bool *keep;
    void *user;
} step_ask;

/* Trains as asked. *next is as locl_pipeline_train() gives it. */
locl_status step_run_try_train(step_run *run, const step_ask *ask, uint64_t *next, locl_error *err);
/* Trains steps first..end-1 and expects that to succeed. */
void step_run_train(step_run *run, uint64_t first, uint64_t end, bool sequential);
locl_status step_run_try_evaluate(step_run *run, const step_ask *ask, locl_error *err);

/* Copies parameters and optimiser state. */
void step_run_save(step_run *run, locl_arrays *out);
/* Asserts that parameters and optimiser state of both are the same, byte by byte. */
void step_assert_same(step_run *a, step_run *b);
/* Asserts that they are not all the same, so that the comparison can fail. */
void step_assert_differ(step_run *a, step_run *b);
void step_assert_arrays_same(const locl_arrays *a, const locl_arrays *b);

#endif
