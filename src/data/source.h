/* The files below a folder or in a tar archive, whichever a path leads to, seen alike: a list of members,
 * sorted by name. An archive is read once, as a stream (twice, where links lead to what the filter left out),
 * and never unpacked to disk: its members are kept in memory as they are stored (for images about a tenth of
 * their pixels). Used by tree.c and cifar.c. */
#ifndef LOCL_DATA_SOURCE_H
#define LOCL_DATA_SOURCE_H

#include "base/error.h"
#include "data/options.h"
#include "data/problems.h"

#include <stdbool.h>

typedef struct locl_member {
    char *name;     /* relative, without "." and "//"; that of a folder ends with '/' */
    uint8_t *bytes; /* content while loaded, else NULL */
    size_t size;
    bool bad; /* it is there, but a problem was told of it: not to be loaded */
} locl_member;

typedef struct locl_source {
    char *path;
    bool folder;
    locl_member *members;
    size_t count;
} locl_source;

/* What to do with a member of that name. A folder that is skipped is not looked into on disk; in an archive
 * its contents are asked about one by one. */
typedef enum locl_member_use { LOCL_MEMBER_SKIP, LOCL_MEMBER_LIST, LOCL_MEMBER_LOAD } locl_member_use;
typedef locl_member_use (*locl_member_filter)(void *user, const char *name);

/* What would be missed where a link of that name leads to nothing. */
typedef enum locl_link_use { LOCL_LINK_NOTHING, LOCL_LINK_FILE, LOCL_LINK_FOLDER } locl_link_use;
typedef locl_link_use (*locl_link_judge)(void *user, const char *name);

typedef struct locl_source_request {
    const char *path;
    const locl_data_options *options;
    locl_member_filter filter;
    locl_link_judge judge;
    void *user;                   /* of both */
    locl_data_problems *problems; /* of single members; they do not end the reading */
} locl_source_request;

/* Junk (junk.h) is always skipped. On error *out is empty. Problems: links that lead to nothing, special
 * files, folders nested too deep or not readable. LOCL_E_DATA: no folder and no readable archive, a truncated
 * one, one with something behind its end, names with "..", the same name twice, a member over 256 MiB. */
locl_status locl_source_open(const locl_source_request *request, locl_source *out, locl_error *err);
/* Makes sure that member->bytes is there: reads a folder's file; an archive's was loaded on opening. From any
 * thread, for different members. */
locl_status locl_source_load(const locl_source *source, locl_member *member, locl_error *err);
/* Frees member->bytes; an archive's cannot come back. */
void locl_source_drop(locl_member *member);
void locl_source_close(locl_source *source);

#endif
