#include "yaml/problems.h"

#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void locl_position_text(const locl_position *at, locl_text *out)
{
    if (at->line) {
        locl_text_add(out, "%.500s:%zu:%zu", at->source, at->line, at->column);
    } else {
        locl_text_add(out, "%.500s", at->source);
    }
}

bool locl_problems_full(const locl_problems *problems)
{
    return problems->count == LOCL_PROBLEMS_KEPT;
}

/* Whether the source names the key, as "--set data.batch=abc" names data.batch. */
static bool source_names(const locl_position *at, const char *key)
{
    static const char option[] = "--set ";
    size_t length = strlen(key);
    return at->line == 0 && strncmp(at->source, option, sizeof option - 1) == 0 &&
           strncmp(at->source + sizeof option - 1, key, length) == 0 &&
           at->source[sizeof option - 1 + length] == '=';
}

void locl_problems_add(locl_problems *problems, const locl_position *at, const char *key, const char *format,
                       ...)
{
    locl_text text = {0};
    char message[1024];
    va_list args;
    problems->total++;
    if (locl_problems_full(problems)) {
        return;
    }
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    locl_position_text(at, &text);
    if (key[0] && !source_names(at, key)) {
        locl_text_add(&text, ": %.100s", key);
    }
    locl_text_add(&text, ": %s", message);
    locl_text shown = {0};
    locl_utf8_add_visible(&shown, text.failed ? "" : text.data);
    locl_text_free(&text);
    char *name = strdup(key);
    if (shown.failed || !name) {
        locl_text_free(&shown);
        free(name);
        return;
    }
    problems->kept[problems->count++] =
        (locl_config_problem){.key = name, .text = shown.data, .line = at->line};
}

void locl_problems_add_value(locl_problems *problems, const locl_position *at, const char *key,
                             const char *found, const char *allowed)
{
    if (source_names(at, key)) {
        locl_problems_add(problems, at, key, "should be %s", allowed);
    } else {
        locl_problems_add(problems, at, key, "found %s, should be %s", found, allowed);
    }
}

/* Whether `outer` holds `key`: "model" holds "model" and "model.blocks", "devices" also "devices[0]". */
static bool holds(const char *outer, const char *key)
{
    size_t length = strlen(outer);
    return length > 0 && strncmp(key, outer, length) == 0 && (!key[length] || strchr(".[", key[length]));
}

bool locl_problems_touch(const locl_problems *problems, const char *key)
{
    for (size_t i = 0; i < problems->count; i++) {
        if (holds(key, problems->kept[i].key) || holds(problems->kept[i].key, key)) {
            return true;
        }
    }
    return false;
}

/* Sorts by line. Problems of one line stay in the order of finding. */
static void sort_by_line(locl_config_problem *list, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        locl_config_problem moved = list[i];
        size_t j = i;
        for (; j > 0 && list[j - 1].line > moved.line; j--) {
            list[j] = list[j - 1];
        }
        list[j] = moved;
    }
}

locl_status locl_problems_report(locl_problems *problems, locl_error *err)
{
    enum { TAIL = 32 }; /* for "and 4000000 more" */
    char message[sizeof err->message];
    size_t shown = 0;
    if (problems->total == 0) {
        return LOCL_OK;
    }
    if (problems->count == 0) {
        return locl_fail_memory(err, sizeof message);
    }
    if (problems->total == 1) {
        return locl_fail(err, LOCL_E_CONFIG, "%s", problems->kept[0].text);
    }
    sort_by_line(problems->kept, problems->count);
    size_t used = (size_t)snprintf(message, sizeof message, "%zu problems", problems->total);
    for (; shown < problems->count; shown++) {
        size_t length = strlen(problems->kept[shown].text);
        if (used + length + TAIL > sizeof message) {
            break;
        }
        used += (size_t)snprintf(message + used, sizeof message - used, "\n  %s", problems->kept[shown].text);
    }
    if (shown < problems->total) {
        snprintf(message + used, sizeof message - used, "\n  and %zu more", problems->total - shown);
    }
    return locl_fail(err, LOCL_E_CONFIG, "%s", message);
}

void locl_problems_free(locl_problems *problems)
{
    for (size_t i = 0; i < problems->count; i++) {
        free(problems->kept[i].key);
        free(problems->kept[i].text);
    }
    *problems = (locl_problems){0};
}
