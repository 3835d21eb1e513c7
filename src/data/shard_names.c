#include "data/shard_names.h"

#include "data/junk.h"
#include "data/shard_range.h"

#include "base/file.h"
#include "base/list.h"
#include "base/text.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

typedef enum kind { KIND_TRAIN, KIND_TEST, KIND_VAL, KIND_NONE } kind;

/* A shard while they are looked for. */
typedef struct found {
    char *path;
    kind kind;
    bool by_folder; /* the name of its folder tells the kind, not its own */
    dev_t device;
    ino_t file;
} found;

typedef struct search {
    locl_data_problems *problems;
    found *list;
    size_t count;
} search;

void locl_shard_names_check(const char *path, locl_option_sink *sink)
{
    locl_brace brace;
    size_t shards = 1; /* that the braces of one path stand for so far */
    for (; locl_brace_find(path, &brace); path = brace.close + 1) {
        int length = (int)(brace.close - brace.open + 1);
        bool another = memchr(path, LOCL_DATA_PATHS_SEPARATOR, (size_t)(brace.open - path));
        size_t before = another ? 1 : shards, count = locl_brace_count(&brace);
        shards = before * (count < LOCL_SHARDS_MOST ? count : LOCL_SHARDS_MOST);
        if (brace.range && brace.first > brace.last) {
            locl_option_report(sink, "data.path", "%.*s runs backwards, should be {%0*lu..%0*lu}", length,
                               brace.open, brace.width, brace.last, brace.width, brace.first);
        } else if (count > LOCL_SHARDS_MOST || shards > LOCL_SHARDS_MOST) {
            locl_option_report(sink, "data.path", "%.*s%s more than %d shards", length, brace.open,
                               before > 1 ? " and the braces before it stand for" : " stands for",
                               LOCL_SHARDS_MOST);
            return;
        }
    }
}

/* Returns what a word says about the split. */
static kind kind_of_word(const char *word, size_t length)
{
    static const struct {
        const char *word;
        kind kind;
    } words[] = {{"train", KIND_TRAIN}, {"training", KIND_TRAIN}, {"test", KIND_TEST},   {"val", KIND_VAL},
                 {"valid", KIND_VAL},   {"validation", KIND_VAL}, {"validate", KIND_VAL}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strlen(words[i].word) == length && !strncasecmp(words[i].word, word, length)) {
            return words[i].kind;
        }
    }
    return KIND_NONE;
}

/* Returns what the first word of `length` bytes says that says something. */
static kind kind_of(const char *text, size_t length)
{
    kind told = KIND_NONE;
    for (size_t at = 0, end; at < length && told == KIND_NONE; at = end + 1) {
        for (end = at; end < length && isalpha((unsigned char)text[end]); end++) {
        }
        told = kind_of_word(text + at, end - at);
    }
    return told;
}

static void tell_kind(found *shard)
{
    const char *name = strrchr(shard->path, '/'), *folder;
    name = name ? name + 1 : shard->path;
    shard->kind = kind_of(name, strlen(name));
    if (shard->kind == KIND_NONE && name > shard->path) {
        for (folder = name - 1; folder > shard->path && folder[-1] != '/'; folder--) {
        }
        shard->kind = kind_of(folder, (size_t)(name - 1 - folder));
        shard->by_folder = shard->kind != KIND_NONE;
    }
}

static locl_status take(search *s, const char *at, const locl_error *problem, locl_error *err)
{
    return locl_data_problems_take(s->problems, at, LOCL_E_DATA, problem, err);
}

/* Adds a file. */
static locl_status add(void *user, const char *path, locl_error *err)
{
    search *s = user;
    struct stat info;
    locl_error problem;
    if (stat(path, &info)) {
        locl_fail_errno(&problem, LOCL_E_DATA, "read", path);
        locl_remedy(&problem, "get the missing shards, or take them out of data.path");
        return take(s, path, &problem, err);
    }
    if (!S_ISREG(info.st_mode)) {
        locl_fail(&problem, LOCL_E_DATA, "%s is no regular file", path);
        return take(s, path, &problem, err);
    }
    found *list = locl_list_room(s->list, s->count, sizeof *list, err);
    if (!list) {
        return LOCL_E_MEMORY;
    }
    s->list = list;
    found *shard = &s->list[s->count];
    *shard = (found){.path = strdup(path), .device = info.st_dev, .file = info.st_ino};
    if (!shard->path) {
        return locl_fail_memory(err, strlen(path) + 1);
    }
    s->count++;
    tell_kind(shard);
    return LOCL_OK;
}

