/* Checks text for UTF-8 and for characters that cannot be seen. Used where configurations are read and
 * written, and where messages show a foreign text. */
#ifndef LOCL_BASE_UTF8_H
#define LOCL_BASE_UTF8_H

#include "base/text.h"

#include <stdint.h>

/* Returns the code point at *at and moves *at behind it. Returns 0 at the end of the string, where *at stays.
 * Returns -1 at an ill-formed byte (alone, overlong, a surrogate) and moves *at by that byte. */
int32_t locl_utf8_next(const char **at);
bool locl_utf8_valid(const char *text);
/* Whether a character shows nothing, or looks like a plain space or line end without being one: controls,
 * no-break and other blanks, marks of direction and of byte order, noncharacters. The plain space is
 * visible. */
bool locl_utf8_invisible(int32_t code);
/* Adds the text, with "<U+00A0>" for what is invisible and "<0xFF>" for bytes that are no UTF-8. */
void locl_utf8_add_visible(locl_text *out, const char *text);

#endif
