/* Finds the shards of a set: which files data.path means, and which split each belongs to. Used by shards.c, and by
 * options.c for what can be told without the files. */
#ifndef LOCL_DATA_SHARD_NAMES_H
#define LOCL_DATA_SHARD_NAMES_H

#include "base/option_sink.h"
#include "data/dataset.h"
#include "data/problems.h"

/* Separates the texts of data.path where it is a list. */
#define LOCL_DATA_PATHS_SEPARATOR '\n'

typedef struct locl_shard {
    char *path;
    locl_split split;
} locl_shard;

typedef struct locl_shard_names {
    locl_shard *list; /* as they are given; of a folder sorted by bytes */
    size_t count;
} locl_shard_names;

/* Reports ranges that run backwards or are too long. */
void locl_shard_names_check(const char *path, locl_option_sink *sink);
/* Lists the shards. Problems: those that are not there, come twice, or lack in the numbering of a folder. LOCL_E_DATA:
 * there are none at all. */
locl_status locl_shard_names_find(const char *path, locl_data_problems *problems, locl_shard_names *out,
                                  locl_error *err);
void locl_shard_names_free(locl_shard_names *names);

#endif
