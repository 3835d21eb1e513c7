/* The core of locl audit: draws of several rules in turns, each against the exact gradient of the same
 * batch and parameters. It knows no run and no files. audit_run.c gives it those of a run, tests give it
 * their own. */
#ifndef LOCL_STUDY_AUDIT_H
#define LOCL_STUDY_AUDIT_H

#include "base/arrays.h"
#include "device/device.h"
#include "gemm/gemm.h"
#include "locl/locl.h"
#include "model/model.h"
#include "model/params.h"
#include "rules/options.h"

#include <stdatomic.h>

/* Hears of every step: `done` of `total`, the label of the next one's estimator, and seconds left (0: not
 * known). */
typedef void (*locl_audit_handler)(void *user, size_t done, size_t total, const char *next, double left);

typedef struct locl_audit_input {
    const locl_model *model;
    locl_device *device;
    locl_engine engine;
    uint64_t seed;
    size_t batch;                  /* B images */
    size_t slice;                  /* images computed at once; divides B; 0: all of them */
    const float *x;                /* [B,P,C], [2 B,P,C] under contrast: one view after the other */
    const int32_t *labels;         /* [B], [2 B] */
    const locl_arrays *values;     /* parameters; NULL: the initial ones */
    locl_feedback feedback;        /* the feedback that `values` hold */
    const locl_rule_options *rule; /* [rules] */
    size_t rules;
    uint64_t draws;             /* at least LOCL_AUDIT_LEAST_DRAWS */
    atomic_bool *stop;          /* may be NULL; once true, no further step is begun */
    locl_audit_handler handler; /* may be NULL */
    void *user;
} locl_audit_input;

/* Measures as locl_run_audit() does and fills in what follows from the input. */
locl_status locl_audit_measure(const locl_audit_input *input, locl_audit **out, locl_error *err);

#endif
