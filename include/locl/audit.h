/* Compares estimates of the gradient with the exact one, and measures what they cost. docs/audit.md explains
 * the numbers.
 *
 *     locl_run_setup setup = {.purpose = LOCL_RUN_EVALUATE, .folder = "runs/fashion-mnist"};
 *     locl_audit_setup how = {.all = true};
 *     locl_run *run;
 *     locl_audit *audit;
 *     if (locl_run_open(&setup, &run, &err) == LOCL_OK &&
 *         locl_run_audit(run, &how, &audit, &err) == LOCL_OK) {
 *         ... audit->estimator[0].label ...
 *         locl_audit_free(audit);
 *     }
 *     locl_run_close(run);
 */
#ifndef LOCL_AUDIT_H
#define LOCL_AUDIT_H

#include "locl/export.h"
#include "locl/run.h"
#include "locl/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A bias counts as more than chance when it differs from 0 by this many standard errors. */
#define LOCL_AUDIT_SURE 5.0

typedef struct locl_measured {
    double value, error; /* error: the standard error of `value`; 0 where nothing is drawn */
} locl_measured;

/* Figures of one layer, with its weight and bias as one vector. g is the estimate from one draw, e the exact
 * gradient. */
typedef struct locl_audit_layer {
    char name[40];                   /* "blocks.0.channel", or "all layers" for those of all blocks */
    uint64_t values;                 /* weights and biases */
    double norm;                     /* |e|; where it is 0, nothing below is known */
    locl_measured bias_square;       /* |E g - e|^2 / |e|^2; the estimate may fall below 0 by chance */
    locl_measured along;             /* <E g, e> / |e|^2: 1 without bias */
    locl_measured variance;          /* E |g - E g|^2 / |e|^2 */
    locl_measured error;             /* E |g - e|^2 / |e|^2, the sum of variance and squared bias */
    double cosine, cosine_deviation; /* between one draw and e: mean and standard deviation over the draws */
    double mean_cosine;              /* between the mean of all draws and e */
    bool exact;                      /* g equals e except for rounding in float32 */
    bool biased;                     /* the bias is neither chance (LOCL_AUDIT_SURE) nor rounding */
} locl_audit_layer;

/* Seconds of a step: median and quartiles. */
typedef struct locl_audit_time {
    double median, low, high;
} locl_audit_time;

typedef struct locl_audit_estimator {
    char label[160];           /* "lg-fg-a, rademacher, exact_last": rule and options */
    const char *rule, *exact;  /* names of the rule and of the one that computes e: "lg-fg-a", "lg-bp" */
    bool own_groups;           /* its channel layers average to their own groups' losses: docs/audit.md */
    uint64_t draws;            /* 0: the rule draws nothing, and one step suffices */
    double flops, flops_ratio; /* of a step without the update, counted by hand; as a ratio to lg-bp */
    locl_audit_time seconds;   /* measured, of a step without the update */
    double seconds_ratio;      /* median as a ratio to that of lg-bp */
    /* Variance of the mean of several draws, all layers as one. The number of draws is what one step of lg-bp
     * costs, in operations or in time. Negative without draws or where the exact gradient is 0. */
    double variance_at_equal_flops, variance_at_equal_seconds;
    const locl_audit_layer *layer; /* [layers] in the network's order, then all of them as one */
    size_t layers;
} locl_audit_estimator;

typedef struct locl_audit {
    uint64_t step; /* steps that the network had been trained for */
    size_t blocks, batch;
    uint64_t parameters;
    char network[64]; /* name of its preset, or "network" */
    char device[128]; /* name of the device */
    double flops;     /* of one step of lg-bp */
    locl_audit_time seconds;
    const locl_audit_estimator *estimator; /* [estimators] */
    size_t estimators;
} locl_audit;

typedef struct locl_audit_setup {
    const char *const *rule; /* [rules] names ("fg-w") or YAML mappings ("{name: lg-fg-a, exact_last: true}");
                              * with none, the rule of the configuration */
    size_t rules;
    bool all;       /* puts fg-w, lg-fg-w, fg-a, np-a and lg-fg-a in its forms before those */
    uint64_t draws; /* draws of each rule that draws, at least 3; 0 means 100 */
} locl_audit_setup;

/* Measures how far the estimates of the rules are from the exact gradient, and what they cost. Uses the first
 * batch of training, the current parameters, which it does not change, and the first device of the run. *out
 * is the caller's until locl_audit_free(). LOCL_E_INTERRUPTED after locl_run_stop(): *out then has the draws
 * until that point, or is NULL if there were none. */
LOCL_API locl_status locl_run_audit(locl_run *run, const locl_audit_setup *setup, locl_audit **out,
                                    locl_error *err);
LOCL_API void locl_audit_free(locl_audit *audit); /* accepts NULL */
/* Writes the audit as one JSON object, as `locl audit --json` prints it. *out is the caller's to free().
 * LOCL_E_MEMORY. */
LOCL_API locl_status locl_audit_to_json(const locl_audit *audit, char **out, locl_error *err);

#ifdef __cplusplus
}
#endif
#endif
