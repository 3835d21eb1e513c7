/* Conditions on sizes and numbers in mappings of devices: `memory: 8 GiB`, `memory: "< 16 GiB"`, `units: at least 20`.
 * Used by spec.c. */
#ifndef LOCL_DEVICE_CONDITION_H
#define LOCL_DEVICE_CONDITION_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

typedef enum locl_comparison {
    LOCL_AT_LEAST,
    LOCL_MORE,
    LOCL_AT_MOST,
    LOCL_LESS,
    LOCL_EQUAL
} locl_comparison;

typedef struct locl_condition {
    locl_comparison comparison;
    double value;
} locl_condition;

typedef enum locl_quantity { LOCL_QUANTITY_BYTES, LOCL_QUANTITY_NUMBER } locl_quantity;

/* Reads "8 GiB", which is at least that, ">= 8 GiB", "at most 16 GiB". Bytes take a unit: B, kB, MB, GB, TB (powers of
 * 1000), KiB, MiB, GiB, TiB. False: it is none. */
bool locl_condition_read(const char *text, locl_quantity of, locl_condition *out);
bool locl_condition_holds(const locl_condition *condition, double value);
/* Reads "512 MiB" into bytes. False: it is no size. */
bool locl_size_read(const char *text, double *bytes);
/* Writes bytes for people: "7.8 GiB". */
void locl_size_write(double bytes, char *out, size_t size);

#endif
