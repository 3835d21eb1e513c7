/* Training and evaluating: a run is a configuration (docs/configuration.md) with its data, devices, network
 * and folder. A run belongs to one thread at a time; different runs are independent.
 *
 *     locl_run_setup setup = {.config = "configs/fashion-mnist.yaml"};
 *     locl_run *run;
 *     locl_result result;
 *     locl_error err;
 *     if (locl_run_open(&setup, &run, &err) == LOCL_OK && locl_run_train(run, &err) == LOCL_OK &&
 *         locl_run_evaluate(run, "test", &result, &err) == LOCL_OK) {
 *         printf("%.2f %%\n", 100 * result.classifier.error);
 *     }
 *     locl_run_close(run);
 */
#ifndef LOCL_RUN_H
#define LOCL_RUN_H

#include "locl/export.h"
#include "locl/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- results and events ---- */

typedef struct locl_score {
    double loss;  /* mean cross entropy */
    double error; /* fraction of the images whose largest logit is not that of the label */
} locl_score;

/* Means over `images`. Valid until the next call on the run or, in an event, until the handler returns. */
typedef struct locl_result {
    const char *split; /* "train" or "test" */
    uint64_t images;   /* 0: nothing measured yet, and no other field counts */
    uint64_t step;     /* steps that the network had been trained for */
    locl_score classifier;
    const locl_score *block; /* [blocks], of the head of each block */
    size_t blocks;
} locl_result;

/* Writes {"split", "images", "step", "loss", "error", "blocks"}, as `locl eval --json` prints it. *out is the
 * caller's to free(). LOCL_E_MEMORY. */
LOCL_API locl_status locl_result_to_json(const locl_result *result, char **out, locl_error *err);

typedef enum locl_run_moment {
    LOCL_RUN_READING,  /* data are being read: `stage`, `done` of `total`; from another thread */
    LOCL_RUN_BUILDING, /* kernels are being built: `stage`, `done` of `total` (kernels and launches, or
                          stages of the first batch) */
    LOCL_RUN_STARTED,  /* before the first step */
    LOCL_RUN_STEPPED,  /* after every step; `train` is the epoch so far */
    LOCL_RUN_MEASURED, /* every 50 steps and at the end of an epoch; `train` is the mean since the last one */
    LOCL_RUN_TESTING,  /* after every batch of an evaluation: `done` of `total` images */
    LOCL_RUN_TESTED,   /* after an epoch and at the end; `train` is of the epoch, `test` of the test set */
    LOCL_RUN_SAVED,    /* a checkpoint was written */
    LOCL_RUN_LOST,     /* a device was lost, and the run goes on from `step` without it */
    LOCL_RUN_AUDITING, /* an audit runs: `done` of `total` steps; `stage` is the estimator of the next step */
    LOCL_RUN_ENDED     /* the run is complete, or was complete before */
} locl_run_moment;

typedef struct locl_run_event {
    locl_run_moment moment;
    uint64_t step, steps;     /* steps done, and steps of the whole run */
    uint64_t epoch, epochs;   /* epoch of the last step, from 1, and epochs of the whole run */
    double images_per_second; /* of training, over about the last second; 0: not known yet, as in
                                      * the first step, in which kernels may still be built */
    const double *busy;  /* [devices] share of that time in which each device worked; NULL: not known yet, or
                         * there is one only */
    size_t devices;      /* of `busy` */
    double seconds_left; /* of training without evaluations, or of the audit; 0: not known yet */
    const locl_result *train, *test; /* with 0 images while there is no result */
    const char *stage;               /* of READING, BUILDING and AUDITING */
    size_t done, total;              /* of READING, BUILDING, TESTING and AUDITING; total 0: not known */
    const char *json; /* of MEASURED, TESTED and LOST: the line of metrics.jsonl, without newline */
} locl_run_event;

/* Receives the events of locl_run_open() (READING, BUILDING), locl_run_train(), locl_run_evaluate() and
 * locl_run_audit(). Of the library it may call locl_run_stop() only. */
typedef void (*locl_run_handler)(void *user, const locl_run_event *event);

/* ---- opening, training, evaluating ---- */

typedef enum locl_run_purpose {
    LOCL_RUN_NEW,     /* train from the start; the folder (run.dir) must not hold a checkpoint */
    LOCL_RUN_RESUME,  /* go on from the last checkpoint of `folder`, bit for bit as if never interrupted */
    LOCL_RUN_EVALUATE /* use the parameters of `checkpoint`, else of the last checkpoint of `folder`, else
                       * the initial ones */
} locl_run_purpose;

/* Steps of a timeline: usually, and at most. */
enum { LOCL_TRACE_STEPS = 40, LOCL_TRACE_MOST_STEPS = 1000 };

/* How a run is opened. Zero is the default of every field. Strings are only read while the run is opened. */
typedef struct locl_run_setup {
    locl_run_purpose purpose;
    const char *config;     /* YAML file; NULL: config.yaml of `folder`, which RESUME always uses */
    const char *folder;     /* of an earlier run: RESUME and EVALUATE */
    const char *checkpoint; /* safetensors file: EVALUATE */
    /* [sets] "key.path=value", which override the file. RESUME accepts only those that do not change what is
     * computed: train.*, devices, placement, engine, data.path, ... */
    const char *const *set;
    size_t sets;
    const char *devices; /* selectors, separated by commas; NULL: those of the configuration */
    bool profile;        /* time every kernel; slower */
    const char *trace;   /* file for a timeline of some steps of training (docs/trace.md); NULL: none.
                               * Not with `profile`, which waits after each step */
    uint64_t trace_first,
        trace_last;           /* those steps, counted from 1, at most LOCL_TRACE_MOST_STEPS; both 0: the
                                       * first LOCL_TRACE_STEPS that are trained */
    locl_run_handler handler; /* may be NULL */
    void *user;
} locl_run_setup;

