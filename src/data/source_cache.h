/* Keeps on disk what is in a plain archive, so that it has not to be read through at each start:
 * $XDG_CACHE_HOME/locl/v1/archives/<hash of path>, which counts while size and time of the archive stay. A file that is
 * damaged or of another version counts as none; one that cannot be written is done without. Used by tree.c. */
#ifndef LOCL_DATA_SOURCE_CACHE_H
#define LOCL_DATA_SOURCE_CACHE_H

#include "data/source.h"

/* Reads the members, none of them loaded. False, with *out empty, when the archive has to be read. */
bool locl_source_cache_read(const char *path, locl_source *out);
/* Writes them, but for folders on disk and for compressed archives. */
void locl_source_cache_write(const locl_source *source);

#endif
