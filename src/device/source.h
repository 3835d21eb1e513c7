/* The text of a kernel file with its includes resolved. Included by program.c only. */
#ifndef LOCL_DEVICE_SOURCE_H
#define LOCL_DEVICE_SOURCE_H

#include "base/text.h"

/* Appends cl/<file> to `out`: each `#include "x.clh"` line is replaced by that header the first time, and by
 * nothing after that; #line directives keep file names and line numbers for the build log. Files are the
 * embedded ones, or those of the folder LOCL_KERNELS where it has them. LOCL_E_FAILED: no such file. */
locl_status locl_source_expand(const char *file, locl_text *out, locl_error *err);

#endif