typedef struct locl_run locl_run;

/* Reads configuration, data and checkpoint, opens the devices, plans the memory and builds the kernels. A new
 * run also writes config.yaml and plan.json into its folder. *out is the caller's until locl_run_close();
 * NULL on error. LOCL_E_USAGE: the folder holds a checkpoint already (NEW), or is in use, or the steps to trace
 * are none of the run's; LOCL_E_CONFIG;
 * LOCL_E_NODEVICE; LOCL_E_DATA; LOCL_E_TOO_LARGE: too little memory on a device; LOCL_E_CHECKPOINT;
 * LOCL_E_IO: the folder, or the file of the timeline, cannot be written. */
LOCL_API locl_status locl_run_open(const locl_run_setup *setup, locl_run **out, locl_error *err);
/* Trains to the end of the run. Writes metrics.jsonl and checkpoints/{last,previous,best}.safetensors.
 * With setup.trace, also writes the timeline once its steps are done, or the run ends before.
 * LOCL_E_INTERRUPTED after locl_run_stop(), with everything saved; LOCL_E_NUMERIC: a loss or parameter became
 * NaN or infinite, and the last checkpoint is from before that. */
LOCL_API locl_status locl_run_train(locl_run *run, locl_error *err);
/* Measures loss and error on a split, "train" or "test", with the current parameters. LOCL_E_USAGE: no such
 * split; LOCL_E_INTERRUPTED after locl_run_stop(). */
LOCL_API locl_status locl_run_evaluate(locl_run *run, const char *split, locl_result *out, locl_error *err);
/* Asks the run to end after the current step. May be called from any thread or signal handler. */
LOCL_API void locl_run_stop(locl_run *run);
LOCL_API void locl_run_close(locl_run *run); /* accepts NULL */

typedef struct locl_run_summary {
    const char *folder;   /* of the run, valid until it is closed */
    const char *network;  /* name of its preset, or "network"; valid as long */
    uint64_t step, steps; /* steps done, and steps of the whole run */
    uint64_t steps_per_epoch, epochs;
    size_t blocks;
    size_t stages, devices;             /* 0 until they are needed, so for a run that was complete, too */
    uint64_t parameters;                /* trainable values */
    uint64_t train_images, test_images; /* test is 0 where it was not read, as the run was complete */
    locl_result train, test;            /* of the last epoch, or the one begun; of the last evaluation */
    double best_error;                  /* lowest error of the classifier on the test set */
    uint64_t best_step;                 /* step of best_error; 0: nothing was tested yet */
    double seconds;                     /* spent in training steps by this process */
    double images_per_second;           /* over `seconds` */
    double idle;                        /* fraction of `seconds` that the first stage waited for the loader */
} locl_run_summary;

LOCL_API void locl_run_summarise(locl_run *run, locl_run_summary *out);
/* Writes {"kind": "end", ...}, the last line of `locl train --json`. *out is the caller's to free().
 * LOCL_E_MEMORY. */
LOCL_API locl_status locl_run_summary_to_json(const locl_run_summary *summary, char **out, locl_error *err);

/* ---- where it runs ---- */

/* A stage: blocks that are trained together on one device. Stages of different devices work at the same
 * time. Of a stage that several devices share each has an entry, one after the other, for its images. */
typedef struct locl_run_stage {
    size_t number;      /* of the stage */
    size_t images, of;  /* of each batch (or micro-batch) that are the device's; all of them */
    size_t first, last; /* blocks first..last-1 */
    bool classifier;    /* has the classifier too */
    size_t device;      /* index, below locl_run_summary.devices */
    size_t bytes;       /* of its memory on the device: parameters, optimiser state, batches */
    double flops;       /* of a step, counted by hand */
} locl_run_stage;

/* A device of the run. Strings are the run's, until it is closed. */
typedef struct locl_run_device {
    const char *selector, *name; /* "0:1", and the name that its driver gives it */
    size_t stage_bytes;          /* memory of its stages together */
    size_t workspace_bytes;      /* memory that its stages share: workspace, and what they pass on */
} locl_run_device;

/* Describe stage `index`, below locl_run_summary.stages, in the order of blocks, and device `index`, below
 * locl_run_summary.devices. */
LOCL_API void locl_run_describe_stage(const locl_run *run, size_t index, locl_run_stage *out);
LOCL_API void locl_run_describe_device(const locl_run *run, size_t index, locl_run_device *out);

/* ---- where its time goes: a run that was opened with `profile` ---- */

/* A kernel or a library call, of all stages. Figures are sums over `steps`. */
typedef struct locl_profile_kernel {
    const char *section, *kernel; /* "channel" of every block, "gemm_native" */
    uint64_t launches;
    double seconds;
    double flops, bytes; /* operations, and bytes read and written, counted by hand */
} locl_profile_kernel;

typedef struct locl_profile {
    uint64_t steps;                    /* trained since the run was opened */
    double flops;                      /* of a step */
    const locl_profile_kernel *kernel; /* [kernels], the slowest first; none without `profile` */
    size_t kernels;
} locl_profile;

/* Returns where the time went. *out is the caller's until locl_profile_free(); NULL on error. Its strings are
 * the run's, until that is closed. LOCL_E_MEMORY. */
LOCL_API locl_status locl_run_profile(const locl_run *run, locl_profile **out, locl_error *err);
LOCL_API void locl_profile_free(locl_profile *profile); /* accepts NULL */

#ifdef __cplusplus
}
#endif
#endif
