/* Problems of a configuration, collected while it is read so that a person sees all at once. Used
 * by all that reads YAML. */
#ifndef LOCL_YAML_PROBLEMS_H
#define LOCL_YAML_PROBLEMS_H

#include "base/error.h"
#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>

enum { LOCL_PROBLEMS_KEPT = 20 };

/* The place where something was written. `source` is the name of a file, or a whole "--set key=value" with
 * line 0. */
typedef struct locl_position {
    const char *source;  /* owned by the document */
    size_t line, column; /* from 1 */
} locl_position;

/* Adds "configs/mnist.yaml:3:10" or "--set data.batch=abc". */
void locl_position_text(const locl_position *at, locl_text *out);

typedef struct locl_config_problem {
    char *key;  /* "data.batch", "" when no key is to blame */
    char *text; /* one line, with the position */
    size_t line;
} locl_config_problem;

/* Problems found. Starts with {0}, freed with locl_problems_free(). */
typedef struct locl_problems {
    locl_config_problem kept[LOCL_PROBLEMS_KEPT];
    size_t count; /* kept */
    size_t total; /* found */
} locl_problems;

/* Whether further problems are only counted, so that their text is not needed. */
bool locl_problems_full(const locl_problems *problems);
/* Adds "<position>: <key>: <text>". The key is left out when it is "" or named by --set itself. */
void locl_problems_add(locl_problems *problems, const locl_position *at, const char *key, const char *format,
                       ...) LOCL_PRINTF(4, 5);
/* Adds "found <found>, should be <allowed>" for a value. `found` is left out where --set shows the value. */
void locl_problems_add_value(locl_problems *problems, const locl_position *at, const char *key,
                             const char *found, const char *allowed);
/* Whether there is a problem of `key`, of a key below it, or of one that it is part of. */
bool locl_problems_touch(const locl_problems *problems, const char *key);
/* Returns LOCL_OK if there are none, else LOCL_E_CONFIG with all of them in err->message, in the order of
 * lines. */
locl_status locl_problems_report(locl_problems *problems, locl_error *err);
void locl_problems_free(locl_problems *problems);

#endif
