/* The largest rate that was measured of a product on a device, kept on disk: $XDG_CACHE_HOME/locl/v1/rates/<hash of the
 * device>.json. src/tune notes it, inventory.c reads it. What is damaged or cannot be written counts as not
 * measured. */
#ifndef LOCL_DEVICE_RATE_H
#define LOCL_DEVICE_RATE_H

#include "device/device.h"
#include "device/inventory.h"

/* Returns the operations a second that were measured on a device with its present driver; 0: none were. */
double locl_rate_read(const locl_device_info *info);
/* Keeps a rate, unless a larger one is kept. Parts of a split device have rates of their own, which no device is ranked
 * by. */
void locl_rate_note(const locl_device *device, double rate);

#endif
