/* Estimates of the gradient, held against the exact one, and what they cost. docs/audit.md says what the
 * numbers are.
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

/* Standard errors by which a bias has to differ from none to be told from chance. */
#define LOCL_AUDIT_SURE 5.0

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
    bool exact;                      /* g is e but for rounding in float32 */
    bool biased; /* there is a bias that is neither chance (LOCL_AUDIT_SURE) nor rounding */
} locl_audit_layer;

/* Seconds of a step: median and quartiles. */
typedef struct locl_audit_time {
    double median, low, high;
} locl_audit_time;

typedef struct locl_audit_estimator {
    char label[160];           /* "lg-fg-a, rademacher, exact_last": rule and options */
    const char *rule, *exact;  /* its name, and that of the rule that gives e: "lg-fg-a", "lg-bp" */
    bool own_groups;           /* its channel layers average to their own groups' losses: docs/audit.md */
    uint64_t draws;            /* 0: the rule draws nothing, one step says all */
    double flops, flops_ratio; /* of a step without the update, counted by hand; to lg-bp's */
    locl_audit_time seconds;   /* of the same, measured */
    double seconds_ratio;      /* of the median to lg-bp's */
    /* Variance, all layers as one, of the mean of as many draws as cost what one step of lg-bp does, in
     * operations and in time; negative where that says nothing: no draws, or an exact gradient of 0. */
    double variance_at_equal_flops, variance_at_equal_seconds;
    const locl_audit_layer *layer; /* [layers] in the network's order, then all of them as one */
    size_t layers;
} locl_audit_estimator;

typedef struct locl_audit {
    uint64_t step; /* that the network had been trained for */
    size_t blocks, batch;
    uint64_t parameters;
    char network[64]; /* its preset, or "network" */
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
LOCL_API locl_status locl_run_audit(locl_run *run, const locl_audit_setup *setup, locl_audit **out,
                                    locl_error *err);
LOCL_API void locl_audit_free(locl_audit *audit); /* NULL is fine */
/* One JSON object, as `locl audit --json` prints it; *out is the caller's to free(). LOCL_E_MEMORY. */
LOCL_API locl_status locl_audit_to_json(const locl_audit *audit, char **out, locl_error *err);

#ifdef __cplusplus
}
#endif
#endif
