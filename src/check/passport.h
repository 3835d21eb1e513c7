/* Numerical passports: whether a device's kernels were held against their references, and passed. Kept in
 * $XDG_CACHE_HOME/locl/v1/passports/<hash of device and driver>.json; one of other kernels counts as none. Written by
 * `locl verify` (src/doctor), heeded by training (src/run). */
#ifndef LOCL_CHECK_PASSPORT_H
#define LOCL_CHECK_PASSPORT_H

#include "device/device_key.h"

/* Hashes the sources of all kernels, those of LOCL_KERNELS where it has them. */
locl_status locl_passport_kernels(char out[LOCL_HASH_TEXT], locl_error *err);
/* Makes what names a device's passport: the device, its driver and, where the driver tells one, its address, by which
 * devices of one make differ. A part of a device has the passport of the whole. NULL when out of memory. */
json_t *locl_passport_key(const locl_device *device);
/* Keeps a passport of the device with that key. `rows` are those of `locl verify`; one whose status is "error" fails
 * it. `path` gets the file's. LOCL_E_IO where it cannot be kept. */
locl_status locl_passport_write(const json_t *key, const char *kernels, const json_t *rows, char *path,
                                size_t size, locl_error *err);
/* Fails with LOCL_E_FAILED, naming the kernel, where the device has a passport of these kernels that they failed.
 * LOCL_OK with a passport that they passed, and without one. */
locl_status locl_passport_heed(const locl_device *device, locl_error *err);

#endif
