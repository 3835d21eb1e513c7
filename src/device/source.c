#include "device/source.h"

#include "base/file.h"
#include "device/kernel_sources.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LARGEST_FILE = 1 << 22, MOST_FILES = 64 };

/* Files included so far; each is included once. */
typedef struct files_seen {
    char name[MOST_FILES][64];
    size_t count;
} files_seen;

static bool seen_before(const files_seen *seen, const char *name)
{
    for (size_t i = 0; i < seen->count; i++) {
        if (!strcmp(seen->name[i], name)) {
            return true;
        }
    }
    return false;
}

/* Finds a kernel file. *text is valid until the caller frees *owned. LOCL_E_FAILED when there is no such
 * file. */
static locl_status find_file(const char *name, const char **text, size_t *length, char **owned,
                             locl_error *err)
{
    const char *folder = getenv("LOCL_KERNELS");
    *owned = NULL;
    if (folder && folder[0]) {
        char path[PATH_MAX];
        snprintf(path, sizeof path, "%s/%s", folder, name);
        if (locl_file_exists(path)) {
            LOCL_TRY(locl_file_read(path, LARGEST_FILE, LOCL_E_FAILED, owned, length, err));
            *text = *owned;
            return LOCL_OK;
        }
    }
    for (const locl_kernel_source *source = locl_kernel_sources; source->name; source++) {
        if (!strcmp(source->name, name)) {
            *text = source->text;
            *length = source->length;
            return LOCL_OK;
        }
    }
    return locl_fail(err, LOCL_E_FAILED, "there is no kernel file %s", name);
}

/* Reads the name in an #include "name" line; false for any other line. */
static bool include_of(const char *line, size_t length, char *name, size_t size)
{
    size_t at = 0, start;
#define SKIP_BLANKS()                                                                                        \
    while (at < length && (line[at] == ' ' || line[at] == '\t')) {                                           \
        at++;                                                                                                \
    }
    SKIP_BLANKS()
    if (at == length || line[at++] != '#') {
        return false;
    }
    SKIP_BLANKS()
    if (length - at < 7 || memcmp(line + at, "include", 7) != 0) {
        return false;
    }
    at += 7;
    SKIP_BLANKS()
#undef SKIP_BLANKS
    if (at == length || line[at++] != '"') {
        return false;
    }
    start = at;
    while (at < length && line[at] != '"') {
        at++;
    }
    if (at == length || at - start >= size) {
        return false;
    }
    memcpy(name, line + start, at - start);
    name[at - start] = '\0';
    return true;
}

static locl_status expand(const char *name, files_seen *seen, locl_text *out, locl_error *err)
{
    const char *text = NULL;
    char *owned = NULL, included[64];
    size_t length = 0, number = 1;
    if (strlen(name) >= sizeof seen->name[0] || seen->count == MOST_FILES) {
        return locl_fail(err, LOCL_E_FAILED, "kernel file %s: too long a name, or more than %d files", name,
                         MOST_FILES);
    }
    snprintf(seen->name[seen->count++], sizeof seen->name[0], "%s", name);
    locl_status status = find_file(name, &text, &length, &owned, err);
    locl_text_add(out, "#line 1 \"%s\"\n", name);
    for (size_t at = 0; status == LOCL_OK && at < length; number++) {
        const char *line = text + at, *newline = memchr(line, '\n', length - at);
        size_t line_length = newline ? (size_t)(newline - line) : length - at;
        if (!include_of(line, line_length, included, sizeof included)) {
            locl_text_add_bytes(out, line, line_length);
            locl_text_add(out, "\n");
        } else if (seen_before(seen, included)) {
            locl_text_add(out, "\n");
        } else {
            status = expand(included, seen, out, err);
            if (status != LOCL_OK) {
                locl_error_where(err, "%s:%zu", name, number);
            }
            locl_text_add(out, "#line %zu \"%s\"\n", number + 1, name);
        }
        at += line_length + 1;
    }
    free(owned);
    return status;
}

locl_status locl_source_expand(const char *file, locl_text *out, locl_error *err)
{
    files_seen seen = {.count = 0};
    LOCL_TRY(expand(file, &seen, out, err));
    return out->failed ? locl_fail_memory(err, out->length) : LOCL_OK;
}
