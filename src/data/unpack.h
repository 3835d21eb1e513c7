/* Reads a file as a stream of its content, however it is compressed. zlib undoes gzip (see gz.h), libarchive
 * all else. Used by archive.c. */
#ifndef LOCL_DATA_UNPACK_H
#define LOCL_DATA_UNPACK_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct locl_unpack locl_unpack;

/* Opens a file. *out is the caller's until locl_unpack_close(); NULL on error. `path` must live as long.
 * LOCL_E_DATA. */
locl_status locl_unpack_open(const char *path, locl_unpack **out, locl_error *err);
/* Accepts NULL. */
void locl_unpack_close(locl_unpack *file);
/* Returns the next bytes, valid until the next call. *size is 0 at the end only, once the whole file has been
 * checked. LOCL_E_DATA: damaged, truncated, or something else than zeros behind it. */
locl_status locl_unpack_next(locl_unpack *file, const uint8_t **block, size_t *size, locl_error *err);
bool locl_unpack_is_packed(const locl_unpack *file);
/* Returns the bytes of the file itself that have been read. */
size_t locl_unpack_offset(const locl_unpack *file);

#endif
