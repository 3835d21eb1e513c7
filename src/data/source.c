#include "data/source.h"

#include "data/archive.h"
#include "data/junk.h"

#include "base/file.h"
#include "base/list.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEEPEST = 8 };

locl_status locl_source_add(locl_source *source, const char *name, locl_member **out, locl_error *err)
{
    locl_member *list = locl_list_room(source->members, source->count, sizeof *list, err);
    if (!list) {
        return LOCL_E_MEMORY;
    }
    source->members = list;
    *out = &source->members[source->count];
    **out = (locl_member){.name = strdup(name)};
    if (!(*out)->name) {
        return locl_fail_memory(err, strlen(name) + 1);
    }
    source->count++;
    return LOCL_OK;
}

locl_status locl_source_add_bad(locl_source *source, const char *name, locl_link_use use, locl_error *err)
{
    char text[LOCL_DATA_PATH];
    locl_member *member = NULL;
    if (use == LOCL_LINK_NOTHING) {
        return LOCL_OK;
    }
    snprintf(text, sizeof text, "%s%s", name, use == LOCL_LINK_FOLDER ? "/" : "");
    LOCL_TRY(locl_source_add(source, text, &member, err));
    member->bad = true;
    return LOCL_OK;
}

/* A folder that is being listed, and the folders that hold it. */
typedef struct chain {
    const struct chain *around;
    dev_t device;
    ino_t file;
    unsigned depth;
} chain;

typedef struct listing {
    const locl_source_request *request;
    locl_source *source;
} listing;

static bool holds(const chain *folders, const struct stat *info)
{
    for (; folders; folders = folders->around) {
        if (folders->device == info->st_dev && folders->file == info->st_ino) {
            return true;
        }
    }
    return false;
}

/* Adds a problem and a bad member for one that cannot be read. */
static locl_status take_bad(const listing *l, const char *name, locl_link_use use, const locl_error *found,
                            locl_error *err)
{
    LOCL_TRY(locl_data_problems_take(l->request->problems, name, LOCL_E_DATA, found, err));
    return locl_source_add_bad(l->source, name, use, err);
}

/* Handles a member that stat() cannot reach, mostly a link that leads to nothing. */
static locl_status list_broken(const listing *l, const char *name, const char *path, locl_error *err)
{
    char target[LOCL_DATA_PATH];
    int reason = errno;
    locl_error found;
    locl_link_use use = l->request->judge(l->request->user, name);
    ssize_t length = readlink(path, target, sizeof target - 1);
    if (use == LOCL_LINK_NOTHING) {
        return LOCL_OK;
    }
    if (length < 0) {
        errno = reason;
        locl_fail_errno(&found, LOCL_E_DATA, "read", path);
    } else {
        target[length] = '\0';
        locl_fail(&found, LOCL_E_DATA, "%s is a link to %s: %s", path, target, strerror(reason));
        locl_remedy(&found, "put there what the link leads to, or take the link away");
    }
    return take_bad(l, name, use, &found, err);
}

static locl_status list_folder(const listing *l, const char *inside, const chain *folders, locl_error *err);

static locl_status list_subfolder(const listing *l, const char *name, const char *path, const chain *around,
                                  const struct stat *info, locl_error *err)
{
    chain folders = {around, info->st_dev, info->st_ino, around->depth + 1};
    locl_error found;
    locl_member *member;
    if (holds(around, info)) {
        locl_fail(&found, LOCL_E_DATA, "%s leads back to a folder that holds it", path);
        locl_remedy(&found, "take the link away");
        return take_bad(l, name, LOCL_LINK_FILE, &found, err);
    }
    if (folders.depth > DEEPEST) {
        locl_fail(&found, LOCL_E_DATA, "%s: folders are nested deeper than %d", path, DEEPEST);
        return take_bad(l, name, LOCL_LINK_FILE, &found, err);
    }
    LOCL_TRY(locl_source_add(l->source, name, &member, err));
    member->changed = locl_file_changed(info);
    return list_folder(l, name, &folders, err);
}

/* Lists one member. `name` is relative to the path of the source, with room for a '/'. */
static locl_status list_one(const listing *l, char *name, const chain *folders, locl_error *err)
{
    char path[LOCL_DATA_PATH];
    struct stat info;
    locl_member *member;
    snprintf(path, sizeof path, "%s/%s", l->source->path, name);
    if (stat(path, &info)) {
        return list_broken(l, name, path, err);
    }
    bool folder = S_ISDIR(info.st_mode);
    if (folder) {
        strcat(name, "/");
    }
    if (l->request->filter(l->request->user, name) == LOCL_MEMBER_SKIP) {
        return LOCL_OK;
    }
    if (folder) {
        return list_subfolder(l, name, path, folders, &info, err);
    }
    if (!S_ISREG(info.st_mode)) {
        locl_error found;
        locl_fail(&found, LOCL_E_DATA, "%s is no regular file", path);
        return take_bad(l, name, LOCL_LINK_FILE, &found, err);
    }
    LOCL_TRY(locl_source_add(l->source, name, &member, err));
    member->size = (size_t)info.st_size;
    member->changed = locl_file_changed(&info);
    return LOCL_OK;
}

