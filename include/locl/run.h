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

/* ---- what it tells ---- */

typedef struct locl_score {
    double loss;  /* mean cross entropy */
    double error; /* fraction of the images whose largest logit is not the label's */
} locl_score;

/* Means over `images`; valid until the run's next call or, in an event, until the handler returns. */
typedef struct locl_result {
    const char *split; /* "train" or "test" */
    uint64_t images;   /* 0: nothing measured yet, no other field counts */
    uint64_t step;     /* steps that the network had been trained for */
    locl_score classifier;
    const locl_score *block; /* [blocks], each block's head */
    size_t blocks;
} locl_result;

/* {"split", "images", "step", "loss", "error", "blocks"}, as `locl eval --json` prints it; *out is the
 * caller's to free(). LOCL_E_MEMORY. */
LOCL_API locl_status locl_result_to_json(const locl_result *result, char **out, locl_error *err);

typedef enum locl_run_moment {
    LOCL_RUN_READING,  /* data being read: `stage`, `done` of `total`; from another thread */
    LOCL_RUN_BUILDING, /* kernels being built: `stage`, `done` of `total` (launches, or the first batch's
                          stages) */
    LOCL_RUN_STARTED,  /* before the first step */
    LOCL_RUN_STEPPED,  /* after every step; `train` is the epoch so far */
    LOCL_RUN_MEASURED, /* every 50 steps and at the end of an epoch; `train` is the mean since the last one */
    LOCL_RUN_TESTING,  /* after every batch of an evaluation: `done` of `total` images */
    LOCL_RUN_TESTED,   /* after an epoch, and at the end; `train` is the epoch, `test` the test set */
    LOCL_RUN_SAVED,    /* a checkpoint was written */
    LOCL_RUN_AUDITING, /* an audit: `done` of `total` steps; `stage` is the estimator of the next one */
    LOCL_RUN_ENDED     /* the run is complete; also when it already was */
} locl_run_moment;

typedef struct locl_run_event {
    locl_run_moment moment;
    uint64_t step, steps;            /* done, of the whole run */
    uint64_t epoch, epochs;          /* the one that the last step belongs to, from 1; of the whole run */
    double images_per_second;        /* of training, over the last second or so, not before the first step is
                                      * done, for which kernels may still be built; 0: not known yet */
    double seconds_left;             /* of training alone, or of the audit; 0: not known yet */
    const locl_result *train, *test; /* images 0 while there is none */
    const char *stage;               /* READING, BUILDING and AUDITING */
    size_t done, total;              /* READING, BUILDING, TESTING and AUDITING; total 0: not known */
    const char *json;                /* MEASURED and TESTED: the line of metrics.jsonl, without newline */
} locl_run_event;

/* Called from locl_run_open (READING, BUILDING), locl_run_train, locl_run_evaluate and locl_run_audit; must
 * not call the library but locl_run_stop(). */
typedef void (*locl_run_handler)(void *user, const locl_run_event *event);

/* ---- opening, training, evaluating ---- */

typedef enum locl_run_purpose {
    LOCL_RUN_NEW,     /* train from the start; the folder (run.dir) must not hold a checkpoint */
    LOCL_RUN_RESUME,  /* go on from the last checkpoint of `folder`, bit for bit as if never interrupted */
    LOCL_RUN_EVALUATE /* use the parameters of `checkpoint` or, when NULL, of the last one of `folder`; with
                       * neither of them the initial ones */
} locl_run_purpose;

/* Zero is the default for every field. Strings are only read while the run is opened. */
typedef struct locl_run_setup {
    locl_run_purpose purpose;
    const char *config;     /* YAML file; NULL: the folder's own config.yaml. RESUME always uses that */
    const char *folder;     /* of a run: RESUME and EVALUATE */
    const char *checkpoint; /* safetensors file: EVALUATE */
    /* [sets] "key.path=value", put over the file. RESUME takes those that leave the computation what it is:
     * train.*, devices, placement, engine, data.path, ... */
    const char *const *set;
    size_t sets;
    const char *devices;      /* selectors, separated by commas; NULL: the configuration's */
    bool profile;             /* time every kernel; slower */
    locl_run_handler handler; /* may be NULL */
    void *user;
} locl_run_setup;

typedef struct locl_run locl_run;

/* Reads configuration, data and checkpoint, opens the devices, plans the memory and builds the kernels; a new
 * run writes config.yaml and plan.json into its folder. *out is the caller's until locl_run_close(); NULL on
 * error. LOCL_E_USAGE: the folder holds a checkpoint already (NEW), or is in use; LOCL_E_CONFIG;
 * LOCL_E_NODEVICE; LOCL_E_DATA; LOCL_E_TOO_LARGE: too little memory on a device; LOCL_E_CHECKPOINT;
 * LOCL_E_IO: the folder cannot be written. */
