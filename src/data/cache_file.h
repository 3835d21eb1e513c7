/* Where the cache keeps what it knows of a file: named by that one's full path. Used by the caches of src/data. */
#ifndef LOCL_DATA_CACHE_FILE_H
#define LOCL_DATA_CACHE_FILE_H

#include <stdbool.h>
#include <stddef.h>

/* Finds the file in the cache's folder `kind` for the file at `path`. False where there is no such file or folder. */
bool locl_data_cache_file(const char *kind, const char *path, char *file, size_t size);

#endif
