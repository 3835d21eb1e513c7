/* What is in a shard (a tar archive of key.jpg or key.png, and key.cls): where each image lies, and its label. Read
 * from the shard once, and kept in $XDG_CACHE_HOME/locl/v1/shards/<hash of path>, which counts while size and time of
 * the shard stay. Used by shards.c. */
#ifndef LOCL_DATA_SHARD_INDEX_H
#define LOCL_DATA_SHARD_INDEX_H

#include "base/error.h"
#include "data/problems.h"

#include <stdint.h>

typedef struct locl_shard_image {
    uint64_t offset; /* of its file in the shard */
    uint64_t key;    /* hash of the key */
    uint32_t size;   /* of its file */
    int32_t label;   /* 0 or more */
    uint16_t h, w;
    uint32_t c;
} locl_shard_image;

typedef struct locl_shard_index {
    locl_shard_image *images; /* in the order of the shard */
    size_t count;
    uint64_t size;   /* of the shard */
    int64_t changed; /* time of its last change, ns */
} locl_shard_index;

/* Gets the index, which the caller frees, on error too. Problems: keys without image or label, or that come twice;
 * labels that are no numbers; images that cannot be measured; links. LOCL_E_DATA: no readable plain tar archive. */
locl_status locl_shard_index_get(const char *path, locl_data_problems *problems, locl_shard_index *out,
                                 locl_error *err);
void locl_shard_index_free(locl_shard_index *index);

#endif
