#include "yaml/schema.h"

#include "base/number.h"
#include "base/utf8.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *field(const locl_key *key, const void *base)
{
    return (const char *)base + key->offset;
}

static size_t list_count(const locl_key *key, const void *base)
{
    const char *count = (const char *)base + key->count_offset;
    if (!key->counted) {
        return key->capacity;
    }
    return key->type == LOCL_KEY_RECORDS ? *(const size_t *)(const void *)count
                                         : *(const unsigned *)(const void *)count;
}

bool locl_key_is_set(const locl_key *key, const void *base)
{
    const void *value = field(key, base);
    switch (key->type) {
    case LOCL_KEY_UNSIGNED:
        return *(const unsigned *)value >= key->low;
    case LOCL_KEY_INT:
        return *(const int *)value >= (int)key->low;
    case LOCL_KEY_TEXT:
        return *(const char *)value != '\0';
    case LOCL_KEY_UNSIGNED_LIST:
        return list_count(key, base) > 0 && *(const unsigned *)value >= key->low;
    case LOCL_KEY_NUMBER_LIST:
    case LOCL_KEY_RECORDS:
        return list_count(key, base) > 0;
    case LOCL_KEY_BOOL:
    case LOCL_KEY_WIDE:
    case LOCL_KEY_NUMBER:
    case LOCL_KEY_CHOICE:
        break;
    }
    return true;
}

/* Adds the shortest text that reads back as the same value. */
static void add_number(double value, locl_text *out)
{
    char text[40];
    if (value >= -1e9 && value <= 1e9 && value == (double)(int64_t)value) {
        locl_text_add(out, "%" PRId64, (int64_t)value);
        return;
    }
    for (int digits = 6; digits <= 17; digits++) {
        locl_number_write(value, digits, text, sizeof text);
        if (digits == 17 || locl_number_read(text, NULL) == value) {
            break;
        }
    }
    locl_text_add(out, "%s", text);
}

/* Adds text plain where no reader could take it for anything else, else in double quotes. */
static void add_text(const char *text, locl_text *out)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-";
    if (text[0] && text[0] != '-' && strspn(text, plain) == strlen(text)) {
        locl_text_add(out, "%s", text);
        return;
    }
    locl_text_add(out, "\"");
    for (const char *c = text, *start = c; *c; start = c) {
        int32_t code = locl_utf8_next(&c);
        if (code == '"' || code == '\\') {
            locl_text_add(out, "\\%c", (int)code);
        } else if (code > 0 &&
                   locl_utf8_invisible(code)) { /* YAML refuses some of these, and folds line ends */
            locl_text_add(out, "\\U%08x", (unsigned)code);
        } else {
            locl_text_add_bytes(out, start, (size_t)(c - start));
        }
    }
    locl_text_add(out, "\"");
}

static void add_record(const locl_key_record *record, const void *entry, locl_text *out)
{
    const char *separator = "{";
    if (record->shorthand && locl_key_is_set(record->shorthand, entry)) {
        locl_key_value(record->shorthand, entry, out);
        return;
    }
    for (const locl_key *key = record->keys; key->path; key++) {
        if (locl_key_is_set(key, entry)) {
            locl_text_add(out, "%s%s: ", separator, key->path);
            locl_key_value(key, entry, out);
            separator = ", ";
        }
    }
    locl_text_add(out, "%s}", separator[0] == '{' ? "{" : "");
}

static void add_list(const locl_key *key, const void *base, locl_text *out)
{
    const void *values = field(key, base);
    bool single = key->unbracketed && list_count(key, base) == 1;
    locl_text_add(out, "%s", single ? "" : "[");
    for (size_t i = 0; i < list_count(key, base); i++) {
        locl_text_add(out, "%s", i ? ", " : "");
        if (key->type == LOCL_KEY_UNSIGNED_LIST) {
            locl_text_add(out, "%u", ((const unsigned *)values)[i]);
        } else if (key->type == LOCL_KEY_NUMBER_LIST) {
            add_number(((const double *)values)[i], out);
        } else {
            const char *entries = *(const char *const *)values;
            add_record(key->record, entries + i * key->record->size, out);
        }
    }
    locl_text_add(out, "%s", single ? "" : "]");
}

/* Adds a path so that it reads back as the same one: where it begins with "~" or "$" after "./". */
static void add_path(const char *path, size_t length, locl_text *out)
{
    locl_text whole = {0};
    locl_text_add(&whole, "%s%.*s", path[0] == '~' || path[0] == '$' ? "./" : "", (int)length, path);
    if (whole.failed) {
        out->failed = true;
    } else {
        add_text(whole.data, out);
    }
    locl_text_free(&whole);
}

/* Whether a text is more than one line, none of them empty. */
static bool is_several(const char *text)
{
    return strchr(text, '\n') && text[0] != '\n' && text[strlen(text) - 1] != '\n' && !strstr(text, "\n\n");
}

