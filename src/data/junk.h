/* Recognises what systems and programs put into folders of images by themselves. Used by source.c and
 * archive.c, so that folders and archives skip the same. */
#ifndef LOCL_DATA_JUNK_H
#define LOCL_DATA_JUNK_H

#include <stdbool.h>

/* Whether a part of the path `name` is hidden (".x"), or is such a file or folder (Thumbs.db, @eaDir). */
bool locl_is_junk(const char *name);

#endif
