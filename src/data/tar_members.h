/* Finds the files in a plain tar archive without reading them: where each begins, and how long it is. Used by the
 * index of shards and by streams. */
#ifndef LOCL_DATA_TAR_MEMBERS_H
#define LOCL_DATA_TAR_MEMBERS_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

enum { LOCL_TAR_NAME = 257 };

typedef struct locl_tar_member {
    const char *name; /* as it is stored */
    uint64_t offset, size;
    bool ordinary; /* false: a link or a special file; folders are not told of */
} locl_tar_member;

typedef locl_status (*locl_tar_visitor)(void *user, const locl_tar_member *member, locl_error *err);

/* Visits the members in their order. LOCL_E_DATA: the archive is compressed, damaged or truncated, something follows
 * it, or a member is sparse; or what the visitor returns. */
locl_status locl_tar_visit(const char *path, locl_tar_visitor visit, void *user, locl_error *err);
/* Fails because the member cannot be read at its place: it lacks its holes. LOCL_E_DATA. */
locl_status locl_tar_fail_sparse(const char *path, const char *name, locl_error *err);
/* Whether the first bytes of a file tell that it is compressed, by the kind that *kind becomes ("gzip"). False too
 * where it cannot be read. */
bool locl_tar_is_packed(const char *path, const char **kind);
/* Reads the name, cut at the length of old headers, of the member whose content begins at `offset`. */
bool locl_tar_name(const char *path, uint64_t offset, char name[LOCL_TAR_NAME]);

#endif
