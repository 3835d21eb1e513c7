/* The sets of CLBlast's parameters, measured on a device's products. Used by tune.c. */
#ifndef LOCL_TUNE_SETTINGS_H
#define LOCL_TUNE_SETTINGS_H

#include "tune/tune.h"

/* Measures CLBlast with its own parameters, then with each set, on the products of a list that it computes or would
 * compute if nobody measured; each product beside the native engine's, so that a device that becomes slower meanwhile
 * does no harm. The set that takes the least time for all of them together, below 0.97 of its own's, becomes the list's
 * setting; the results tell its times. A set that is refused, or wrong for a product, is left out. No set is begun at
 * `end` by the meter's clock. *measured: there was such a product, and its own parameters and a set were measured. */
locl_status locl_tune_settings(const locl_tune_meter *meter, locl_tune_list *list, double end, bool *measured,
                               locl_error *err);

#endif
