/* Stages on devices, joined by bounded channels: the scheduler. Each device has a worker thread that runs
 * whichever of its stages has a batch. Stages of different devices work on different batches at the same
 * time. Stages only ever send activations and labels forward, so the result is bit for bit that of running
 * them one after another on the same devices.
 *
 *     loader --x,y--> stage 0 --x,y--> ... --x,y--> stage n-1 + classifier       metrics leave sideways
 *
 * Used by src/run: opened once, then trained and evaluated in turns by one thread. */
#ifndef LOCL_SCHED_PIPELINE_H
#define LOCL_SCHED_PIPELINE_H

#include "base/arrays.h"
#include "data/loader.h"
#include "device/command_buffer.h"
#include "gemm/gemm.h"
#include "model/model.h"
#include "ops/metrics.h"
#include "optim/options.h"
#include "rules/options.h"
#include "sched/options.h"
#include "sched/placement.h"
#include "sched/trace.h"
#include "sched/stored.h"

#include <stdatomic.h>

typedef struct locl_pipeline_options {
    const locl_model *model; /* outlives the pipeline, as do rule, optim and placement */
    const locl_rule_options *rule;
    const locl_optim_options *optim;       /* NULL: evaluation only, no gradients and no optimiser state */
    const locl_placement_entry *placement; /* [placements]; NULL: the policy places stages by cost */
    size_t placements;
    const locl_policy *policy; /* places stages; NULL: the chain policy */
    const double *seconds;     /* [stages][devices] measured, for the policy; NULL: estimated (cost.h) */
    locl_engine engine;        /* of devices whose selector names none */
    /* [devices] known products, with the devices' engines for the others; NULL: none. Read while opening. */
    const locl_gemm_choices *products;
    uint64_t seed; /* of draws and initial values */
    size_t batch;  /* B */
    bool profile;  /* time every launch; slower */
    /* Seconds that a run waits for a device at most (LOCL_E_DEADLINE). They are more than a first step takes,
     * in which drivers may build kernels. 0: the devices' own (LOCL_DEADLINE), which is none unless it is
     * set. */
    double deadline;
    /* Hears of progress while kernels are built, on the calling thread. May be NULL. */
    void (*building)(void *user, size_t done, size_t total);
    void *building_user;
} locl_pipeline_options;

typedef struct locl_pipeline locl_pipeline;

/* Places and records every stage, checks the memory, allocates, builds the kernels and sets initial
 * parameters. LOCL_E_TOO_LARGE says how much memory is needed, where, and the batch that would fit. `devices`
 * outlives the pipeline. */
locl_status locl_pipeline_open(const locl_pipeline_options *options, locl_devices *devices,
                               locl_pipeline **out, locl_error *err);
/* The same up to where device memory is allocated: to be asked what it consists of (products, stages, workspace) and
 * closed; nothing of it runs. */
locl_status locl_pipeline_record(const locl_pipeline_options *options, locl_devices *devices,
                                 locl_pipeline **out, locl_error *err);
/* NULL is fine. After LOCL_E_DEADLINE it waits once more for the devices, and where one is still busy leaves
 * it what it may yet write to. */
void locl_pipeline_close(locl_pipeline *pipeline);

/* What a batch gave. Record k is block k's head, record `blocks` the classifier. `images` counted. */
typedef struct locl_step_report {
    uint64_t step;
    size_t images;
    size_t records; /* blocks + 1 */
    const locl_step_metrics *record;
} locl_step_report;

/* Receives reports on the calling thread, in the order of the steps, some steps after the fact. */
typedef void (*locl_step_handler)(void *user, const locl_step_report *report);

typedef struct locl_pipeline_run {
    locl_loader *loader; /* its next batch is number `first` */
    uint64_t first, end; /* steps first..end-1; evaluation takes all batches that the loader gives */
    uint64_t steps_per_epoch, epochs; /* for the learning rate's schedule */
    atomic_bool *stop;                /* may be NULL; once true, no further step is begun */
    bool sequential;                  /* one stage after another, one batch after another, to compare with */
    locl_step_handler handler;        /* may be NULL */
    /* Hears now and then how many stages have `done` the pipeline's first batch of the kind, until all have.
     * Drivers may finish their kernels only in that batch. On the calling thread. May be NULL. */
    void (*starting)(void *user, size_t done, size_t total);
    void *user;
} locl_pipeline_run;

/* Trains and returns when every stage has finished step *next - 1 (*next < end only after a stop or an
 * error). An error names device, stage and step where it knows them. LOCL_E_NUMERIC: a loss or parameter is
 * not finite. It names step, block and layer, and parameters are then spoiled. */
locl_status locl_pipeline_train(locl_pipeline *pipeline, const locl_pipeline_run *run, uint64_t *next,
                                locl_error *err);
/* Evaluates: primal only, heads and classifier. The handler gets every batch, a partial one with fewer
 * `images`. */
locl_status locl_pipeline_evaluate(locl_pipeline *pipeline, const locl_pipeline_run *run, locl_error *err);

/* Copies parameters (SPEC 8 names) and, with optimiser state, "<state>.<parameter>" such as
 * "momentum.blocks.0.channel.weight". Waits. Between runs only. */
locl_status locl_pipeline_save(locl_pipeline *pipeline, locl_stored what, locl_arrays *out, locl_error *err);
/* Takes tensors back. Missing, extra and misshaped ones are errors that name them (LOCL_E_CHECKPOINT). With
 * LOCL_STORED_PARAMETERS only parameters are read, and others ignored. */
locl_status locl_pipeline_load(locl_pipeline *pipeline, locl_stored what, const locl_arrays *in,
                               locl_error *err);

/* A stage's device, needs and time. */
typedef struct locl_stage_info {
    size_t first, last; /* blocks first..last-1 */
    bool classifier;
    size_t device;      /* index in the devices */
    size_t state_bytes; /* its own memory */
    double flops;       /* of a training (or evaluation) step, counted by hand */
    size_t launches;
    double alone_seconds; /* of its steps one by one, in the last run if that was sequential */
} locl_stage_info;
/* Lists the products of a device's stages, each shape once, with who computes it. *out [*count] is the
 * caller's to free(). */
locl_status locl_pipeline_products(const locl_pipeline *pipeline, size_t device, locl_gemm_choice **out,
                                   size_t *count, locl_error *err);
size_t locl_pipeline_stages(const locl_pipeline *pipeline);
locl_stage_info locl_pipeline_stage_info(const locl_pipeline *pipeline, size_t stage);
/* Returns the bytes of the workspace that a device's stages share. */
size_t locl_pipeline_workspace_bytes(const locl_pipeline *pipeline, size_t device);
/* Returns the seconds that the first stage waited for the loader in the last run, and the run's length. */
void locl_pipeline_idle(const locl_pipeline *pipeline, double *waited, double *seconds);
/* Reads the rows of a stage's training step, gradient and update. The pipeline owns them until the next call
 * for the stage. There are none without profile. */
size_t locl_pipeline_profile(const locl_pipeline *pipeline, size_t stage, const locl_profile_row **rows);
/* Returns what its runs did, the last thousands of events. The pipeline owns it. It may be read during a
 * run. */
const locl_trace *locl_pipeline_trace(const locl_pipeline *pipeline);

#endif
