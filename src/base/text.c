#include "base/text.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool reserve(locl_text *text, size_t extra)
{
    size_t needed = text->length + extra + 1;
    if (text->failed) {
        return false;
    }
    if (needed > text->capacity) {
        size_t capacity = needed < 256 ? 256 : needed * 2;
        char *data = realloc(text->data, capacity);
        if (!data) {
            text->failed = true;
            return false;
        }
        text->data = data;
        text->capacity = capacity;
    }
    return true;
}

void locl_text_add(locl_text *text, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length >= 0 && reserve(text, (size_t)length)) {
        vsnprintf(text->data + text->length, (size_t)length + 1, format, again);
        text->length += (size_t)length;
    }
    va_end(again);
}

void locl_text_add_bytes(locl_text *text, const void *bytes, size_t count)
{
    if (reserve(text, count)) {
        memcpy(text->data + text->length, bytes, count);
        text->length += count;
        text->data[text->length] = '\0';
    }
}

void locl_text_free(locl_text *text)
{
    free(text->data);
    *text = (locl_text){0};
}

int locl_text_compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

bool locl_text_contains(const char *haystack, const char *needle)
{
    size_t length = strlen(needle);
    for (; strlen(haystack) >= length; haystack++) {
        size_t i = 0;
        while (i < length && tolower((unsigned char)haystack[i]) == tolower((unsigned char)needle[i])) {
            i++;
        }
        if (i == length) {
            return true;
        }
        if (!*haystack) {
            break;
        }
    }
    return false;
}

enum { LONGEST_WORD = 63 };

/* Computes Levenshtein's distance, where two swapped neighbours, the most common slip, count once. Three rows
 * take turns. Words are cut at LONGEST_WORD. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t rows[3][LONGEST_WORD + 1];
    size_t na = strnlen(a, LONGEST_WORD), nb = strnlen(b, LONGEST_WORD);
    for (size_t j = 0; j <= nb; j++) {
        rows[0][j] = j;
    }
    for (size_t i = 1; i <= na; i++) {
        size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= nb; j++) {
            size_t best = above[j - 1] + (a[i - 1] != b[j - 1]);
            best = above[j] + 1 < best ? above[j] + 1 : best;
            best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            row[j] = swapped && two_above[j - 2] + 1 < best ? two_above[j - 2] + 1 : best;
        }
    }
    return rows[na % 3][nb];
}

const char *locl_text_nearest(const char *word, const char *const *candidates)
{
    size_t limit = strlen(word) / 3 > 2 ? strlen(word) / 3 : 2;
    size_t best = limit + 1;
    const char *nearest = NULL;
    for (; *candidates; candidates++) {
        size_t distance = edit_distance(word, *candidates);
        if (distance < best) {
            best = distance;
            nearest = *candidates;
        }
    }
    return nearest;
}
