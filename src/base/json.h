/* Makes values for jansson from any text and number. Used wherever JSON is written. */
#ifndef LOCL_BASE_JSON_H
#define LOCL_BASE_JSON_H

#include "base/error.h"

#include <jansson.h>
#include <stddef.h>

/* Makes a string. Bytes that are no UTF-8 (of paths, drivers, the environment) become U+FFFD, as JSON cannot
 * hold them. NULL when out of memory. */
json_t *locl_json_text(const char *text);
/* Makes a number, or null when the value is not finite. */
json_t *locl_json_number(double value);

/* Flags for results: nine digits tell every float32 from every other. */
#define LOCL_JSON_RESULT JSON_REAL_PRECISION(9)

/* Writes `json` as text and frees it. A NULL `json` (memory ran out, or a value has no place in JSON) is an
 * error. `flags` are those of jansson. *out is malloc'd, NULL on error. LOCL_E_MEMORY. */
locl_status locl_json_print(json_t *json, size_t flags, char **out, locl_error *err);

#endif
