/* Stages on devices, joined by bounded channels: the scheduler. What goes through them are batches, or slices of
 * batches (micro-batches). A step is then so many slices, one after another, and its update follows the last
 * one. Each device has a worker thread that runs whichever of its stages has a batch. Stages of different devices
 * work on different batches at the same time. Stages only ever send activations and labels forward, so the result
 * is bit for bit that of running them one after another on the same devices. A stage may be shared by several devices,
 * each of which has an entry of its own for its rows of every batch.
 *
 *     loader --x,y--> stage 0 --x,y--> ... --x,y--> stage n-1 + classifier       metrics leave sideways
 *
 * Used by src/run: opened once, then trained and evaluated in turns by one thread. */
#ifndef LOCL_SCHED_PIPELINE_H
#define LOCL_SCHED_PIPELINE_H

#include "base/arrays.h"
#include "data/loader.h"
#include "device/command_buffer.h"
#include "device/lifetime.h"
#include "gemm/gemm.h"
#include "model/model.h"
#include "ops/metrics.h"
#include "optim/options.h"
#include "rules/options.h"
#include "sched/options.h"
#include "sched/placement.h"
#include "sched/timeline.h"
#include "sched/trace.h"
#include "sched/stored.h"

#include <stdatomic.h>

typedef struct locl_pipeline_options {
    const locl_model *model; /* outlives the pipeline, as do rule, optim and placement */
    const locl_rule_options *rule;
    const locl_optim_options *optim;       /* NULL: evaluation only, no gradients and no optimiser state */
    const locl_placement_entry *placement; /* [placements]; NULL: the policy places stages by cost */
    size_t placements;
    const locl_placement *placed; /* a placement for these devices that is taken as it is; NULL: none */
    const locl_policy *policy;    /* places stages; NULL: the chain policy */
    const double *seconds;        /* [stages][devices] measured, for the policy; NULL: estimated (cost.h) */
    locl_engine engine;           /* of devices whose selector names none */
    locl_precision precision;
    /* [devices] known products, with the devices' engines for the others; NULL: none. Read while opening. */
    const locl_gemm_choices *products;
    uint64_t seed; /* of draws and initial values */
    size_t batch;  /* B */
    size_t slice;  /* images computed at once; divides B; 0: all of them */
    size_t depth; /* batches between devices, 1 to 4; 0: 2, so that one is copied while another is computed */
    bool profile; /* time every launch; slower */
    locl_timeline
        *timeline; /* records steps of training, without `profile`; outlives the pipeline; NULL: none */
    /* Seconds that a run waits for a device at most (LOCL_E_DEADLINE). They are more than a first step takes,
     * in which drivers may build kernels. 0: the devices' own (LOCL_DEADLINE), which is none unless it is
     * set. */
    double deadline;
    /* Hears of progress while kernels are built, first that 0 are done, on the calling thread. May be NULL. */
    void (*building)(void *user, size_t done, size_t total);
    void *building_user;
} locl_pipeline_options;

typedef struct locl_pipeline locl_pipeline;

/* Writes the options of every stage of a pipeline that would be opened so, to `out` [the model's blocks], and returns
 * how many there are. */
struct locl_stage_options;
size_t locl_pipeline_cut(const locl_pipeline_options *options, struct locl_stage_options *out);

/* Places and records every stage. Builds nothing, allocates nothing on a device, and refuses nothing that is too
 * large. Serves those who look at a pipeline before it is opened, and locl_pipeline_close(). *out is NULL on
 * error. `devices` outlives the pipeline. */
locl_status locl_pipeline_plan(const locl_pipeline_options *options, locl_devices *devices,
                               locl_pipeline **out, locl_error *err);
/* Does the same, checks the memory, and begins to build the kernels on threads that locl_pipeline_finish() or
 * locl_pipeline_close() ends. LOCL_E_TOO_LARGE says how much memory is needed, where, and the batch that would
 * fit. */
locl_status locl_pipeline_begin(const locl_pipeline_options *options, locl_devices *devices,
                                locl_pipeline **out, locl_error *err);
/* Waits for the kernels of a pipeline that was begun, allocates and sets initial parameters. After an error the
 * pipeline is only closed. */
