/* Time to a target: networks that are trained until they are good enough, and what that should take. Included by
 * train.c, its log and tests. */
#ifndef LOCL_BENCH_TRAIN_H
#define LOCL_BENCH_TRAIN_H

#include "bench/bench.h"
#include "locl/run.h"

#include <stdio.h>

/* What is trained, to which error, and the epochs that it took where it was measured. */
typedef struct locl_train_target {
    const char *name; /* "mnist" */
    const char *network;
    const char *config;       /* YAML */
    double error;             /* of the test images */
    unsigned most;            /* epochs */
    double epochs, deviation; /* mean and standard deviation over `reference` seeds */
    unsigned reference;
} locl_train_target;

extern const locl_train_target locl_train_targets[]; /* ends with a name of NULL */

/* One seed's training. */
typedef struct locl_train_outcome {
    uint64_t seed;
    bool reached;
    double seconds; /* from the first step to the test that reached it, or to the end */
    unsigned epochs;
    double error; /* of the last test */
} locl_train_outcome;

/* What all of them come to. */
typedef struct locl_train_result {
    bool counts; /* fewer than two did not reach the target */
    size_t reached;
    double seconds; /* mean without the fastest and the slowest */
    double epochs, deviation;
    bool as_reference; /* the epochs are those that it should take */
} locl_train_result;

/* Adds them up. outcome [count], at least one. */
locl_train_result locl_train_result_of(const locl_train_target *target, const locl_train_outcome *outcome,
                                       size_t count);

/* A log of a training as MLPerf's tools read it: a line ":::MLLOG {...}" for each event. Zeroed: none. */
typedef struct locl_mllog {
    FILE *file;
} locl_mllog;

/* Begins the log of training number `index` in `prefix`_<index>.txt. LOCL_E_IO. */
locl_status locl_mllog_open(locl_mllog *log, const char *prefix, size_t index, locl_error *err);
/* Writes an event; `value` and `metadata` are JSON. */
void locl_mllog_write(locl_mllog *log, const char *type, const char *key, const char *value,
                      const char *metadata);
locl_status locl_mllog_close(locl_mllog *log, locl_error *err);

#endif
