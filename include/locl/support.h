/* Functions of the library that the command shares: similar words, files, time. */
#ifndef LOCL_SUPPORT_H
#define LOCL_SUPPORT_H

#include "locl/export.h"
#include "locl/status.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Returns the candidate with the least edit distance to `word`. NULL when none is near: at most a third of
 * the word's length away, or 2 for short words. `candidates` ends with NULL. */
LOCL_API const char *locl_text_nearest(const char *word, const char *const *candidates);
/* Writes a file whole or not at all: it writes beside `path`, syncs and renames, so readers see the old file
 * or the new one. LOCL_E_IO on failure, also where `path` is not a regular file. */
LOCL_API locl_status locl_file_write(const char *path, const void *data, size_t size, locl_error *err);
/* Returns the seconds of a clock that only goes forward, from an arbitrary start. */
LOCL_API double locl_clock_seconds(void);

#ifdef __cplusplus
}
#endif
#endif
