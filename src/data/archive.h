/* Reads archives for source.c: archive.c reads a tar archive, archive_links.c follows its links. Also used by
 * source_cache.c, which keeps lists of members, and for names by shard_parts.c. */
#ifndef LOCL_DATA_ARCHIVE_H
#define LOCL_DATA_ARCHIVE_H

#include "data/source.h"

enum { LOCL_ARCHIVE_LARGEST_MEMBER = 1 << 28 };

typedef enum locl_archive_link_kind { LOCL_ARCHIVE_SYMBOLIC, LOCL_ARCHIVE_HARD } locl_archive_link_kind;

/* A hard or symbolic link in an archive. */
typedef struct locl_archive_link {
    char *name;
    char *target; /* name of the member that it leads to; NULL: out of the archive */
    char *shown;  /* the target as it is written in the archive */
    locl_member_use use;
} locl_archive_link;

typedef struct locl_archive_links {
    locl_archive_link *list;
    size_t count;
} locl_archive_links;

/* Adds the members of the tar archive request->path to `source`, in the order of the archive. On error the
 * caller closes `source`. */
locl_status locl_archive_read(const locl_source_request *request, locl_source *source, locl_error *err);
/* Makes one pass over the archive. Its links go into `links`; with NULL they are skipped. With `needed`
 * exactly these members (sorted) are loaded, whatever the request says. */
locl_status locl_archive_pass(const locl_source_request *request, locl_archive_links *links,
                              char *const *needed, size_t needed_count, locl_source *source, locl_error *err);

/* Cleans `raw` into `name`: without leading "/", "." and empty parts. False: too long, or with "..". */
bool locl_archive_clean(const char *raw, char *name, size_t capacity);
/* Adds a link and copies its texts. The target of a hard link is the name of a member. That of a symbolic
 * link is relative to the folder of the link. */
locl_status locl_archive_links_add(locl_archive_links *links, const char *name, const char *target,
                                   locl_archive_link_kind kind, locl_member_use use, locl_error *err);
/* Adds the members that the links lead to, under the names of the links. */
locl_status locl_archive_links_follow(const locl_source_request *request, locl_archive_links *links,
                                      locl_source *source, locl_error *err);
void locl_archive_links_free(locl_archive_links *links);

/* Appends a member of that name (copied). *out is valid until the next call. */
locl_status locl_source_add(locl_source *source, const char *name, locl_member **out, locl_error *err);
/* Appends a member that is marked as bad, unless `use` says that nothing would be missed. */
locl_status locl_source_add_bad(locl_source *source, const char *name, locl_link_use use, locl_error *err);
/* Compares members by name, for qsort() and bsearch(). */
int locl_source_compare(const void *a, const void *b);

#endif
