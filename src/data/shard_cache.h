/* Keeps indices of shards on disk. A file that is damaged, of another version or of another state of the shard counts
 * as none; one that cannot be written is done without. Used by shard_index.c. */
#ifndef LOCL_DATA_SHARD_CACHE_H
#define LOCL_DATA_SHARD_CACHE_H

#include "data/shard_index.h"

#include <stdbool.h>

/* Reads the images of a shard whose size and time `index` has. */
bool locl_shard_cache_read(const char *path, locl_shard_index *index);
void locl_shard_cache_write(const char *path, const locl_shard_index *index);

#endif
