/* Values for jansson that it takes whatever they hold. Used wherever JSON is written. */
#ifndef LOCL_BASE_JSON_H
#define LOCL_BASE_JSON_H

#include "base/error.h"

#include <jansson.h>
#include <stddef.h>

/* A string; bytes that are no UTF-8 (of paths, drivers, the environment), which JSON has no place for, become
 * U+FFFD. NULL when out of memory. */
json_t *locl_json_text(const char *text);
/* A number; null when it is not finite. */
json_t *locl_json_number(double value);

/* How results are written: nine digits tell every float32. */
#define LOCL_JSON_RESULT JSON_REAL_PRECISION(9)

/* Text of `json`, which it takes (NULL: memory ran out, or a value has no place in JSON); `flags` as
 * jansson's. *out is malloc'd, NULL on error. LOCL_E_MEMORY. */
locl_status locl_json_print(json_t *json, size_t flags, char **out, locl_error *err);

#endif
