/* Follows hard and symbolic links in an archive. What they lead to is read as if it were stored under their
 * names, as from the folder that the archive was made of. */
#include "data/archive.h"

#include "base/list.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_HOPS = 40 };

/* Computes the name in the archive that a symbolic link called `name` leads to. False: out of the archive. */
static bool resolve(const char *name, const char *target, char *out, size_t capacity)
{
    const char *slash = strrchr(name, '/');
    size_t used = slash ? (size_t)(slash - name) : 0;
    if (target[0] == '/' || used + strlen(target) + 2 > capacity) {
        return false;
    }
    memcpy(out, name, used);
    while (*target) {
        size_t length = strcspn(target, "/");
        if (length == 2 && target[0] == '.' && target[1] == '.') {
            if (!used) {
                return false;
            }
            while (used > 0 && out[--used] != '/') {
            }
        } else if (length && !(length == 1 && target[0] == '.')) {
            if (used) {
                out[used++] = '/';
            }
            memcpy(out + used, target, length);
            used += length;
        }
        target += length + (target[length] == '/');
    }
    out[used] = '\0';
    return used > 0;
}

locl_status locl_archive_links_add(locl_archive_links *links, const char *name, const char *target,
                                   locl_archive_link_kind kind, locl_member_use use, locl_error *err)
{
    char to[LOCL_DATA_PATH];
    bool inside = kind == LOCL_ARCHIVE_HARD ? locl_archive_clean(target, to, sizeof to)
                                            : resolve(name, target, to, sizeof to);
    locl_archive_link *list = locl_list_room(links->list, links->count, sizeof *list, err);
    if (!list) {
        return LOCL_E_MEMORY;
    }
    links->list = list;
    locl_archive_link *link = &links->list[links->count++];
    *link = (locl_archive_link){strdup(name), inside ? strdup(to) : NULL, strdup(target), use};
    if (!link->name || !link->shown || (inside && !link->target)) {
        return locl_fail_memory(err, strlen(name) + 2 * strlen(target) + 3);
    }
    return LOCL_OK;
}

void locl_archive_links_free(locl_archive_links *links)
{
    for (size_t i = 0; i < links->count; i++) {
        free(links->list[i].name);
        free(links->list[i].target);
        free(links->list[i].shown);
    }
    free(links->list);
    *links = (locl_archive_links){0};
}

static int compare_links(const void *a, const void *b)
{
    return strcmp(((const locl_archive_link *)a)->name, ((const locl_archive_link *)b)->name);
}

/* Returns the name at the end of a chain of links; NULL: it leads out of the archive, or in a circle. */
static char *end_of(const locl_archive_links *links, const locl_archive_link *link)
{
    char *target = link->target;
    for (unsigned hops = 0; target && hops < MOST_HOPS; hops++) {
        const locl_archive_link key = {.name = target};
        const locl_archive_link *next =
            bsearch(&key, links->list, links->count, sizeof *links->list, compare_links);
        if (!next) {
            return target;
        }
        target = next->target;
    }
    return NULL;
}

static const locl_member *find(const locl_source *source, size_t count, char *name)
{
    const locl_member key = {.name = name};
    return count ? bsearch(&key, source->members, count, sizeof key, locl_source_compare) : NULL;
}

/* Reads the members that wanted links lead to, where the first pass did not keep them. */
static locl_status read_needed(const locl_source_request *request, const locl_archive_links *links,
                               const locl_source *source, locl_source *extra, locl_error *err)
{
    size_t count = 0;
    char **needed = malloc((links->count + 1) * sizeof *needed);
    if (!needed) {
        return locl_fail_memory(err, (links->count + 1) * sizeof *needed);
    }
    for (size_t i = 0; i < links->count; i++) {
        const locl_archive_link *link = &links->list[i];
        char *target = link->use != LOCL_MEMBER_SKIP ? end_of(links, link) : NULL;
        const locl_member *member = target ? find(source, source->count, target) : NULL;
        bool there = member && (member->bytes || member->bad || link->use == LOCL_MEMBER_LIST);
        if (target && !there) {
            needed[count++] = target;
        }
    }
    locl_status status = LOCL_OK;
    if (count) {
        qsort(needed, count, sizeof *needed, locl_text_compare);
        status = locl_archive_pass(request, NULL, needed, count, extra, err);
        if (extra->count) {
            qsort(extra->members, extra->count, sizeof *extra->members, locl_source_compare);
        }
    }
    free(needed);
    return status;
}

static locl_status add_broken(const locl_source_request *request, const locl_archive_link *link,
                              locl_source *source, locl_error *err)
{
    locl_error found;
    locl_link_use use = request->judge(request->user, link->name);
    if (use == LOCL_LINK_NOTHING) {
        return LOCL_OK;
    }
    locl_fail(&found, LOCL_E_DATA, "%s: the member %s is a link to %s, which is no file of the archive",
              request->path, link->name, link->shown);
    locl_remedy(&found, "store the files themselves: tar --dereference");
    LOCL_TRY(locl_data_problems_take(request->problems, link->name, LOCL_E_DATA, &found, err));
    return locl_source_add_bad(source, link->name, use, err);
}

/* Adds the link as a member of its own, with the content of `from`. */
static locl_status add_copy(const locl_archive_link *link, const locl_member *from, locl_source *source,
                            locl_error *err)
{
    locl_member *member;
    const locl_member file = *from; /* adding may move it */
    LOCL_TRY(locl_source_add(source, link->name, &member, err));
    member->bad = file.bad;
    member->size = file.size;
    member->offset = file.offset;
    if (link->use != LOCL_MEMBER_LOAD || file.bad) {
        return LOCL_OK;
    }
    member->bytes = malloc(file.size + 1);
    if (!member->bytes) {
        return locl_fail_memory(err, file.size);
    }
    memcpy(member->bytes, file.bytes, file.size);
    return LOCL_OK;
}

locl_status locl_archive_links_follow(const locl_source_request *request, locl_archive_links *links,
                                      locl_source *source, locl_error *err)
{
    locl_source extra = {0};
    size_t count = source->count; /* members that are sorted */
    locl_status status;
    if (!links->count) {
        return LOCL_OK;
    }
    qsort(links->list, links->count, sizeof *links->list, compare_links);
    if (count) {
        qsort(source->members, count, sizeof *source->members, locl_source_compare);
    }
    LOCL_TRY_GOTO(status, read_needed(request, links, source, &extra, err));
    for (size_t i = 0; i < links->count; i++) {
        const locl_archive_link *link = &links->list[i];
        char *target = link->use != LOCL_MEMBER_SKIP ? end_of(links, link) : NULL;
        const locl_member *file = target ? find(&extra, extra.count, target) : NULL;
        file = file || !target ? file : find(source, count, target);
        if (file) {
            LOCL_TRY_GOTO(status, add_copy(link, file, source, err));
        } else if (link->use != LOCL_MEMBER_SKIP) {
            LOCL_TRY_GOTO(status, add_broken(request, link, source, err));
        }
    }
fail:
    locl_source_close(&extra);
    return status;
}
