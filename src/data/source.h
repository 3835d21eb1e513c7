/* The files below a folder or in a tar archive, as one list of members, sorted by name. An archive is read as
 * a stream, once, or twice where links lead to what the filter left out. It is never unpacked to disk. Its
 * members are kept in memory as they are stored, which for images takes about a tenth of their pixels. Used
 * by tree.c and cifar.c. */
#ifndef LOCL_DATA_SOURCE_H
#define LOCL_DATA_SOURCE_H

#include "base/error.h"
#include "data/options.h"
#include "data/problems.h"

#include <stdbool.h>

typedef struct locl_member {
    char *name;      /* relative, without "." and "//"; the name of a folder ends with '/' */
    uint8_t *bytes;  /* content while loaded, else NULL */
    size_t size;     /* of the content */
    uint64_t offset; /* of the content in a plain archive; 0: not known, since the archive is compressed */
    int64_t changed; /* time of the last change of a file or folder of a folder, ns */
    bool bad;        /* it exists, but with a problem that was reported: not to be loaded */
} locl_member;

typedef struct locl_source {
    char *path;
    bool folder;
    locl_member *members;
    size_t count;
    bool packed; /* an archive that is compressed */
} locl_source;

/* What to do with a member of that name. A folder that is skipped is not searched on disk. In an archive the
 * filter is asked about each member in it. */
typedef enum locl_member_use { LOCL_MEMBER_SKIP, LOCL_MEMBER_LIST, LOCL_MEMBER_LOAD } locl_member_use;
typedef locl_member_use (*locl_member_filter)(void *user, const char *name);

/* What would be missed if a link of that name leads to nothing. */
typedef enum locl_link_use { LOCL_LINK_NOTHING, LOCL_LINK_FILE, LOCL_LINK_FOLDER } locl_link_use;
typedef locl_link_use (*locl_link_judge)(void *user, const char *name);

typedef struct locl_source_request {
    const char *path;
    const locl_data_options *options;
    locl_member_filter filter;
    locl_link_judge judge;
    void *user;                   /* passed to filter and judge */
    locl_data_problems *problems; /* of single members, which do not end the reading */
} locl_source_request;

/* Lists the members and loads those of an archive that the filter wants. Junk (junk.h) is always skipped. On
 * error *out is empty. Problems: links that lead to nothing, special files, folders nested too deep or not
 * readable, the same name twice, a member of an archive over 256 MiB. LOCL_E_DATA: neither a folder nor a
 * readable archive, a truncated archive, something behind its end, a name with "..". */
locl_status locl_source_open(const locl_source_request *request, locl_source *out, locl_error *err);
/* Makes sure that member->bytes is there: reads the file of a folder, or from a plain archive what was only listed. May
 * be called from any thread, for different members. */
locl_status locl_source_load(const locl_source *source, locl_member *member, locl_error *err);
/* Frees member->bytes. Those of a compressed archive cannot be loaded again. */
void locl_source_drop(locl_member *member);
void locl_source_close(locl_source *source);

#endif
