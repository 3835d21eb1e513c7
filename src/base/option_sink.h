/* Where a folder that checks its own options reports what is wrong with them: a key and a text, nothing of
 * files and lines. src/config turns keys into places and collects; a function that has an error record alone
 * takes the first report into it. Used by the <folder>/options.h of every folder that has options. */
#ifndef LOCL_BASE_OPTION_SINK_H
#define LOCL_BASE_OPTION_SINK_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct locl_option_sink {
    void (*report)(void *user, const char *key, const char *text); /* "model.groups", "found 7 groups, ..." */
    bool (*is_wrong)(void *user, const char *key); /* reported before, it or a part of it; NULL: never */
    bool (*is_given)(void *user, const char *key); /* by a person, not a default; NULL: always */
    void *user;
    size_t reported;
} locl_option_sink;

void locl_option_report(locl_option_sink *sink, const char *key, const char *format, ...) LOCL_PRINTF(3, 4);
/* Whether one of the keys (ends with NULL) is known to be wrong: then nothing can be said of what follows
 * from it. */
bool locl_option_wrong(const locl_option_sink *sink, const char *const *keys);
/* `key` if a person gave it, else the one that is to blame instead. */
const char *locl_option_given(const locl_option_sink *sink, const char *key, const char *instead);

/* A sink that keeps the first report in *err: LOCL_E_CONFIG, "<key>: <text>", err->key. */
locl_option_sink locl_option_sink_of(locl_error *err);
/* LOCL_OK if nothing was reported to it. */
locl_status locl_option_sink_status(const locl_option_sink *sink);

#endif