locl_status locl_pipeline_finish(locl_pipeline *pipeline, locl_error *err);
/* Begins and finishes. *out is NULL on error. */
locl_status locl_pipeline_open(const locl_pipeline_options *options, locl_devices *devices,
                               locl_pipeline **out, locl_error *err);
/* Says whether it fits its devices, of whose memory `limit` bytes at most are to be used (0: all).
 * *largest_slice is the most images computed at once that would fit, 0 if none does. */
void locl_pipeline_fit(const locl_pipeline *pipeline, uint64_t limit, bool *fits, size_t *largest_slice);
/* Closes a pipeline, NULL being fine. After LOCL_E_DEADLINE it waits once more for the devices, and leaves
 * one that is still busy what it may yet write to. */
void locl_pipeline_close(locl_pipeline *pipeline);
/* Closes a pipeline with a device that no longer answers, without waiting for it. What that device, and those that wait
 * for it, may yet write to or read stays until the process ends, as does what they hold. Returns the bytes of their
 * memory that are left so. */
uint64_t locl_pipeline_abandon(locl_pipeline *pipeline, size_t device);

/* What a batch gave. Record k is block k's head, record `blocks` the classifier. `images` counted. */
typedef struct locl_step_report {
    uint64_t step;
    size_t images;
    size_t records; /* blocks + 1 */
    const locl_step_metrics *record;
    double at; /* when the last record was there, in seconds of locl_clock_seconds() */
} locl_step_report;

/* Receives reports on the calling thread, in the order of the steps, some steps after the fact. */
typedef void (*locl_step_handler)(void *user, const locl_step_report *report);

/* Rhythms in which steps are kept. */
enum { LOCL_KEEP_RHYTHMS = 2 };

typedef struct locl_pipeline_run {
    locl_loader *loader; /* its next batch is number `first`; it cuts batches as the pipeline does */
    uint64_t first, end; /* steps first..end-1; evaluation takes all batches that the loader gives */
    uint64_t steps_per_epoch, epochs; /* for the learning rate's schedule */
    atomic_bool *stop, *pause;        /* may be NULL; once one of them is true, no further step is begun */
    bool sequential;                  /* one stage after another, one batch after another, to compare with */
    locl_step_handler handler;        /* may be NULL */
    /* Hears now and then how many stages have `done` the pipeline's first batch of the kind, until all have.
     * Drivers may finish their kernels only in that batch. On the calling thread. May be NULL. */
    void (*starting)(void *user, size_t done, size_t total);
    /* Called after the handler of a step that is kept, on the calling thread. locl_pipeline_kept() gives what the
     * stages had after it, while they may be steps ahead. An error ends the run. NULL: no step is kept. */
    locl_status (*kept)(void *user, uint64_t step, locl_error *err);
    /* Kept are steps up to end - 2, after which this many are done: a multiple of keep_every[i], counted from the first
     * step of training (0: none); and, once `keep` is true, a step that no stage has begun. `keep` is false again after
     * that. May be NULL. */
    uint64_t keep_every[LOCL_KEEP_RHYTHMS];
    atomic_bool *keep;
    void *user;
} locl_pipeline_run;

/* Trains and returns when every stage has finished step *next - 1 (*next < end only after a stop or an
 * error). An error names device, stage and step where it knows them. LOCL_E_NUMERIC: a loss or parameter is
 * not finite. It names step, block and layer, and parameters are then spoiled. */
locl_status locl_pipeline_train(locl_pipeline *pipeline, const locl_pipeline_run *run, uint64_t *next,
                                locl_error *err);
/* Evaluates: primal only, heads and classifier. The handler gets every batch, or slice, a partial one with fewer
 * `images`. */
locl_status locl_pipeline_evaluate(locl_pipeline *pipeline, const locl_pipeline_run *run, locl_error *err);

/* Evaluates in the same way, and trains the classifier alone on what comes out, under contrast (SPEC 7). The records
 * are those before each of its steps. */
locl_status locl_pipeline_read_out(locl_pipeline *pipeline, const locl_pipeline_run *run, locl_error *err);
/* Copies parameters (SPEC 8 names) and, with optimiser state, "<state>.<parameter>" such as
 * "momentum.blocks.0.channel.weight". Waits. Between runs only. */
