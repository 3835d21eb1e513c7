#include "data/source.h"

#include "data/archive.h"

#include "base/file.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { DEEPEST = 8 };

locl_status locl_source_add(locl_source *source, const char *name, locl_member **out, locl_error *err)
{
    if ((source->count & (source->count - 1)) == 0) { /* full at every power of two */
        size_t capacity = source->count ? source->count * 2 : 1;
        locl_member *members = realloc(source->members, capacity * sizeof *members);
        if (!members) {
            return locl_fail_memory(err, capacity * sizeof *members);
        }
        source->members = members;
    }
    *out = &source->members[source->count];
    **out = (locl_member){.name = strdup(name)};
    if (!(*out)->name) {
        return locl_fail_memory(err, strlen(name) + 1);
    }
    source->count++;
    return LOCL_OK;
}

static locl_status list_folder(locl_source *source, const char *inside, unsigned depth,
                               locl_member_filter filter, void *user, locl_error *err);

/* `name` is relative to the source's path. */
static locl_status list_one(locl_source *source, char *name, size_t capacity, unsigned depth,
                            locl_member_filter filter, void *user, locl_error *err)
{
    char path[LOCL_DATA_PATH];
    struct stat info;
    locl_member *member;
    snprintf(path, sizeof path, "%s/%s", source->path, name);
    if (stat(path, &info)) {
        return locl_fail_errno(err, LOCL_E_DATA, "read", path);
    }
    bool folder = S_ISDIR(info.st_mode);
    if (folder && strlen(name) + 1 < capacity) {
        strcat(name, "/");
    }
    if (filter(user, name) == LOCL_MEMBER_SKIP) {
        return LOCL_OK;
    }
    if (!folder && !S_ISREG(info.st_mode)) {
        return locl_fail(err, LOCL_E_DATA, "%s is no regular file", path);
    }
    LOCL_TRY(locl_source_add(source, name, &member, err));
    return folder ? list_folder(source, name, depth + 1, filter, user, err) : LOCL_OK;
}

static locl_status list_folder(locl_source *source, const char *inside, unsigned depth,
                               locl_member_filter filter, void *user, locl_error *err)
{
    char path[LOCL_DATA_PATH], name[LOCL_DATA_PATH];
    locl_status status = LOCL_OK;
    const struct dirent *entry;
    snprintf(path, sizeof path, "%s/%s", source->path, inside);
    if (depth > DEEPEST) {
        return locl_fail(err, LOCL_E_DATA, "%s: folders are nested deeper than %d", path, DEEPEST);
    }
    DIR *folder = opendir(path);
    if (!folder) {
        return locl_fail_errno(err, LOCL_E_DATA, "read", path);
    }
    while (status == LOCL_OK && (entry = readdir(folder))) {
        if (entry->d_name[0] == '.') {
            continue;
        }
        if (strlen(path) + strlen(entry->d_name) + 3 > sizeof path) {
            status = locl_fail(err, LOCL_E_DATA, "%s%s: the path is too long", path, entry->d_name);
        } else {
            snprintf(name, sizeof name, "%s%s", inside, entry->d_name);
            status = list_one(source, name, sizeof name, depth, filter, user, err);
        }
    }
    closedir(folder);
    return status;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const locl_member *)a)->name, ((const locl_member *)b)->name);
}

/* Folders may come twice in an archive, files not. */
static locl_status sort(locl_source *source, locl_error *err)
{
    if (source->count) {
        qsort(source->members, source->count, sizeof *source->members, compare_names);
    }
    for (size_t i = 1; i < source->count; i++) {
        const char *name = source->members[i].name;
        if (strcmp(name, source->members[i - 1].name) == 0 && name[strlen(name) - 1] != '/') {
            return locl_fail(err, LOCL_E_DATA, "%s holds %s twice", source->path, name);
        }
    }
    return LOCL_OK;
}

locl_status locl_source_open(const char *path, const locl_data_options *options, locl_member_filter filter,
                             void *user, locl_source *out, locl_error *err)
{
    struct stat info;
    locl_status status;
    *out = (locl_source){0};
    if (stat(path, &info)) {
        return locl_fail_errno(err, LOCL_E_DATA, "read", path);
    }
    out->folder = S_ISDIR(info.st_mode);
    out->path = strdup(path);
    if (!out->path) {
        status = locl_fail_memory(err, strlen(path) + 1);
        goto fail;
    }
    if (out->folder) {
        LOCL_TRY_GOTO(status, list_folder(out, "", 0, filter, user, err));
    } else if (S_ISREG(info.st_mode)) {
        LOCL_TRY_GOTO(status, locl_archive_read(out, options, filter, user, err));
    } else {
        status = locl_fail(err, LOCL_E_DATA, "%s is neither a folder nor a file", path);
        goto fail;
    }
    LOCL_TRY_GOTO(status, sort(out, err));
    return LOCL_OK;
fail:
    locl_source_close(out);
    return status;
}

locl_status locl_source_load(const locl_source *source, locl_member *member, locl_error *err)
{
    if (member->bytes) {
        return LOCL_OK;
    }
    char path[LOCL_DATA_PATH], *content;
    snprintf(path, sizeof path, "%s/%s", source->path, member->name);
    LOCL_TRY(locl_file_read(path, LOCL_ARCHIVE_LARGEST_MEMBER, LOCL_E_DATA, &content, &member->size, err));
    member->bytes = (uint8_t *)content;
    return LOCL_OK;
}

void locl_source_drop(locl_member *member)
{
    free(member->bytes);
    member->bytes = NULL;
}

void locl_source_close(locl_source *source)
{
    for (size_t i = 0; i < source->count; i++) {
        free(source->members[i].name);
        free(source->members[i].bytes);
    }
    free(source->members);
    free(source->path);
    *source = (locl_source){0};
}
