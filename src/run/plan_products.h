/* The products of plan.json: which solver computes each shape on a device. A known choice is used again, so
 * that a run goes on with the sums of its beginning whatever would be chosen now. Used by plan_file.c. */
#ifndef LOCL_RUN_PLAN_PRODUCTS_H
#define LOCL_RUN_PLAN_PRODUCTS_H

#include "gemm/gemm.h"

#include <jansson.h>

/* Returns [{"op": "nn", "m": .., "n": .., "k": .., "lda": .., ..., "solver": "native"}, ...], NULL when out
 * of memory. */
json_t *locl_plan_products_json(const locl_gemm_choice *list, size_t count);
/* Reads products into *out [*count], which is malloc'd. It is NULL with 0, also where `json` is NULL (plans
 * of older versions). Returns false for what locl_plan_products_json() does not make. */
bool locl_plan_products_parse(const json_t *json, locl_gemm_choice **out, size_t *count);

#endif
