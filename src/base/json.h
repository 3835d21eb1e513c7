/* Values for jansson that it takes whatever they hold. Used wherever JSON is written. */
#ifndef LOCL_BASE_JSON_H
#define LOCL_BASE_JSON_H

#include <jansson.h>

/* A string; bytes that are no UTF-8 (of paths, drivers, the environment), which JSON has no place for, become
 * U+FFFD. NULL when out of memory. */
json_t *locl_json_text(const char *text);

#endif
