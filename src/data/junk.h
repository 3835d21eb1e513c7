/* What systems and programs put into folders of images by themselves. Used by source.c and archive.c, so that
 * it is passed over in folders and archives alike. */
#ifndef LOCL_DATA_JUNK_H
#define LOCL_DATA_JUNK_H

#include <stdbool.h>

/* Whether a part of the path `name` is hidden (".x"), or a file or folder of that kind (Thumbs.db, @eaDir).
 */
bool locl_is_junk(const char *name);

#endif
