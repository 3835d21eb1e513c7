/* Builds programs: from the binary on disk, or from source. Included by program.c only, which keeps them. */
#ifndef LOCL_DEVICE_PROGRAM_BUILD_H
#define LOCL_DEVICE_PROGRAM_BUILD_H

#include "device/device.h"
#include "device/merge.h"

/* Builds cl/<file> with `options`. *out is the caller's. A failure carries the build log. Thread-safe. */
locl_status locl_program_build(locl_device *device, const char *file, const char *options, cl_program *out,
                               locl_error *err);
/* Builds all parts as one program, see locl_source_merge(). */
locl_status locl_program_build_merged(locl_device *device, const locl_merge_part *parts, size_t count,
                                      cl_program *out, locl_error *err);

#endif
