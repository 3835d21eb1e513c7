/* Resolves the includes of a kernel file. Included by program.c only. */
#ifndef LOCL_DEVICE_SOURCE_H
#define LOCL_DEVICE_SOURCE_H

#include "base/text.h"

/* Appends cl/<file> to `out`. An `#include "x.clh"` line is replaced by that header the first time, and by
 * nothing after that. #line directives keep file names and line numbers for the build log. Files come from
 * the folder LOCL_KERNELS where it has them, else from the embedded ones. LOCL_E_FAILED: no such file. */
locl_status locl_source_expand(const char *file, locl_text *out, locl_error *err);

#endif
