/* locl: training neural networks without backpropagation on any OpenCL device. This is the whole interface:
 * a run is a configuration (docs/configuration.md) with its data, devices, network and folder.
 *
 *     #include <locl/locl.h>
 *     int main(void)
 *     {
 *         locl_run_setup setup = {.config = "configs/fashion-mnist.yaml"};
 *         locl_run *run;
 *         locl_error err;
 *         if (locl_run_open(&setup, &run, &err) != LOCL_OK || locl_run_train(run, &err) != LOCL_OK) {
 *             return locl_status_exit_code(err.status);
 *         }
 *         locl_run_close(run);
 *     }
 *
 * docs/example.c is a longer one. A run belongs to one thread at a time; different runs are independent. The
 * library never prints and never exits: it returns a status and fills the caller's error record. */
#ifndef LOCL_LOCL_H
#define LOCL_LOCL_H

#include "locl/log.h"
#include "locl/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

const char *locl_version(void); /* "0.1.0" */

/* ---- what a run tells ---- */

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

typedef enum locl_run_moment {
    LOCL_RUN_READING,  /* data being read: `stage`, `done` of `total`; from another thread */
    LOCL_RUN_BUILDING, /* kernels being built: `done` of `total` (launches, or stages of the first batch),
                          `stage` */
    LOCL_RUN_STARTED,  /* before the first step */
    LOCL_RUN_STEPPED,  /* after every step; `train` is the epoch so far */
    LOCL_RUN_MEASURED, /* every 50 steps and at the end of an epoch; `train` is the mean since the last one */
    LOCL_RUN_TESTING,  /* after every batch of an evaluation: `done` of `total` images */
    LOCL_RUN_TESTED,   /* after an epoch, and at the end; `train` is the epoch, `test` the test set */
    LOCL_RUN_SAVED,    /* a checkpoint was written */
    LOCL_RUN_AUDITING, /* in locl_run_audit(): `done` of `total` steps; `stage` is the estimator of the next
                        */
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

/* ---- a run ---- */

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
    const char *const
        *set;            /* [sets] "key.path=value", put over the file. RESUME takes those that leave the */
    size_t sets;         /* computation what it is: train.*, devices, placement, engine, data.path, ... */
    const char *devices; /* selectors, separated by commas; NULL: the configuration's */
    bool profile;        /* time every kernel; slower */
    locl_run_handler handler; /* may be NULL */
    void *user;
} locl_run_setup;

typedef struct locl_run locl_run;

/* Reads configuration, data and checkpoint, opens the devices, plans the memory and builds the kernels; a new
 * run writes config.yaml and plan.json into its folder. *out is the caller's until locl_run_close(); NULL on
 * error. LOCL_E_USAGE: the folder holds a checkpoint already (NEW), or is in use; LOCL_E_CONFIG;
 * LOCL_E_NODEVICE; LOCL_E_DATA; LOCL_E_TOO_LARGE: too little memory on a device; LOCL_E_CHECKPOINT;
 * LOCL_E_IO: the folder cannot be written. */
locl_status locl_run_open(const locl_run_setup *setup, locl_run **out, locl_error *err);
/* Trains to the end of the run: metrics.jsonl, checkpoints/{last,previous,best}.safetensors.
 * LOCL_E_INTERRUPTED after locl_run_stop(), with everything saved; LOCL_E_NUMERIC: a loss or parameter became
 * NaN or infinite, the last checkpoint is from before. */
locl_status locl_run_train(locl_run *run, locl_error *err);
/* Loss and error on a split, "train" or "test", with the parameters as they are now. LOCL_E_USAGE: no such
 * split. */
locl_status locl_run_evaluate(locl_run *run, const char *split, locl_result *out, locl_error *err);
/* Asks the run to end after the current step; from any thread or signal handler. */
void locl_run_stop(locl_run *run);
void locl_run_close(locl_run *run); /* NULL is fine */

