/* One product on a device, to be computed as candidates do it: checked and timed alone. Included by tune.c, tests and
 * bench.
 *
 *     locl_trial *trial;
 *     LOCL_TRY(locl_trial_open(device, &shape, NULL, &trial, err));
 *     LOCL_TRY(locl_trial_runner_open(trial, &choice, &runner, err));
 *     LOCL_TRY(locl_trial_check(runner, &verdict, err));   // against op(A) (op(B) s)
 *     LOCL_TRY(locl_trial_seconds(runner, &seconds, err)); // of one product
 */
#ifndef LOCL_TUNE_TRIAL_H
#define LOCL_TUNE_TRIAL_H

#include "gemm/gemm.h"

typedef struct locl_trial locl_trial;
typedef struct locl_trial_runner locl_trial_runner;

typedef enum locl_trial_verdict {
    LOCL_TRIAL_WRONG,
    LOCL_TRIAL_RIGHT,    /* but for rounding */
    LOCL_TRIAL_SAME_BITS /* right, and the bytes of the trial's first right one, or that one itself */
} locl_trial_verdict;

typedef double (*locl_trial_clock)(void); /* seconds, from any start */
/* Makes operands of random values on the device (A and B as the shape says, C). The device outlives the trial. `clock`
 * is what it is timed by: NULL for locl_clock_seconds(). *out is the caller's; NULL on error. */
locl_status locl_trial_open(locl_device *device, const locl_gemm_shape *shape, locl_trial_clock clock,
                            locl_trial **out, locl_error *err);
void locl_trial_close(locl_trial *trial); /* NULL is fine; after its runners */

/* Records a candidate and builds its kernels. *out is the caller's; NULL on error. */
locl_status locl_trial_runner_open(locl_trial *trial, const locl_gemm_choice *choice, locl_trial_runner **out,
                                   locl_error *err);
void locl_trial_runner_close(locl_trial_runner *runner); /* NULL is fine */
/* Computes the product over a C of NaN and holds C s against alpha op(A) (op(B) s), for each z, s being random; the
 * tolerance is that of the table of products (check/product_case.c), or of the format of a matrix unit. Costs O(mk + kn
 * + mn). */
locl_status locl_trial_check(locl_trial_runner *runner, locl_trial_verdict *verdict, locl_error *err);
/* Measures the seconds of one product: the mean over so many that it takes about a hundredth of a second. Waits. */
locl_status locl_trial_seconds(locl_trial_runner *runner, double *seconds, locl_error *err);

/* Return the operands, for who computes the same elsewhere: [extents of the shape] floats; C is not kept. */
const float *locl_trial_a(const locl_trial *trial);
const float *locl_trial_b(const locl_trial *trial);

#endif
