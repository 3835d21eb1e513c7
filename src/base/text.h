/* Growing text and small string helpers. Used wherever a message or a file is put together. */
#ifndef LOCL_BASE_TEXT_H
#define LOCL_BASE_TEXT_H

#include "base/error.h"
#include "locl/support.h" /* locl_text_nearest() */

#include <stdbool.h>
#include <stddef.h>

/* Text that grows. Starts as {0}, freed with locl_text_free(). `data` is terminated once something was added.
 * `failed` is set when memory ran out, and sticks: check it once at the end. */
typedef struct locl_text {
    char *data;
    size_t length, capacity;
    bool failed;
} locl_text;

void locl_text_add(locl_text *text, const char *format, ...) LOCL_PRINTF(2, 3);
void locl_text_add_bytes(locl_text *text, const void *bytes, size_t count);
void locl_text_free(locl_text *text);

int locl_text_compare(const void *a, const void *b); /* compares two char *, for qsort() and bsearch() */
bool locl_text_contains(const char *haystack, const char *needle); /* ignores case (ASCII) */

#endif
