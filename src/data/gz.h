/* Reading files that may or may not be gzip'd, told by their first bytes. zlib's inflate() rather than its
 * gzread(), which takes a file without its checksum, or with something foreign behind it, for a good one; and
 * not libarchive's gzip filter, since that one does not compare the checksum at the end. Used by idx.c and
 * unpack.c. */
#ifndef LOCL_DATA_GZ_H
#define LOCL_DATA_GZ_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct locl_gz locl_gz;

/* *out is the caller's until locl_gz_close(), NULL on error; `path` has to live as long. LOCL_E_DATA */
locl_status locl_gz_open(const char *path, locl_gz **out, locl_error *err);
/* NULL is fine. */
void locl_gz_close(locl_gz *file);
/* Reads up to `size` bytes of content; *got is less only at the end, which is where checksum and end of the
 * file have been looked at. LOCL_E_DATA: truncated or damaged gzip data, or something
 * else than zeros and more gzip data behind it. */
locl_status locl_gz_read(locl_gz *file, void *bytes, size_t size, size_t *got, locl_error *err);
bool locl_gz_is_packed(const locl_gz *file);
/* Bytes of the file itself that are read so far. */
size_t locl_gz_offset(const locl_gz *file);

#endif
