/* Growing text and small string helpers; used wherever a message or a file is put together. */
#ifndef LOCL_BASE_TEXT_H
#define LOCL_BASE_TEXT_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/* Start with {0}; `data` is always terminated once something was added; free with locl_text_free().
 * `failed` is set when memory ran out, and then sticks: check it once at the end. */
typedef struct locl_text {
    char *data;
    size_t length, capacity;
    bool failed;
} locl_text;

void locl_text_add(locl_text *text, const char *format, ...) LOCL_PRINTF(2, 3);
void locl_text_add_bytes(locl_text *text, const void *bytes, size_t count);
void locl_text_free(locl_text *text);

int locl_text_compare(const void *a, const void *b); /* of two char *: for qsort() and bsearch() */
bool locl_text_contains(const char *haystack, const char *needle); /* ignores case (ASCII) */
/* The candidate with the least edit distance to `word`, NULL when none is near (distance over a third of the
 * word's length, at least 2). `candidates` ends with NULL. */
const char *locl_text_nearest(const char *word, const char *const *candidates);

#endif
