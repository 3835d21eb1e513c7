#include "data/shard_parts.h"

#include "data/archive.h"
#include "data/junk.h"
#include "data/tar_members.h"

#include "base/list.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

locl_status locl_shard_parts_blame(const locl_shard_parts *parts, const locl_shard_part *part,
                                   const char *remedy, locl_error *err, const char *format, ...)
{
    char text[512], at[LOCL_DATA_PATH];
    locl_error found;
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    locl_fail(&found, LOCL_E_DATA, "%s: %s", parts->path, text);
    locl_remedy(&found, "%s", remedy);
    snprintf(at, sizeof at, "%s:%s", parts->path, part->key);
    return locl_data_problems_take(parts->problems, at, LOCL_E_DATA, &found, err);
}

/* Whether that ending matters; *label says as what. */
static bool matters(const char *ending, bool *label)
{
    *label = strcasecmp(ending, "cls") == 0;
    return *label || !strcasecmp(ending, "jpg") || !strcasecmp(ending, "jpeg") || !strcasecmp(ending, "png");
}

static locl_status keep(locl_shard_parts *parts, const char *name, size_t key, const locl_shard_part *part,
                        locl_error *err)
{
    locl_shard_part *list = locl_list_room(parts->list, parts->count, sizeof *list, err);
    if (!list) {
        return LOCL_E_MEMORY;
    }
    parts->list = list;
    locl_shard_part *new = &parts->list[parts->count];
    *new = *part;
    new->key = strndup(name, key);
    new->ending = strdup(name + key + 1);
    parts->count++;
    return new->key &&new->ending ? LOCL_OK : locl_fail_memory(err, strlen(name) + 1);
}

static locl_status take_member(void *user, const locl_tar_member *member, locl_error *err)
{
    locl_shard_parts *parts = user;
    char name[LOCL_DATA_PATH];
    locl_shard_part part = {.offset = member->offset, .size = member->size};
    bool clean = locl_archive_clean(member->name, name, sizeof name);
    if (!clean) {
        snprintf(name, sizeof name, "%s", member->name); /* to tell of it */
    }
    const char *slash = strrchr(name, '/'), *dot = strchr(slash ? slash : name, '.');
    if ((clean && locl_is_junk(name)) || !dot || !matters(dot + 1, &part.label)) {
        return LOCL_OK;
    }
    if (!clean) {
        part.key = name;
        return locl_shard_parts_blame(parts, &part, "make the shard again, from inside of its folder", err,
                                      "%.300s is a name with '..', or too long", name);
    }
    if (!member->ordinary || member->size > LOCL_ARCHIVE_LARGEST_MEMBER) {
        part.key = name;
        return locl_shard_parts_blame(parts, &part, "store ordinary files only", err, "%.300s is %s", name,
                                      member->ordinary ? "larger than 256 MiB" : "a link or a special file");
    }
    return keep(parts, name, (size_t)(dot - name), &part, err);
}

static int compare_parts(const void *a, const void *b)
{
    const locl_shard_part *x = a, *y = b;
    int order = strcmp(x->key, y->key);
    if (order || x->label != y->label) {
        return order ? order : x->label - y->label;
    }
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

locl_status locl_shard_parts_collect(locl_shard_parts *parts, locl_error *err)
{
    LOCL_TRY(locl_tar_visit(parts->path, take_member, parts, err));
    if (parts->count) {
        qsort(parts->list, parts->count, sizeof *parts->list, compare_parts);
    }
    return LOCL_OK;
}

void locl_shard_parts_free(locl_shard_parts *parts)
{
    for (size_t i = 0; i < parts->count; i++) {
        free(parts->list[i].key);
        free(parts->list[i].ending);
    }
    free(parts->list);
    parts->list = NULL;
    parts->count = 0;
}