locl_status locl_pipeline_save(locl_pipeline *pipeline, locl_stored what, locl_arrays *out, locl_error *err);
/* Does the same, within `kept` of a run, with what the stages had after the step that is kept. Waits for nothing. */
locl_status locl_pipeline_kept(const locl_pipeline *pipeline, locl_stored what, locl_arrays *out,
                               locl_error *err);
/* Takes tensors back. Missing, extra and misshaped ones are errors that name them (LOCL_E_CHECKPOINT). With
 * LOCL_STORED_PARAMETERS only parameters are read, and others ignored. */
locl_status locl_pipeline_load(locl_pipeline *pipeline, locl_stored what, const locl_arrays *in,
                               locl_error *err);

/* A stage's device, needs and time. */
typedef struct locl_stage_info {
    size_t first, last; /* blocks first..last-1 */
    bool classifier;
    size_t number;          /* of the stage; several devices that share it have an entry each */
    size_t device;          /* index in the devices */
    size_t first_row, rows; /* images of a slice that are the device's */
    size_t state_bytes;     /* its own memory, of which: */
    size_t parameter_bytes, optimizer_bytes;
    size_t gradient_bytes;            /* of the batch's sum, where slices or several devices add up to it */
    size_t input_bytes, output_bytes; /* batches, or slices, that come in and that are copied on from there */
    const char *input;                /* kind of the channel that brings them: "loader", "queue", ... */
    size_t host_bytes;                /* that its channels and exchange take on the host */
    double flops;                     /* of a training (or evaluation) step, counted by hand */
    size_t launches;
} locl_stage_info;
/* Lists the products of a device's stages, each shape once, with who computes it. *out [*count] is the
 * caller's to free(). */
locl_status locl_pipeline_products(const locl_pipeline *pipeline, size_t device, locl_gemm_choice **out,
                                   size_t *count, locl_error *err);
size_t locl_pipeline_stages(const locl_pipeline *pipeline);
const locl_placement *locl_pipeline_placement(const locl_pipeline *pipeline);
/* Adds up the bytes that a device sends to others in a step, and gets from them: activations, labels and, of stages
 * that it shares, gradients and parameters. What comes from the loader does not count. */
void locl_pipeline_traffic(const locl_pipeline *pipeline, size_t device, uint64_t *sent, uint64_t *received);
/* Returns whether a stage stores activations as halves on its device. */
bool locl_pipeline_stores_halves(const locl_pipeline *pipeline);
locl_stage_info locl_pipeline_stage_info(const locl_pipeline *pipeline, size_t stage);
/* Lists the tensors of the workspace that a stage's step uses (of its batch, or of a slice of it), in launches
 * counted from the first. *out [*count] is the caller's to free(), the tensors are the pipeline's. */
locl_status locl_pipeline_lifetimes(const locl_pipeline *pipeline, size_t stage, locl_lifetime **out,
                                    size_t *count, locl_error *err);
/* Describes launch `index` of those. Returns false past the last one. */
bool locl_pipeline_launch(const locl_pipeline *pipeline, size_t stage, size_t index, locl_launch_info *out);
/* Returns the bytes of the workspace that a device's stages share. */
size_t locl_pipeline_workspace_bytes(const locl_pipeline *pipeline, size_t device);
/* Returns the bytes of what a device's stages in a row pass from one to the next. */
size_t locl_pipeline_passing_bytes(const locl_pipeline *pipeline, size_t device);
/* Returns the seconds that the first stage waited for the loader in the last run, and the run's length. */
void locl_pipeline_idle(const locl_pipeline *pipeline, double *waited, double *seconds);
/* Returns the seconds so far that a device worked in training. 0 where only one device has stages, or this has none.
 * May be read during a run. */
double locl_pipeline_busy(const locl_pipeline *pipeline, size_t device);
/* Reads the rows of a stage's training step, gradient and update. The pipeline owns them until the next call
 * for the stage. There are none without profile. */
size_t locl_pipeline_profile(const locl_pipeline *pipeline, size_t stage, const locl_profile_row **rows);
/* Returns what its runs did, the last thousands of events. The pipeline owns it. It may be read during a
 * run. */
const locl_trace *locl_pipeline_trace(const locl_pipeline *pipeline);

#endif
