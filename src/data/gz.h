/* Reads files that may be gzip'd, as their first bytes tell. It uses inflate() of zlib. gzread() accepts a
 * file without its checksum, or with foreign bytes behind it. The gzip filter of libarchive does not compare
 * the checksum at the end. Used by idx.c and unpack.c. */
#ifndef LOCL_DATA_GZ_H
#define LOCL_DATA_GZ_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct locl_gz locl_gz;

/* Opens a file. *out is the caller's until locl_gz_close(); NULL on error. `path` must live as long.
 * LOCL_E_DATA. */
locl_status locl_gz_open(const char *path, locl_gz **out, locl_error *err);
/* Accepts NULL. */
void locl_gz_close(locl_gz *file);
/* Reads up to `size` bytes of content. *got is less only at the end, where the checksum and the end of the
 * file have been checked. LOCL_E_DATA: truncated or damaged gzip data, or something else than zeros and more
 * gzip data behind it. */
locl_status locl_gz_read(locl_gz *file, void *bytes, size_t size, size_t *got, locl_error *err);
bool locl_gz_is_packed(const locl_gz *file);
/* Returns the bytes of the file itself that have been read. */
size_t locl_gz_offset(const locl_gz *file);

#endif
