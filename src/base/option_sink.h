/* Receives what a folder finds wrong with its own options, as a key and a text. It knows nothing of files and
 * lines: src/config turns keys into places and collects the reports. A function that has only an error record
 * takes the first report into it. Used by the <folder>/options.h of every folder that has options. */
#ifndef LOCL_BASE_OPTION_SINK_H
#define LOCL_BASE_OPTION_SINK_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct locl_option_sink {
    void (*report)(void *user, const char *key, const char *text); /* "model.groups", "found 7 groups, ..." */
    bool (*is_wrong)(void *user, const char *key); /* the key or a part of it was reported; NULL: never */
    bool (*is_given)(void *user, const char *key); /* a person gave the key; NULL: always */
    void *user;
    size_t reported;
} locl_option_sink;

void locl_option_report(locl_option_sink *sink, const char *key, const char *format, ...) LOCL_PRINTF(3, 4);
/* Whether one of `keys` (ends with NULL) is known to be wrong. What follows from it cannot be checked
 * then. */
bool locl_option_wrong(const locl_option_sink *sink, const char *const *keys);
/* Returns `key` if a person gave it, else `instead`, the key to blame. */
const char *locl_option_given(const locl_option_sink *sink, const char *key, const char *instead);

/* Makes a sink that keeps the first report in *err: LOCL_E_CONFIG, "<key>: <text>", err->key. */
locl_option_sink locl_option_sink_of(locl_error *err);
/* Returns LOCL_OK if nothing was reported, else LOCL_E_CONFIG. */
locl_status locl_option_sink_status(const locl_option_sink *sink);

#endif