/* Whether a file of that name counts as a shard: a tar archive, also a compressed one, which is an error later. */
static bool is_shard(const char *name)
{
    static const char *const endings[] = {".tar",     ".tar.gz",  ".tgz",     ".tar.xz", ".txz",
                                          ".tar.bz2", ".tar.zst", ".tar.lz4", NULL};
    size_t length = strlen(name);
    for (const char *const *ending = endings; *ending; ending++) {
        size_t end = strlen(*ending);
        if (length > end && !strcasecmp(name + length - end, *ending)) {
            return !locl_is_junk(name);
        }
    }
    return false;
}

/* Makes a problem of numbers that lack between two names that differ in one number only. */
static locl_status check_hole(search *s, const char *before, const char *after, locl_error *err)
{
    size_t start = 0;
    locl_error problem;
    while (before[start] && before[start] == after[start]) {
        start++;
    }
    while (start > 0 && isdigit((unsigned char)before[start - 1])) {
        start--;
    }
    size_t width = strspn(before + start, "0123456789");
    if (!width || width > 9 || strspn(after + start, "0123456789") != width ||
        strcmp(before + start + width, after + start + width) != 0) {
        return LOCL_OK;
    }
    unsigned long first = strtoul(before + start, NULL, 10), last = strtoul(after + start, NULL, 10);
    if (last <= first + 1) {
        return LOCL_OK;
    }
    locl_fail(&problem, LOCL_E_DATA, "%.*s%0*lu%s is missing%s", (int)start, before, (int)width, first + 1,
              before + start + width, last > first + 2 ? ", and others after it" : "");
    locl_remedy(&problem, "get the missing shards, or give data.path as a list of those that are to be used");
    return take(s, after, &problem, err);
}

/* In any locale. */
static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* Adds the shards right in a folder, sorted. */
static locl_status add_folder(search *s, const char *folder, locl_error *err)
{
    struct dirent **entries;
    size_t first = s->count;
    locl_status status = LOCL_OK;
    int count = scandir(folder, &entries, NULL, by_bytes);
    if (count < 0) {
        return locl_fail_errno(err, LOCL_E_DATA, "read", folder);
    }
    for (int i = 0; i < count; i++) {
        char path[LOCL_DATA_PATH];
        if (status == LOCL_OK && is_shard(entries[i]->d_name) &&
            snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name) < (int)sizeof path) {
            status = add(s, path, err);
        }
        free(entries[i]);
    }
    free(entries);
    for (size_t i = first + 1; i < s->count && status == LOCL_OK; i++) {
        status = check_hole(s, s->list[i - 1].path, s->list[i].path, err);
    }
    return status;
}

/* Adds the shards of a folder, and of those in it that are named as a split. */
static locl_status add_folders(search *s, const char *folder, locl_error *err)
{
    static const char *const splits[] = {"train", "test", "val", "validation", NULL};
    size_t length = strlen(folder);
    while (length > 1 && folder[length - 1] == '/') {
        length--;
    }
    char path[LOCL_DATA_PATH];
    snprintf(path, sizeof path, "%.*s", (int)length, folder);
    LOCL_TRY(add_folder(s, path, err));
    for (const char *const *split = splits; *split; split++) {
        snprintf(path, sizeof path, "%.*s/%s", (int)length, folder, *split);
        if (locl_file_is_folder(path)) {
            LOCL_TRY(add_folder(s, path, err));
        }
    }
    return LOCL_OK;
}

/* Adds what one text of data.path means: a folder, a file, or braces. */
static locl_status add_text(search *s, const char *text, locl_error *err)
{
    if (locl_file_is_folder(text)) {
        return add_folders(s, text, err);
    }
    return locl_file_exists(text) ? add(s, text, err) : locl_brace_expand(text, add, s, err);
}

