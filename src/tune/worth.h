/* Which products are worth measuring before a run of so many steps: pure, from shapes and caps alone. Used by
 * tune.c. */
#ifndef LOCL_TUNE_WORTH_H
#define LOCL_TUNE_WORTH_H

#include "gemm/gemm.h"

/* At most this share of the time that a product is expected to take is spent on measuring it. */
#define LOCL_TUNE_SHARE 0.02

/* Returns the seconds that a product is expected to take, once in each of the steps, at what the device's units can
 * multiply and add at most. */
double locl_tune_expected(const locl_gemm_shape *shape, const locl_caps *caps, double steps);
/* Whether the share of that is enough to build one kernel and measure it. */
bool locl_tune_is_worth_it(double expected);

#endif
