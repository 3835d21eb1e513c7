#include "base/findings.h"

#include "base/json.h"
#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[LOCL_FINDING_COUNT] = {
#define NAME(name, text) text,
    LOCL_FINDING_TABLE(NAME)
#undef NAME
};

const char *locl_finding_status_name(locl_finding_status status)
{
    return (unsigned)status < LOCL_FINDING_COUNT ? names[status] : "";
}

locl_finding_status locl_finding_status_find(const char *name)
{
    size_t i = 0;
    while (i < LOCL_FINDING_COUNT && strcmp(names[i], name) != 0) {
        i++;
    }
    return (locl_finding_status)i;
}

static void free_row(const locl_finding *row)
{
    free((char *)row->name);
    free((char *)row->detail);
    free((char *)row->remedy);
}

static bool make_room(locl_findings *f)
{
    if (f->count == f->capacity) {
        size_t capacity = f->capacity ? 2 * f->capacity : 16;
        locl_finding *more = realloc(f->row, capacity * sizeof *more);
        if (!more) {
            return false;
        }
        f->row = more;
        f->capacity = capacity;
    }
    return true;
}

/* Copies a text so that it can be shown: names of files, libraries, variables and devices may hold anything. The
 * caller's; NULL: no memory. */
static char *copy_visible(const char *text)
{
    locl_text out = {0};
    locl_utf8_add_visible(&out, text);
    if (out.failed) {
        locl_text_free(&out);
        return NULL;
    }
    return out.data ? out.data : strdup("");
}

void locl_findings_add(locl_findings *f, locl_finding_status status, const char *name, const char *remedy,
                       const char *format, ...)
{
    char detail[2048];
    va_list args;
    va_start(args, format);
    vsnprintf(detail, sizeof detail, format, args);
    va_end(args);
    locl_finding row = {copy_visible(name), status, copy_visible(detail), copy_visible(remedy)};
    if (row.name && row.detail && row.remedy && make_room(f)) {
        f->row[f->count++] = row;
    } else {
        free_row(&row);
        f->failed = true;
    }
}

void locl_findings_free(locl_findings *f)
{
    for (size_t i = 0; i < f->count; i++) {
        free_row(&f->row[i]);
    }
    free(f->row);
    *f = (locl_findings){0};
}

json_t *locl_finding_json(const locl_finding *row)
{
    return json_pack("{s:o, s:s, s:o, s:o}", "name", locl_json_text(row->name), "status",
                     locl_finding_status_name(row->status), "detail", locl_json_text(row->detail), "remedy",
                     locl_json_text(row->remedy));
}