static locl_status add_all(search *s, const char *path, locl_error *err)
{
    char text[LOCL_DATA_PATH];
    while (*path) {
        size_t length = strcspn(path, "\n");
        if (length >= sizeof text) {
            return locl_fail(err, LOCL_E_DATA, "%.1024s: the path is too long", path);
        }
        snprintf(text, sizeof text, "%.*s", (int)length, path);
        LOCL_TRY(add_text(s, text, err));
        path += length + (path[length] == LOCL_DATA_PATHS_SEPARATOR);
    }
    return LOCL_OK;
}

static int compare_files(const void *a, const void *b)
{
    const found *x = *(const found *const *)a, *y = *(const found *const *)b;
    if (x->device != y->device) {
        return x->device < y->device ? -1 : 1;
    }
    if (x->file != y->file) {
        return x->file < y->file ? -1 : 1;
    }
    return strcmp(x->path, y->path);
}

/* Makes problems of files that come twice, also under two names. */
static locl_status check_twice(search *s, locl_error *err)
{
    const found **sorted = malloc((s->count + 1) * sizeof *sorted);
    locl_status status = LOCL_OK;
    if (!sorted) {
        return locl_fail_memory(err, s->count * sizeof *sorted);
    }
    for (size_t i = 0; i < s->count; i++) {
        sorted[i] = &s->list[i];
    }
    qsort(sorted, s->count, sizeof *sorted, compare_files);
    for (size_t i = 1; i < s->count && status == LOCL_OK; i++) {
        const found *one = sorted[i - 1], *other = sorted[i];
        locl_error problem;
        if (one->device != other->device || one->file != other->file) {
            continue;
        }
        bool same = strcmp(one->path, other->path) == 0;
        locl_fail(&problem, LOCL_E_DATA, "%s comes twice%s%s", other->path, same ? "" : ", also as ",
                  same ? "" : one->path);
        locl_remedy(&problem, "take one of them out of data.path");
        status = take(s, other->path, &problem, err);
    }
    free(sorted);
    return status;
}

static bool has(const search *s, kind wanted)
{
    for (size_t i = 0; i < s->count; i++) {
        if (s->list[i].kind == wanted) {
            return true;
        }
    }
    return false;
}

/* Settles which shards train. Folders do not tell where nothing would be left to train on. */
static void settle_kinds(search *s)
{
    bool none = !has(s, KIND_TRAIN) && !has(s, KIND_NONE);
    for (size_t i = 0; i < s->count; i++) {
        found *shard = &s->list[i];
        if (shard->kind == KIND_NONE || (none && shard->by_folder)) {
            shard->kind = KIND_TRAIN;
        }
    }
}

/* Moves what was found to `out`, but what `test` shards make needless. */
static locl_status hand_over(search *s, locl_shard_names *out, locl_error *err)
{
    bool tests = has(s, KIND_TEST);
    out->list = calloc(s->count + 1, sizeof *out->list);
    if (!out->list) {
        return locl_fail_memory(err, s->count * sizeof *out->list);
    }
    for (size_t i = 0; i < s->count; i++) {
        found *shard = &s->list[i];
        if (shard->kind != KIND_VAL || !tests) {
            out->list[out->count++] =
                (locl_shard){shard->path, shard->kind == KIND_TRAIN ? LOCL_SPLIT_TRAIN : LOCL_SPLIT_TEST};
            shard->path = NULL;
        }
    }
    return LOCL_OK;
}

locl_status locl_shard_names_find(const char *path, locl_data_problems *problems, locl_shard_names *out,
                                  locl_error *err)
{
    search s = {.problems = problems};
    locl_status status;
    *out = (locl_shard_names){0};
    LOCL_TRY_GOTO(status, add_all(&s, path, err));
    if (!s.count && !problems->total) {
        locl_fail(err, LOCL_E_DATA, "%s has no shards: files named .tar", path);
        status = locl_remedy(
            err, "data.path should be a folder of shards, a range such as train-{000..146}.tar, or a "
                 "list of these; a tree of images is data.name: folder");
        goto fail;
    }
    LOCL_TRY_GOTO(status, check_twice(&s, err));
    settle_kinds(&s);
    status = hand_over(&s, out, err);
fail:
    for (size_t i = 0; i < s.count; i++) {
        free(s.list[i].path);
    }
    free(s.list);
    return status;
}

void locl_shard_names_free(locl_shard_names *names)
{
    for (size_t i = 0; i < names->count; i++) {
        free(names->list[i].path);
    }
    free(names->list);
    *names = (locl_shard_names){0};
}
