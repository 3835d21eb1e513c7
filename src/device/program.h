/* Builds programs from the embedded kernels. They are kept in memory per device, and on disk in the cache of
 * the user, keyed by source, options, device, driver and platform versions; a driver that builds late keeps
 * them on disk itself. Used by command_buffer.c and build.c. inventory.c takes the options for its trial
 * kernel. */
#ifndef LOCL_DEVICE_PROGRAM_H
#define LOCL_DEVICE_PROGRAM_H

#include "device/device.h"
#include "device/merge.h"

/* Options of every build. There is no fast-math, ever: results must not depend on the compiler. And no warnings, which
 * PoCL prints: where vectors are shorter than the kernels' it has some of its calling convention. */
#define LOCL_PROGRAM_OPTIONS "-cl-std=CL1.2 -w"

/* Create and free the programs of a device. Called by locl_devices_open() and locl_devices_close(). */
locl_status locl_program_cache_create(locl_device *device, locl_program_cache **out, locl_error *err);
void locl_program_cache_release(locl_program_cache *cache); /* accepts NULL */

/* Returns the program of cl/<file>, built with `options` ("-D CHUNK=64 ..."; NULL for none) and
 * LOCL_PROGRAM_OPTIONS. `#include "x.clh"` is resolved from the embedded headers before the build, on every
 * device alike. The program belongs to the cache. A build failure carries the build log. Thread-safe. */
locl_status locl_program_get(locl_device *device, const char *file, const char *options, cl_program *out,
                             locl_error *err);
/* Builds those of the parts that are not built yet, in one program where the driver builds late. Thread-safe. */
locl_status locl_program_get_all(locl_device *device, const locl_merge_part *parts, size_t count,
                                 locl_error *err);
/* Creates a kernel of that program, the caller's to release with clReleaseKernel. LOCL_E_TOO_LARGE if
 * work-groups of `items` work-items do not fit (CL_KERNEL_WORK_GROUP_SIZE). */
locl_status locl_kernel_create(locl_device *device, const char *file, const char *name, const char *options,
                               size_t items, cl_kernel *out, locl_error *err);

#endif
