#include "data/cache_file.h"

#include "base/file.h"
#include "data/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

bool locl_data_cache_file(const char *kind, const char *path, char *file, size_t size)
{
    char folder[LOCL_DATA_PATH];
    char *full = realpath(path, NULL);
    bool found = full && locl_file_cache_folder(kind, folder, sizeof folder) &&
                 (size_t)snprintf(file, size, "%s/%016llx", folder,
                                  (unsigned long long)XXH3_64bits(full, strlen(full))) < size;
    free(full);
    return found;
}
