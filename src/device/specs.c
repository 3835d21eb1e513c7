/* Reads lists of selectors, as in --device and LOCL_DEVICES. */
#include "device/select.h"

#include "device/entry_keys.h"
#include "device/selector.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Parses one entry of a list: `length` bytes of `text`, without the blanks around it. */
static locl_status parse_entry(const char *text, size_t length, locl_device_spec *out, locl_error *err)
{
    locl_selector ignored;
    while (length && isspace((unsigned char)*text)) {
        text++;
        length--;
    }
    while (length && isspace((unsigned char)text[length - 1])) {
        length--;
    }
    *out = locl_device_spec_text("");
    if (length >= sizeof out->text) {
        locl_fail(err, LOCL_E_CONFIG, "device selector \"%.40s...\": it is too long", text);
        return locl_remedy(err, "at most %zu bytes", sizeof out->text - 1);
    }
    snprintf(out->text, sizeof out->text, "%.*s", (int)length, text);
    return locl_selector_read(out->text, &ignored, err);
}

static locl_status parse_list(const char *text, locl_device_spec **out, size_t *count, locl_error *err)
{
    size_t most = 1;
    for (const char *at = text; *at; at++) {
        most += *at == ',';
    }
    locl_device_spec *specs = calloc(most, sizeof *specs);
    if (!specs) {
        return locl_fail_memory(err, most * sizeof *specs);
    }
    for (size_t i = 0; i < most; i++) {
        size_t length = strcspn(text, ",");
        locl_status status = parse_entry(text, length, &specs[i], err);
        if (status != LOCL_OK) {
            free(specs);
            return status;
        }
        text += length + (text[length] == ',');
    }
    *out = specs;
    *count = most;
    return LOCL_OK;
}

/* Entries that are read from YAML. */
typedef struct entries {
    locl_device_spec *list; /* [count], owned */
    size_t count;
} entries;

static const locl_key entries_keys[] = {
    {.path = "devices",
     .type = LOCL_KEY_RECORDS,
     .offset = offsetof(entries, list),
     .least = 1,
     .capacity = LOCL_ENTRIES,
     .counted = true,
     .count_offset = offsetof(entries, count),
     .record = &locl_device_record},
    {0},
};

/* Reads a tree whose root holds the list as "devices". */
static locl_status read_tree(const locl_yaml *yaml, entries *to, locl_problems *problems, locl_error *err)
{
    locl_givens givens = {0};
    locl_schema_reader reader = {.problems = problems, .givens = &givens};
    locl_status status = yaml->root ? locl_schema_read(entries_keys, to, "", yaml->root, &reader) : LOCL_OK;
    locl_givens_free(&givens);
    return status == LOCL_OK ? locl_problems_report(problems, err) : locl_fail_memory(err, sizeof *to);
}

static locl_status parse_yaml(const char *text, locl_device_spec **out, size_t *count, locl_error *err)
{
    locl_text whole = {0};
    locl_yaml yaml = {0};
    locl_problems problems = {0};
    entries read = {0};
    locl_status status;
    locl_text_add(&whole, "devices: %s", text);
    if (whole.failed) {
        status = locl_fail_memory(err, strlen(text));
        goto fail;
    }
    LOCL_TRY_GOTO(status, locl_yaml_parse(&yaml, "selector", NULL, whole.data, whole.length, &problems, err));
    LOCL_TRY_GOTO(status, read_tree(&yaml, &read, &problems, err));
    for (size_t i = 0; i < read.count; i++) {
        LOCL_TRY_GOTO(status, locl_device_spec_check(&read.list[i], err));
    }
    *out = read.list;
    *count = read.count;
    read.list = NULL;
fail:
    free(read.list);
    locl_problems_free(&problems);
    locl_yaml_free(&yaml);
    locl_text_free(&whole);
    return status;
}

locl_status locl_device_specs_parse(const char *text, locl_device_spec **out, size_t *count, locl_error *err)
{
    const char *start = text + strspn(text, " \t");
    *out = NULL;
    *count = 0;
    return *start == '{' || *start == '[' ? parse_yaml(start, out, count, err)
                                          : parse_list(text, out, count, err);
}
