/* Which device is the best: what `auto` takes, and which platform's view of the same hardware counts. Pure. Used by
 * select.c and inventory.c. */
#ifndef LOCL_DEVICE_RANK_H
#define LOCL_DEVICE_RANK_H

#include "device/inventory.h"

/* GPU 3, accelerator 2, others 1. */
int locl_rank_type(cl_device_type type);
/* Estimates the most float32 operations a second: units x lanes x clock x 2. */
double locl_rank_peak(const locl_caps *caps);
/* Returns the operations a second to expect of large products: as measured (info->rate), else half of the peak. */
double locl_rank_rate(const locl_device_info *info);
/* Whether `a` is to be preferred to `b`. The order is total: GPU before accelerator before CPU; then CPU runtimes
 * before graphics drivers that emulate a GPU on the CPU (which cannot be partitioned); then those with memory of their
 * own before integrated ones; then the larger rate; then the earlier one. */
bool locl_device_better(const locl_device_info *a, const locl_device_info *b);
/* Returns the best of the rows that are `in` [inventory->count]; NULL: there is none. Where all of them were measured,
 * the fastest, of whatever type it is. */
const locl_device_info *locl_rank_best(const locl_inventory *inventory, const bool *in);
/* Says why locl_rank_best() prefers `best` to `other` among these rows: "a GPU goes before a CPU". A constant text. */
const char *locl_rank_why(const locl_device_info *best, const locl_device_info *other,
                          const locl_inventory *inventory, const bool *in);

#endif
