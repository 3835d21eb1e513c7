/* Describes bytes that should not be where they are. Used by gz.c, unpack.c and archive.c. */
#ifndef LOCL_DATA_FOREIGN_H
#define LOCL_DATA_FOREIGN_H

#include <stddef.h>
#include <stdint.h>

enum { LOCL_FOREIGN_TEXT = 96 };

/* Writes "a zip file", "the text 'hello'" or "the bytes 00 01 02", by the first bytes. */
void locl_foreign_describe(const uint8_t *bytes, size_t size, char text[LOCL_FOREIGN_TEXT]);

#endif