/* Adds the lines of a field as a list; one that is a single path as it is. */
static void add_paths(const char *text, locl_text *out)
{
    if (!is_several(text)) {
        add_path(text, strlen(text), out);
        return;
    }
    const char *separator = "[";
    for (size_t length; *text; text += length + (text[length] == '\n')) {
        length = strcspn(text, "\n");
        locl_text_add(out, "%s", separator);
        add_path(text, length, out);
        separator = ", ";
    }
    locl_text_add(out, "]");
}

static void add_text_of(const locl_key *key, const char *text, locl_text *out)
{
    if (key->many) {
        add_paths(text, out);
    } else if (key->is_path) {
        add_path(text, strlen(text), out);
    } else {
        add_text(text, out);
    }
}

void locl_key_value(const locl_key *key, const void *base, locl_text *out)
{
    const void *value = field(key, base);
    switch (key->type) {
    case LOCL_KEY_BOOL:
        locl_text_add(out, "%s", *(const bool *)value ? "true" : "false");
        break;
    case LOCL_KEY_UNSIGNED:
        locl_text_add(out, "%u", *(const unsigned *)value);
        break;
    case LOCL_KEY_WIDE:
        locl_text_add(out, "%" PRIu64, *(const uint64_t *)value);
        break;
    case LOCL_KEY_INT:
        locl_text_add(out, "%d", *(const int *)value);
        break;
    case LOCL_KEY_NUMBER:
        add_number(*(const double *)value, out);
        break;
    case LOCL_KEY_CHOICE: {
        int index;
        memcpy(&index, value, sizeof index);
        locl_text_add(out, "%s", key->choices[index]);
        break;
    }
    case LOCL_KEY_TEXT:
        add_text_of(key, value, out);
        break;
    case LOCL_KEY_UNSIGNED_LIST:
    case LOCL_KEY_NUMBER_LIST:
    case LOCL_KEY_RECORDS:
        add_list(key, base, out);
        break;
    }
}

static void add_integers(const locl_key *key, locl_text *out)
{
    locl_text_add(out, "from %" PRIu64 " to %" PRIu64, key->low, key->high);
}

static void add_numbers(const locl_key *key, locl_text *out)
{
    locl_text_add(out, "from ");
    add_number(key->from, out);
    locl_text_add(out, " to %s", key->open_to ? "less than " : "");
    add_number(key->to, out);
}

static void add_choices(const locl_key *key, locl_text *out)
{
    for (size_t i = 0; key->choices[i]; i++) {
        locl_text_add(out, "%s%s", i == 0 ? "one of " : ", ", key->choices[i]);
    }
}

static void add_list_allowed(const locl_key *key, const char *of, locl_text *out)
{
    if (key->least == key->capacity) {
        locl_text_add(out, "a list of %zu %s", key->capacity, of);
    } else {
        locl_text_add(out, "a list of %zu to %zu %s", key->least, key->capacity, of);
    }
}

void locl_key_allowed(const locl_key *key, locl_text *out)
{
    switch (key->type) {
    case LOCL_KEY_BOOL:
        locl_text_add(out, "true or false");
        break;
    case LOCL_KEY_UNSIGNED:
    case LOCL_KEY_WIDE:
    case LOCL_KEY_INT:
        locl_text_add(out, "an integer ");
        add_integers(key, out);
        break;
    case LOCL_KEY_NUMBER:
        locl_text_add(out, "a number ");
        add_numbers(key, out);
        break;
    case LOCL_KEY_CHOICE:
        add_choices(key, out);
        break;
    case LOCL_KEY_TEXT:
        if (key->choices) {
            add_choices(key, out);
        } else {
            locl_text_add(out, "text of 1 to %zu bytes%s", key->size - 1,
                          key->many ? ", or a list of such" : "");
        }
        break;
    case LOCL_KEY_UNSIGNED_LIST:
        add_list_allowed(key, "integers ", out);
        add_integers(key, out);
        break;
    case LOCL_KEY_NUMBER_LIST:
        if (!key->unbracketed) {
            add_list_allowed(key, "numbers ", out);
        } else if (key->capacity == 1) {
            locl_text_add(out, "a number ");
        } else {
            locl_text_add(out, "a number, or a list of up to %zu, ", key->capacity);
        }
        add_numbers(key, out);
        break;
    case LOCL_KEY_RECORDS:
        if (key->record->shorthand) {
            locl_text_add(out, "text, a mapping, or ");
        } else if (key->empty) {
            locl_text_add(out, "%s or ", key->empty);
        }
        add_list_allowed(key, key->record->shorthand ? "of these" : "mappings", out);
        break;
    }
}

void locl_schema_release(const locl_key *keys, void *base)
{
    for (const locl_key *key = keys; key->path; key++) {
        if (key->type == LOCL_KEY_RECORDS) {
            void **entries = (void **)(void *)((char *)base + key->offset);
            free(*entries);
            *entries = NULL;
        }
    }
}
