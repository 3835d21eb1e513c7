#include "data/problems.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LAST "\xff" /* sorts behind all paths */

static void free_problem(locl_data_problem *problem)
{
    free(problem->at);
    free(problem->error);
}

/* Returns the place for a problem of `at`. Problems of one path stay in the order of finding. */
static size_t place_of(const locl_data_problems *problems, const char *at)
{
    size_t i = problems->count;
    while (i > 0 && strcmp(problems->kept[i - 1].at, at) > 0) {
        i--;
    }
    return i;
}

static locl_status keep(locl_data_problems *problems, const char *at, const locl_error *found)
{
    size_t place = place_of(problems, at), last = problems->count;
    if (place == LOCL_DATA_PROBLEMS_KEPT) {
        return LOCL_OK;
    }
    locl_data_problem new = {strdup(at), malloc(sizeof *new.error)};
    if (!new.at || !new.error) {
        free_problem(&new);
        return LOCL_E_MEMORY;
    }
    *new.error = *found;
    if (last == LOCL_DATA_PROBLEMS_KEPT) {
        free_problem(&problems->kept[--last]);
    }
    memmove(&problems->kept[place + 1], &problems->kept[place], (last - place) * sizeof new);
    problems->kept[place] = new;
    problems->count = last + 1;
    return LOCL_OK;
}

locl_status locl_data_problems_take(locl_data_problems *problems, const char *at, locl_status status,
                                    const locl_error *found, locl_error *err)
{
    if (status == LOCL_E_DATA) {
        problems->total++;
        return keep(problems, at, found) == LOCL_OK ? LOCL_OK : locl_fail_memory(err, sizeof *found);
    }
    if (status != LOCL_OK && err) {
        *err = *found;
    }
    return status;
}

void locl_data_problems_clear(locl_data_problems *problems)
{
    for (size_t i = 0; i < problems->count; i++) {
        free_problem(&problems->kept[i]);
    }
    *problems = (locl_data_problems){0};
}

locl_status locl_data_problems_move(locl_data_problems *problems, locl_data_problems *from, locl_error *err)
{
    locl_status status = LOCL_OK;
    problems->total += from->total;
    for (size_t i = 0; i < from->count && status == LOCL_OK; i++) {
        status = keep(problems, from->kept[i].at, from->kept[i].error);
    }
    locl_data_problems_clear(from);
    return status == LOCL_OK ? LOCL_OK : locl_fail_memory(err, sizeof(locl_error));
}

/* Describes an error in one line without the path of the headline, cut at `most` bytes between characters. */
static void describe(const locl_error *error, const char *root, char *line, size_t most)
{
    char whole[sizeof error->where + sizeof error->message + 2];
    size_t length = strlen(root);
    snprintf(whole, sizeof whole, "%s%s%s", error->where, error->where[0] ? ": " : "", error->message);
    const char *text = whole;
    if (length && strncmp(text, root, length) == 0 && (text[length] == ':' || text[length] == '/')) {
        text += length;
        text += strspn(text, text[0] == ':' ? ": " : "/");
    }
    size_t used = (size_t)snprintf(line, most, "%s", text);
    if (used >= most) {
        for (used = most - 4; ((unsigned char)line[used] & 0xC0) == 0x80; used--) {
        }
        strcpy(line + used, "...");
    }
    for (; *line; line++) {
        *line = iscntrl((unsigned char)*line) ? '?' : *line;
    }
}

/* Adds each remedy once, as many as fit. */
static void add_remedies(const locl_data_problems *problems, locl_error *err)
{
    char all[sizeof err->remedy] = "";
    size_t used = 0;
    for (size_t i = 0; i < problems->count; i++) {
        const char *remedy = problems->kept[i].error->remedy;
        if (remedy[0] && !strstr(all, remedy) && used + strlen(remedy) + 3 < sizeof all) {
            used += (size_t)snprintf(all + used, sizeof all - used, "%s%s", used ? "; " : "", remedy);
        }
    }
    if (used) {
        locl_remedy(err, "%s", all);
    }
}

static locl_status report(const locl_data_problems *problems, const char *root, locl_error *err)
{
    enum { TAIL = 32 }; /* for "and 4000000 more" */
    char message[sizeof err->message], line[sizeof err->message];
    if (problems->total == 1) {
        if (err) {
            *err = *problems->kept[0].error;
        }
        return LOCL_E_DATA;
    }
    size_t used = (size_t)snprintf(message, sizeof message, "%.500s has %zu problems", root, problems->total);
    size_t most = (sizeof message - used - TAIL) / LOCL_DATA_PROBLEMS_KEPT - 3;
    for (size_t i = 0; i < problems->count; i++) {
        describe(problems->kept[i].error, root, line, most);
        used += (size_t)snprintf(message + used, sizeof message - used, "\n  %s", line);
    }
    if (problems->count < problems->total) {
        snprintf(message + used, sizeof message - used, "\n  and %zu more",
                 problems->total - problems->count);
    }
    locl_fail(err, LOCL_E_DATA, "%s", message);
    add_remedies(problems, err);
    return LOCL_E_DATA;
}

locl_status locl_data_problems_end(locl_data_problems *problems, const char *root, locl_status status,
                                   locl_error *err)
{
    locl_error last = {0};
    if (err && status != LOCL_OK) {
        last = *err;
    }
    if (problems->total && status == LOCL_E_DATA) {
        status = locl_data_problems_take(problems, LAST, status, &last, err); /* mostly due to these */
    }
    if (problems->total && status == LOCL_OK) {
        status = report(problems, root, err);
    }
    locl_data_problems_clear(problems);
    return status;
}
