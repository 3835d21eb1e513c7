/* The products of plan.json: which solver computes each shape on a device. What is known there is used again, so that a
 * run goes on with the sums of its beginning whatever would be chosen now. Used by plan_file.c. */
#ifndef LOCL_RUN_PLAN_PRODUCTS_H
#define LOCL_RUN_PLAN_PRODUCTS_H

#include "gemm/gemm.h"

#include <jansson.h>

/* [{"op": "nn", "m": .., "n": .., "k": .., "lda": .., ..., "solver": "native"}, ...]; NULL when out of memory. */
json_t *locl_plan_products_json(const locl_gemm_choice *list, size_t count);
/* *out is malloc'd, [*count]; NULL with 0, also where `json` is NULL (plans of older versions). False: not what
 * locl_plan_products_json() makes. */
bool locl_plan_products_parse(const json_t *json, locl_gemm_choice **out, size_t *count);

#endif