typedef struct locl_run_summary {
    const char *folder;   /* the run's, until it is closed */
    uint64_t step, steps; /* done, of the whole run */
    uint64_t steps_per_epoch, epochs;
    size_t blocks;
    uint64_t parameters;                /* trainable values */
    uint64_t train_images, test_images; /* test 0: not read, the run was complete */
    locl_result train, test;            /* last epoch, or the one begun; last evaluation */
    double best_error;                  /* of the classifier on the test set: lowest of all tests */
    uint64_t best_step;                 /* when; 0: nothing was tested yet */
    double seconds;                     /* spent in training steps by this process */
    double images_per_second;           /* in that time */
    double idle;                        /* fraction of it that the first stage waited for the loader */
} locl_run_summary;

void locl_run_summarise(locl_run *run, locl_run_summary *out);

/* ---- estimates of the gradient, held against the exact one ---- */

typedef struct locl_measured {
    double value, error; /* its standard error; 0 where nothing is drawn */
} locl_measured;

/* One layer, its weight and bias as one vector. g is what one draw gives, e the exact gradient. */
typedef struct locl_audit_layer {
    char name[40];                   /* "blocks.0.channel"; "all layers": those of all blocks as one vector */
    uint64_t values;                 /* weights and biases */
    double norm;                     /* |e|; 0: nothing below is known */
    locl_measured bias_square;       /* |E g - e|^2 / |e|^2, itself without bias: below 0 by chance */
    locl_measured along;             /* <E g, e> / |e|^2: 1 without bias */
    locl_measured variance;          /* E |g - E g|^2 / |e|^2 */
    locl_measured error;             /* E |g - e|^2 / |e|^2, the sum of variance and squared bias */
    double cosine, cosine_deviation; /* of one draw with e: mean, and how far draws are from it */
    double mean_cosine;              /* of the mean of all draws with e */
} locl_audit_layer;

/* Seconds of a step: median and quartiles. */
typedef struct locl_audit_time {
    double median, low, high;
} locl_audit_time;

typedef struct locl_audit_estimator {
    char label[160];               /* "lg-fg-a, rademacher, exact_last": rule and options */
    const char *rule, *exact;      /* its name, and that of the rule that gives e: "lg-fg-a", "lg-bp" */
    bool own_groups;               /* its channel layers average to their own groups' losses: docs/audit.md */
    uint64_t draws;                /* 0: the rule draws nothing, one step says all */
    double flops, flops_ratio;     /* of a step without the update, counted by hand; to lg-bp's */
    locl_audit_time seconds;       /* of the same, measured */
    double seconds_ratio;          /* of the median to lg-bp's */
    const locl_audit_layer *layer; /* [layers] in the network's order, then all of them as one */
    size_t layers;
} locl_audit_estimator;

typedef struct locl_audit {
    uint64_t step; /* that the network had been trained for */
    size_t blocks, batch;
    uint64_t parameters;
    char device[128]; /* its name */
    double flops;     /* of lg-bp's step */
    locl_audit_time seconds;
    const locl_audit_estimator *estimator; /* [estimators] */
    size_t estimators;
} locl_audit;

typedef struct locl_audit_setup {
    const char *const *rule; /* [rules] names ("fg-w") or YAML mappings ("{name: lg-fg-a, exact_last: true}");
                              * none: the configuration's own */
    size_t rules;
    bool all;       /* before those: fg-w, lg-fg-w, fg-a, np-a, and lg-fg-a in its forms */
    uint64_t draws; /* of each rule that draws, at least 3; 0: 100 */
} locl_audit_setup;

/* How far the estimates of some rules are from the exact gradient, and what they cost, on the first batch of
 * training and with the parameters as they are now: they are not changed. Runs on the run's first device.
 * *out is the caller's until locl_audit_free(). LOCL_E_INTERRUPTED after locl_run_stop(): *out has what was
 * drawn until then, and is NULL if that was nothing. */
locl_status locl_run_audit(locl_run *run, const locl_audit_setup *setup, locl_audit **out, locl_error *err);
void locl_audit_free(locl_audit *audit); /* NULL is fine */

#ifdef __cplusplus
}
#endif
#endif
