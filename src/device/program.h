/* Programs built from the embedded kernels, kept in memory per device and on disk in the user's cache, keyed
 * by source, options, device, driver and platform versions. Used by command_buffer.c; nobody else builds
 * programs. */
#ifndef LOCL_DEVICE_PROGRAM_H
#define LOCL_DEVICE_PROGRAM_H

#include "device/device.h"

/* Added to the options of every build. No fast-math, ever: results must not depend on the compiler's mood. */
#define LOCL_PROGRAM_OPTIONS "-cl-std=CL1.2"

/* Both are called by locl_devices_open/close. */
locl_status locl_program_cache_create(locl_device *device, locl_program_cache **out, locl_error *err);
void locl_program_cache_release(locl_program_cache *cache); /* NULL is fine */

/* The program of cl/<file>, built with `options` ("-D CHUNK=64 ..."; NULL for none); LOCL_PROGRAM_OPTIONS are
 * added. `#include "x.clh"` in kernels is resolved from the embedded headers, before the build and on every
 * device alike. The program belongs to the cache. Thread-safe. A build failure carries the build log. */
locl_status locl_program_get(locl_device *device, const char *file, const char *options, cl_program *out,
                             locl_error *err);
/* A kernel of it; the caller's, released with clReleaseKernel. Checks that work-groups of `items` work-items
 * fit (CL_KERNEL_WORK_GROUP_SIZE): LOCL_E_TOO_LARGE otherwise. */
locl_status locl_kernel_create(locl_device *device, const char *file, const char *name, const char *options,
                               size_t items, cl_kernel *out, locl_error *err);

#endif
