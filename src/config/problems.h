/* What is wrong with a configuration: collected while it is read, so that a person sees all of it at once.
 * Used by src/config only. */
#ifndef LOCL_CONFIG_PROBLEMS_H
#define LOCL_CONFIG_PROBLEMS_H

#include "base/error.h"
#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>

enum { LOCL_PROBLEMS_KEPT = 20 };

/* Where something was written. `source` is a file's name, or a whole "--set key=value"; then line is 0. */
typedef struct locl_position {
    const char *source;  /* the document's */
    size_t line, column; /* from 1 */
} locl_position;

/* "configs/mnist.yaml:3:10" or "--set data.batch=abc" */
void locl_position_text(const locl_position *at, locl_text *out);

typedef struct locl_config_problem {
    char *key;  /* "data.batch", "" when no key is to blame */
    char *text; /* one line, with the position */
    size_t line;
} locl_config_problem;

/* Start with {0}; free with locl_problems_free(). */
typedef struct locl_problems {
    locl_config_problem kept[LOCL_PROBLEMS_KEPT];
    size_t count; /* kept */
    size_t total; /* found */
} locl_problems;

/* Further problems are only counted: no need to work out their text. */
bool locl_problems_full(const locl_problems *problems);
/* Adds "<position>: <key>: <text>"; the key is left out when it is "" or when --set names it itself. */
void locl_problems_add(locl_problems *problems, const locl_position *at, const char *key, const char *format,
                       ...) LOCL_PRINTF(4, 5);
/* The same for a value: "found <found>, should be <allowed>"; --set shows the value, so `found` is left out.
 */
void locl_problems_add_value(locl_problems *problems, const locl_position *at, const char *key,
                             const char *found, const char *allowed);
/* Whether a problem was found with `key`, with a key below it, or with one that it is part of. */
bool locl_problems_touch(const locl_problems *problems, const char *key);
/* LOCL_OK if there are none; else LOCL_E_CONFIG, all of them in err->message, in the order of lines. */
locl_status locl_problems_report(locl_problems *problems, locl_error *err);
void locl_problems_free(locl_problems *problems);

#endif
