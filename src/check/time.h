/* Times a row of the table. Included by peak.h, src/bench, programs and tests. */
#ifndef LOCL_CHECK_TIME_H
#define LOCL_CHECK_TIME_H

#include "check/race.h"
#include "check/run.h"

/* What the launches of one replay say that they do. */
typedef struct locl_op_counts {
    double flops, bytes, launches;
} locl_op_counts;

/* Seconds of one replay, over all samples. */
typedef struct locl_op_timing {
    const locl_op_variant *variant;
    double best, lower, median, upper; /* lower and upper: the quartiles */
    size_t samples, replays;           /* replays in a sample */
    locl_op_counts count;
} locl_op_timing;

/* Seconds that a sample of a kernel should take. */
#define LOCL_OP_SAMPLE_SECONDS 0.02

/* One variant of one shape that is being timed, with a case of its own. */
typedef struct locl_op_runner {
    locl_op_case *c;
    locl_op_session *session;
    locl_op_counts count;
} locl_op_runner;

/* Opens a runner, which the caller closes, on error too. */
locl_status locl_op_runner_open(const locl_op *op, const size_t *dim, uint64_t seed, locl_device *device,
                                const locl_op_variant *variant, locl_op_runner *out, locl_error *err);
void locl_op_runner_close(locl_op_runner *runner); /* zeroed is fine */
/* Returns it as a runner of a race. It stays where it is until the race is over. */
locl_race_runner locl_op_runner_enter(locl_op_runner *runner);

/* Times variants [count] of one shape, in turns, into out [count]. */
locl_status locl_op_time(const locl_op *op, const size_t *dim, uint64_t seed, locl_device *device,
                         const locl_op_variant *const *variants, size_t count, size_t samples,
                         locl_op_timing *out, locl_error *err);

/* Counts what the launches of one replay say into *out. *kernels gets their kernels' names with a blank before
 * each, which the caller frees. Runs nothing. */
locl_status locl_op_count(locl_op_case *c, locl_device *device, const locl_op_variant *variant,
                          locl_op_counts *out, char **kernels, locl_error *err);

#endif
