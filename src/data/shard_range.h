/* Writes out the braces of a path: "train-{000..146}.tar", "{train,val}-{00..09}.tar". They are not nested. Used by
 * shard_names.c. */
#ifndef LOCL_DATA_SHARD_RANGE_H
#define LOCL_DATA_SHARD_RANGE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

enum { LOCL_SHARDS_MOST = 1000000 };

/* What a pair of braces says. */
typedef struct locl_brace {
    const char *open, *close; /* "{" and its "}" in the text */
    bool range;               /* from `first` to `last`, in `width` digits; else texts between commas */
    unsigned long first, last;
    int width;
} locl_brace;

/* Finds the first braces in a text that stand for several texts. */
bool locl_brace_find(const char *text, locl_brace *out);
/* Returns how many texts they stand for; 0 for a range that runs backwards. */
size_t locl_brace_count(const locl_brace *brace);
/* Calls `each` with every text that braces stand for, in order. */
locl_status locl_brace_expand(const char *text,
                              locl_status (*each)(void *user, const char *text, locl_error *err), void *user,
                              locl_error *err);

#endif
