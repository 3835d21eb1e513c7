/* Reading files that may or may not be gzip'd. Not libarchive's gzip filter, since that one does not compare
 * the checksum at the end. Used by idx.c and source.c. */
#ifndef LOCL_DATA_GZ_H
#define LOCL_DATA_GZ_H

#include "base/error.h"

#include <stddef.h>
#include <zlib.h>

/* *out is the caller's until gzclose_r(). LOCL_E_DATA */
locl_status locl_gz_open(const char *path, gzFile *out, locl_error *err);
/* Reads up to `size` bytes; *got is less only at the end. LOCL_E_DATA: truncated or damaged gzip data. */
locl_status locl_gz_read(gzFile file, const char *path, void *bytes, size_t size, size_t *got,
                         locl_error *err);

#endif
