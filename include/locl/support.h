/* Three small things that the command needs and the library has: words, files, time. */
#ifndef LOCL_SUPPORT_H
#define LOCL_SUPPORT_H

#include "locl/export.h"
#include "locl/status.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The candidate with the least edit distance to `word`, NULL when none is near (distance over a third of the
 * word's length, at least 2). `candidates` ends with NULL. */
LOCL_API const char *locl_text_nearest(const char *word, const char *const *candidates);
/* Writes beside `path`, syncs, renames: readers see the old file or the new one. LOCL_E_IO on failure, also
 * where `path` is something else than a file. */
LOCL_API locl_status locl_file_write(const char *path, const void *data, size_t size, locl_error *err);
/* Seconds of a clock that only goes forward, from an arbitrary start. */
LOCL_API double locl_clock_seconds(void);

#ifdef __cplusplus
}
#endif
#endif