LOCL_API locl_status locl_run_open(const locl_run_setup *setup, locl_run **out, locl_error *err);
/* Trains to the end of the run: metrics.jsonl, checkpoints/{last,previous,best}.safetensors.
 * LOCL_E_INTERRUPTED after locl_run_stop(), with everything saved; LOCL_E_NUMERIC: a loss or parameter became
 * NaN or infinite, the last checkpoint is from before. */
LOCL_API locl_status locl_run_train(locl_run *run, locl_error *err);
/* Loss and error on a split, "train" or "test", with the parameters as they are now. LOCL_E_USAGE: no such
 * split. */
LOCL_API locl_status locl_run_evaluate(locl_run *run, const char *split, locl_result *out, locl_error *err);
/* Asks the run to end after the current step; from any thread or signal handler. */
LOCL_API void locl_run_stop(locl_run *run);
LOCL_API void locl_run_close(locl_run *run); /* NULL is fine */

typedef struct locl_run_summary {
    const char *folder;   /* the run's, until it is closed */
    const char *network;  /* its preset, or "network"; the run's too */
    uint64_t step, steps; /* done, of the whole run */
    uint64_t steps_per_epoch, epochs;
    size_t blocks;
    size_t stages, devices;             /* 0 until they are needed, so for a run that was complete already */
    uint64_t parameters;                /* trainable values */
    uint64_t train_images, test_images; /* test 0: not read, the run was complete */
    locl_result train, test;            /* last epoch, or the one begun; last evaluation */
    double best_error;                  /* of the classifier on the test set: lowest of all tests */
    uint64_t best_step;                 /* when; 0: nothing was tested yet */
    double seconds;                     /* spent in training steps by this process */
    double images_per_second;           /* in that time */
    double idle;                        /* fraction of it that the first stage waited for the loader */
} locl_run_summary;

LOCL_API void locl_run_summarise(locl_run *run, locl_run_summary *out);
/* {"kind": "end", ...}, the last line of `locl train --json`; *out is the caller's to free(). LOCL_E_MEMORY.
 */
LOCL_API locl_status locl_run_summary_to_json(const locl_run_summary *summary, char **out, locl_error *err);

/* ---- where it runs ---- */

/* Blocks that are trained together on one device; stages of different devices work at the same time. */
typedef struct locl_run_stage {
    size_t first, last; /* blocks first..last-1 */
    bool classifier;    /* has the classifier too */
    size_t device;      /* index, below locl_run_summary.devices */
    size_t bytes;       /* of its own on the device: parameters, optimiser state, batches */
    double flops;       /* of a step, counted by hand */
} locl_run_stage;

/* Strings are the run's, until it is closed. */
typedef struct locl_run_device {
    const char *selector, *name; /* "0:1", and what its driver calls it */
    size_t stage_bytes;          /* of its stages together */
    size_t workspace_bytes;      /* that they share: workspace, and what they pass on */
} locl_run_device;

/* `index` below locl_run_summary.stages, in the order of the blocks; below locl_run_summary.devices. */
LOCL_API void locl_run_describe_stage(const locl_run *run, size_t index, locl_run_stage *out);
LOCL_API void locl_run_describe_device(const locl_run *run, size_t index, locl_run_device *out);

/* ---- where its time goes: a run that was opened with `profile` ---- */

/* A kernel, or a call of a library, of all stages; sums over `steps`. */
typedef struct locl_profile_kernel {
    const char *section, *kernel; /* "channel" of every block, "gemm_native" */
    uint64_t launches;
    double seconds;
    double flops, bytes; /* operations; read and written: counted by hand */
} locl_profile_kernel;

typedef struct locl_profile {
    uint64_t steps;                    /* trained since the run was opened */
    double flops;                      /* of a step */
    const locl_profile_kernel *kernel; /* [kernels], the slowest first; none without `profile` */
    size_t kernels;
} locl_profile;

/* *out is the caller's until locl_profile_free(), and its strings are the run's, until that is closed; NULL
 * on error. LOCL_E_MEMORY. */
LOCL_API locl_status locl_run_profile(const locl_run *run, locl_profile **out, locl_error *err);
LOCL_API void locl_profile_free(locl_profile *profile); /* NULL is fine */

#ifdef __cplusplus
}
#endif
#endif
