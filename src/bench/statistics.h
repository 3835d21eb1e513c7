/* Whether two sets of samples differ, and by how much, without knowing how they are distributed: the rank-sum test of
 * Mann and Whitney, and what goes with it, the estimate of Hodges and Lehmann with its interval. Included by compare.c
 * and tests. */
#ifndef LOCL_BENCH_STATISTICS_H
#define LOCL_BENCH_STATISTICS_H

#include "base/error.h"

#include <stddef.h>

/* How many times as large y's values are as x's. */
typedef struct locl_ratio {
    double ratio;     /* median of all quotients y / x */
    double low, high; /* 95 % interval: in one of twenty comparisons of equals it leaves 1 out */
    double p;         /* chance of ranks so far apart, or farther, if both were alike; two-sided */
} locl_ratio;

/* Compares x [n] and y [m], all above 0; n and m are 1 to 1000. */
locl_status locl_ratio_of(const double *x, size_t n, const double *y, size_t m, locl_ratio *out,
                          locl_error *err);
/* Corrects p [count] for their number, in place, as Holm does: the chance that any one of them is by accident below a
 * limit is then at most that limit. */
locl_status locl_holm(double *p, size_t count, locl_error *err);

#endif
