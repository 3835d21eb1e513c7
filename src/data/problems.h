/* What is wrong with the data: collected while they are read, so that a person sees all of it at once. Filled
 * by the readers, reported by dataset.c. Only damage is collected (LOCL_E_DATA); any other failure ends the
 * reading. */
#ifndef LOCL_DATA_PROBLEMS_H
#define LOCL_DATA_PROBLEMS_H

#include "base/error.h"

#include <stddef.h>

enum { LOCL_DATA_PROBLEMS_KEPT = 20 };

typedef struct locl_data_problem {
    char *at; /* a path: problems are in their order */
    locl_error *error;
} locl_data_problem;

/* Start with {0}. Those of the lowest paths are kept, whichever are found first. */
typedef struct locl_data_problems {
    locl_data_problem kept[LOCL_DATA_PROBLEMS_KEPT];
    size_t count; /* kept */
    size_t total; /* found */
} locl_data_problems;

/* Keeps `found`, the record of a call that returned `status`, as a problem of `at`, and returns LOCL_OK.
 * Where it is no LOCL_E_DATA (memory ran out), *err becomes it, and its status is returned. */
locl_status locl_data_problems_take(locl_data_problems *problems, const char *at, locl_status status,
                                    const locl_error *found, locl_error *err);
/* Reports what was collected below `root` while reading it ended with `status` and *err: a single problem as
 * it is, several as a list. Frees all of it. */
locl_status locl_data_problems_end(locl_data_problems *problems, const char *root, locl_status status,
                                   locl_error *err);

#endif
