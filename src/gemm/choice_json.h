/* Choices as JSON: of a run's plan.json, which resuming follows, and of the tuner's store. Used by src/run and
 * src/tune. */
#ifndef LOCL_GEMM_CHOICE_JSON_H
#define LOCL_GEMM_CHOICE_JSON_H

#include "gemm/gemm.h"

#include <jansson.h>

/* Makes {"op": "nn", "m": .., "n": .., "k": .., "lda": .., ..., "solver": "native", "cut": {"kernel": "outer", ..}},
 * without "cut" where there is none. NULL when out of memory. */
json_t *locl_gemm_choice_to_json(const locl_gemm_choice *choice);
/* Reads one. False: it is not what locl_gemm_choice_to_json() makes. Other members are not looked at. */
bool locl_gemm_choice_from_json(const json_t *json, locl_gemm_choice *out);

/* Makes and reads an array of them. *out is malloc'd, [*count]; NULL with 0, also where `json` is NULL (plans of older
 * versions). */
json_t *locl_gemm_choices_to_json(const locl_gemm_choice *list, size_t count);
bool locl_gemm_choices_from_json(const json_t *json, locl_gemm_choice **out, size_t *count);

#endif
