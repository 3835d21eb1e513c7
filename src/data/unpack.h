/* A file as a stream of what is in it, whatever it is compressed with: zlib undoes gzip (see gz.h),
 * libarchive all else. Used by archive.c. */
#ifndef LOCL_DATA_UNPACK_H
#define LOCL_DATA_UNPACK_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct locl_unpack locl_unpack;

/* *out is the caller's until locl_unpack_close(), NULL on error; `path` has to live as long. LOCL_E_DATA */
locl_status locl_unpack_open(const char *path, locl_unpack **out, locl_error *err);
/* NULL is fine. */
void locl_unpack_close(locl_unpack *file);
/* The next bytes, valid until the next call; *size is 0 at the end only, once the whole file has been looked
 * at. LOCL_E_DATA: damaged, truncated, or something else than zeros behind it. */
locl_status locl_unpack_next(locl_unpack *file, const uint8_t **block, size_t *size, locl_error *err);
bool locl_unpack_is_packed(const locl_unpack *file);
/* Bytes of the file itself that are read so far. */
size_t locl_unpack_offset(const locl_unpack *file);

#endif
