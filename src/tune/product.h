/* The race of one product: its candidates, checked, measured and judged. Used by tune.c. */
#ifndef LOCL_TUNE_PRODUCT_H
#define LOCL_TUNE_PRODUCT_H

#include "tune/tune.h"

/* Measures product `index` of a list for so many seconds (race.h) and fills in its result. That stays UNMEASURED where
 * there was no time for enough rounds, or nobody to choose from. */
locl_status locl_tune_product(const locl_tune_meter *meter, locl_tune_list *list, size_t index,
                              locl_tune_effort effort, double seconds, locl_error *err);
/* Makes a candidate ready. One that fails or is wrong is none: WRONG, and a log event; running out of memory is an
 * error. */
locl_status locl_tune_enter(const locl_tune_meter *meter, size_t index, const locl_gemm_choice *choice,
                            locl_trial_verdict *verdict, locl_error *err);

#endif
