/* Lists of named texts and numbers, as rows, devices and reports carry them. Included by src/bench alone. */
#ifndef LOCL_BENCH_FIELDS_H
#define LOCL_BENCH_FIELDS_H

#include "locl/bench.h"

/* Starts as {0}. */
typedef struct locl_fields {
    locl_bench_field *field; /* [count]; names and texts are its own */
    size_t count;
} locl_fields;

/* Add a field, whose name and text are copied. Return false where memory ran out. */
bool locl_fields_number(locl_fields *fields, const char *name, double value);
bool locl_fields_text(locl_fields *fields, const char *name, const char *text);
void locl_fields_free(locl_fields *fields);
/* Returns the field of that name, NULL where there is none. */
const locl_bench_field *locl_fields_find(const locl_bench_field *field, size_t count, const char *name);

#endif
