/* Groups the members of a shard by their keys. Used by shard_index.c. */
#ifndef LOCL_DATA_SHARD_PARTS_H
#define LOCL_DATA_SHARD_PARTS_H

#include "data/shard_index.h"

#include <stdbool.h>

/* A member that matters: an image or a label. */
typedef struct locl_shard_part {
    char *key;    /* the name up to the first dot behind the last slash */
    char *ending; /* what follows that dot */
    bool label;   /* else an image */
    uint64_t offset, size;
} locl_shard_part;

typedef struct locl_shard_parts {
    const char *path;
    locl_data_problems *problems;
    locl_shard_part *list;
    size_t count;
} locl_shard_parts;

/* Collects the parts of a shard, sorted by key, images before labels. */
locl_status locl_shard_parts_collect(locl_shard_parts *parts, locl_error *err);
void locl_shard_parts_free(locl_shard_parts *parts);
/* Makes a problem of a member, "<path>: <text>". */
locl_status locl_shard_parts_blame(const locl_shard_parts *parts, const locl_shard_part *part,
                                   const char *remedy, locl_error *err, const char *format, ...)
    LOCL_PRINTF(5, 6);

#endif
