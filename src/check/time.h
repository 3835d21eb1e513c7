/* Times a row of the table. Included by peak.c and by programs. */
#ifndef LOCL_CHECK_TIME_H
#define LOCL_CHECK_TIME_H

#include "check/run.h"

/* Seconds of one replay, over all samples; what its launches say that it does. */
typedef struct locl_op_timing {
    const locl_op_variant *variant;
    double best, lower, median, upper; /* lower and upper: the quartiles */
    size_t samples, replays;           /* replays in a sample */
    double flops, bytes, launches;     /* of one replay */
} locl_op_timing;

/* Times variants [count] of one shape; their samples take turns, and the replays of a sample double until it
 * is long enough. out [count]. */
locl_status locl_op_time(const locl_op *op, const size_t *dim, uint64_t seed, locl_device *device,
                         const locl_op_variant *const *variants, size_t count, size_t samples,
                         locl_op_timing *out, locl_error *err);

/* What the launches of one replay say: FLOPs, bytes and how many there are, into *out; and, where `kernels`
 * is not NULL, their kernels' names with a blank before each, which the caller frees. */
locl_status locl_op_count(locl_op_case *c, locl_device *device, const locl_op_variant *variant,
                          locl_op_timing *out, char **kernels, locl_error *err);

#endif
