/* Small kernels that show whether a device can do what its driver says. Used by inventory.c and quirks.c. */
#ifndef LOCL_DEVICE_TRIAL_H
#define LOCL_DEVICE_TRIAL_H

#include "device/inventory.h"

/* Builds and runs a kernel that uses what locl's kernels use, with the largest work-group and all the local memory that
 * the driver claims, on a part of a buffer at the alignment that it claims. What fails, or gives wrong values, is a
 * problem of the device. */
void locl_trial_run(locl_device_info *info);
/* Whether a kernel computes right in half precision. */
bool locl_trial_half(cl_device_id id);

#endif
