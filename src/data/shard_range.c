#include "data/shard_range.h"

#include "data/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_DIGITS = 9 };

/* Reads "000..146" up to its brace. */
static bool read_range(const char *text, locl_brace *out)
{
    size_t first = strspn(text, "0123456789"), last;
    if (!first || first > MOST_DIGITS || strncmp(text + first, "..", 2) != 0) {
        return false;
    }
    const char *end = text + first + 2;
    last = strspn(end, "0123456789");
    if (!last || last > MOST_DIGITS || end + last != out->close) {
        return false;
    }
    out->range = true;
    out->first = strtoul(text, NULL, 10);
    out->last = strtoul(end, NULL, 10);
    bool padded = (first > 1 && text[0] == '0') || (last > 1 && end[0] == '0');
    out->width = !padded ? 1 : (int)(first > last ? first : last);
    return true;
}

bool locl_brace_find(const char *text, locl_brace *out)
{
    for (const char *open = strchr(text, '{'); open; open = strchr(open + 1, '{')) {
        *out = (locl_brace){.open = open, .close = strchr(open, '}')};
        if (!out->close) {
            return false;
        }
        if (read_range(open + 1, out) || memchr(open, ',', (size_t)(out->close - open))) {
            return true;
        }
    }
    return false;
}

size_t locl_brace_count(const locl_brace *brace)
{
    size_t texts = 1;
    if (brace->range) {
        return brace->last < brace->first ? 0 : brace->last - brace->first + 1;
    }
    for (const char *c = brace->open; c < brace->close; c++) {
        texts += *c == ',';
    }
    return texts;
}

typedef struct expansion {
    locl_status (*each)(void *user, const char *text, locl_error *err);
    void *user;
} expansion;

static locl_status expand(const expansion *e, const char *text, locl_error *err);

/* Goes on with the braces behind those that `length` bytes of `part` stand for. */
static locl_status expand_one(const expansion *e, const char *text, const locl_brace *brace, const char *part,
                              size_t length, locl_error *err)
{
    char whole[LOCL_DATA_PATH];
    int size = snprintf(whole, sizeof whole, "%.*s%.*s%s", (int)(brace->open - text), text, (int)length, part,
                        brace->close + 1);
    if (size < 0 || (size_t)size >= sizeof whole) {
        return locl_fail(err, LOCL_E_DATA, "%.1024s: the path is too long", text);
    }
    return expand(e, whole, err);
}

static locl_status expand_range(const expansion *e, const char *text, const locl_brace *brace,
                                locl_error *err)
{
    char number[MOST_DIGITS * 2];
    for (unsigned long i = brace->first; i <= brace->last; i++) {
        int length = snprintf(number, sizeof number, "%0*lu", brace->width, i);
        LOCL_TRY(expand_one(e, text, brace, number, (size_t)length, err));
    }
    return LOCL_OK;
}

static locl_status expand(const expansion *e, const char *text, locl_error *err)
{
    locl_brace brace;
    if (!locl_brace_find(text, &brace)) {
        return e->each(e->user, text, err);
    }
    if (brace.range) {
        return expand_range(e, text, &brace, err);
    }
    const char *part = brace.open + 1;
    for (;;) {
        size_t length = strcspn(part, ",}");
        LOCL_TRY(expand_one(e, text, &brace, part, length, err));
        part += length;
        if (part++ == brace.close) {
            return LOCL_OK;
        }
    }
}

locl_status locl_brace_expand(const char *text,
                              locl_status (*each)(void *user, const char *text, locl_error *err), void *user,
                              locl_error *err)
{
    const expansion e = {each, user};
    return expand(&e, text, err);
}
