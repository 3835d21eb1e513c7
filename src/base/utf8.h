/* Text of people and of file systems: is it UTF-8, and what in it can't be seen. Used where configurations
 * are read and written, and where messages show a foreign text. */
#ifndef LOCL_BASE_UTF8_H
#define LOCL_BASE_UTF8_H

#include "base/text.h"

#include <stdint.h>

/* The code point at *at, which moves behind it; at an ill-formed byte (alone, overlong, a surrogate) -1, and
 * *at moves by that byte. 0 at the end of the string, where *at stays. */
int32_t locl_utf8_next(const char **at);
bool locl_utf8_valid(const char *text);
/* Nothing to see, or looks like a plain space or line end without being one: controls, no-break and other
 * blanks, marks of direction and of byte order, noncharacters. The plain space is none of them. */
bool locl_utf8_invisible(int32_t code);
/* Adds the text with "<U+00A0>" for what is invisible and "<0xFF>" for what is no UTF-8. */
void locl_utf8_add_visible(locl_text *out, const char *text);

#endif
