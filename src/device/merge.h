/* Puts builds of several kernel files, each with its own macros, into the text of one program. For drivers
 * that take long for each program, however small. Included by program_build.c and tests only. */
#ifndef LOCL_DEVICE_MERGE_H
#define LOCL_DEVICE_MERGE_H

#include "base/text.h"

/* One build: cl/<file> with `options`, as locl_program_get() takes them. */
typedef struct locl_merge_part {
    const char *file, *options;
} locl_merge_part;

/* True for options that a part may have: macros alone, "-D CHUNK=64 -D NORM=1". */
bool locl_merge_takes(const char *options);
/* Appends the parts to `out`, one after another. Every name that a part declares outside of functions gets the
 * part's suffix: kernel "sum" of parts[2] is called "sum_2". Macros end with their part. Include files are
 * resolved as by locl_source_expand(), with its errors. */
locl_status locl_source_merge(const locl_merge_part *parts, size_t count, locl_text *out, locl_error *err);

#endif