static locl_status blame_folder(const listing *l, const char *inside, const char *path,
                                const locl_error *found, locl_error *err)
{
    return inside[0] ? take_bad(l, inside, LOCL_LINK_FILE, found, err)
                     : locl_data_problems_take(l->request->problems, path, LOCL_E_DATA, found, err);
}

/* Returns the next entry, or NULL: at the end with errno 0, else where the file system failed. */
static const struct dirent *next_of(DIR *folder)
{
    errno = 0;
    return readdir(folder);
}

/* Lists the folder `inside`, which is "" or ends with '/'. */
static locl_status list_folder(const listing *l, const char *inside, const chain *folders, locl_error *err)
{
    char path[LOCL_DATA_PATH], name[LOCL_DATA_PATH];
    locl_status status = LOCL_OK;
    locl_error found;
    const struct dirent *entry;
    snprintf(path, sizeof path, "%s/%s", l->source->path, inside);
    DIR *folder = opendir(path);
    if (!folder) {
        locl_fail_errno(&found, LOCL_E_DATA, "read", path);
        return blame_folder(l, inside, path, &found, err);
    }
    while (status == LOCL_OK && (entry = next_of(folder))) {
        if (locl_is_junk(entry->d_name)) {
            continue;
        }
        if (strlen(path) + strlen(entry->d_name) + 3 > sizeof path) {
            locl_fail(&found, LOCL_E_DATA, "%.1024s%s: the path is too long", path, entry->d_name);
            status = locl_data_problems_take(l->request->problems, inside, LOCL_E_DATA, &found, err);
        } else {
            snprintf(name, sizeof name, "%s%s", inside, entry->d_name);
            status = list_one(l, name, folders, err);
        }
    }
    if (status == LOCL_OK && errno) { /* less than there is: not a shorter data set */
        locl_fail_errno(&found, LOCL_E_DATA, "read", path);
        status = blame_folder(l, inside, path, &found, err);
    }
    closedir(folder);
    return status;
}

int locl_source_compare(const void *a, const void *b)
{
    return strcmp(((const locl_member *)a)->name, ((const locl_member *)b)->name);
}

/* Sorts the members. A file that an archive holds twice is a problem; a folder may come twice. */
static locl_status sort(locl_source *source, locl_data_problems *problems, locl_error *err)
{
    if (source->count) {
        qsort(source->members, source->count, sizeof *source->members, locl_source_compare);
    }
    for (size_t i = 1; i < source->count; i++) {
        const char *name = source->members[i].name;
        if (strcmp(name, source->members[i - 1].name) == 0 && name[strlen(name) - 1] != '/') {
            locl_error found;
            locl_fail(&found, LOCL_E_DATA, "%s holds %s twice", source->path, name);
            LOCL_TRY(locl_data_problems_take(problems, name, LOCL_E_DATA, &found, err));
        }
    }
    return LOCL_OK;
}

locl_status locl_source_open(const locl_source_request *request, locl_source *out, locl_error *err)
{
    struct stat info;
    locl_status status;
    *out = (locl_source){0};
    if (stat(request->path, &info)) {
        return locl_fail_errno(err, LOCL_E_DATA, "read", request->path);
    }
    out->folder = S_ISDIR(info.st_mode);
    out->path = strdup(request->path);
    if (!out->path) {
        status = locl_fail_memory(err, strlen(request->path) + 1);
        goto fail;
    }
    if (out->folder) {
        const listing all = {request, out};
        const chain root = {NULL, info.st_dev, info.st_ino, 0};
        LOCL_TRY_GOTO(status, list_folder(&all, "", &root, err));
    } else if (S_ISREG(info.st_mode)) {
        LOCL_TRY_GOTO(status, locl_archive_read(request, out, err));
    } else {
        status = locl_fail(err, LOCL_E_DATA, "%s is neither a folder nor a file", request->path);
        goto fail;
    }
    LOCL_TRY_GOTO(status, sort(out, request->problems, err));
    return LOCL_OK;
fail:
    locl_source_close(out);
    return status;
}

/* Reads a member of a plain archive from where it is. */
static locl_status load_part(const locl_source *source, locl_member *member, locl_error *err)
{
    int fd = open(source->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return locl_fail_errno(err, LOCL_E_DATA, "read", source->path);
    }
    member->bytes = malloc(member->size + 1);
    locl_status status = member->bytes ? LOCL_OK : locl_fail_memory(err, member->size);
    if (status == LOCL_OK &&
        locl_file_read_at(fd, member->offset, member->bytes, member->size) != member->size) {
        status = locl_fail(err, LOCL_E_DATA, "%s: %s cannot be read: %s", source->path, member->name,
                           errno ? strerror(errno) : "the file is truncated");
        locl_source_drop(member);
    }
    close(fd);
    return status;
}

locl_status locl_source_load(const locl_source *source, locl_member *member, locl_error *err)
{
    if (member->bytes) {
        return LOCL_OK;
    }
    char path[LOCL_DATA_PATH], *content;
    if (!source->folder) {
        return load_part(source, member, err);
    }
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
