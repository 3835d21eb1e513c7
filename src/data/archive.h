/* The archive half of source.c; included by it alone. */
#ifndef LOCL_DATA_ARCHIVE_H
#define LOCL_DATA_ARCHIVE_H

#include "data/source.h"

enum { LOCL_ARCHIVE_LARGEST_MEMBER = 1 << 28 };

/* Adds the members of the tar archive source->path, in its order; closes nothing on error. */
locl_status locl_archive_read(locl_source *source, const locl_data_options *options,
                              locl_member_filter filter, void *user, locl_error *err);

/* Appends a member with that name (copied); *out is valid until the next one. */
locl_status locl_source_add(locl_source *source, const char *name, locl_member **out, locl_error *err);

#endif
