/* Times a row of the table. Included by peak.c, programs and tests. */
#ifndef LOCL_CHECK_TIME_H
#define LOCL_CHECK_TIME_H

#include "check/run.h"

/* The seconds of one replay, over all samples, and what its launches say that it does. */
typedef struct locl_op_timing {
    const locl_op_variant *variant;
    double best, lower, median, upper; /* lower and upper: the quartiles */
    size_t samples, replays;           /* replays in a sample */
    double flops, bytes, launches;     /* of one replay */
} locl_op_timing;

/* Times variants [count] of one shape into out [count]. Their samples take turns. The replays of a sample
 * double until it is long enough. */
locl_status locl_op_time(const locl_op *op, const size_t *dim, uint64_t seed, locl_device *device,
                         const locl_op_variant *const *variants, size_t count, size_t samples,
                         locl_op_timing *out, locl_error *err);

/* Counts what the launches of one replay say into *out: FLOPs, bytes and how many there are. Where `kernels`
 * is not NULL, it gets their kernels' names with a blank before each, which the caller frees. */
locl_status locl_op_count(locl_op_case *c, locl_device *device, const locl_op_variant *variant,
                          locl_op_timing *out, char **kernels, locl_error *err);

#endif
