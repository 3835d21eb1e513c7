/* Problems of the data, collected while they are read so that a person sees all at once. Filled by the
 * readers, reported by dataset_open.c. Only damage (LOCL_E_DATA) is collected. Any other failure ends the
 * reading. */
#ifndef LOCL_DATA_PROBLEMS_H
#define LOCL_DATA_PROBLEMS_H

#include "base/error.h"

#include <stddef.h>

enum { LOCL_DATA_PROBLEMS_KEPT = 20 };

typedef struct locl_data_problem {
    char *at; /* a path; problems are ordered by it */
    locl_error *error;
} locl_data_problem;

/* Problems found. Starts with {0}. Those of the lowest paths are kept, whatever the order of finding. */
typedef struct locl_data_problems {
    locl_data_problem kept[LOCL_DATA_PROBLEMS_KEPT];
    size_t count; /* kept */
    size_t total; /* found */
} locl_data_problems;

/* Keeps `found`, the record of a call that returned `status`, as a problem of `at` and returns LOCL_OK. If
 * `status` is another failure than LOCL_E_DATA, such as a lack of memory, *err becomes `found` and `status`
 * is returned. */
locl_status locl_data_problems_take(locl_data_problems *problems, const char *at, locl_status status,
                                    const locl_error *found, locl_error *err);
/* Adds all problems of `from`, which is empty then, whatever the result. LOCL_E_MEMORY. */
locl_status locl_data_problems_move(locl_data_problems *problems, locl_data_problems *from, locl_error *err);
/* Frees them all, untold. */
void locl_data_problems_clear(locl_data_problems *problems);
/* Reports the problems below `root` after reading ended with `status` and *err: a single one as it is,
 * several as a list. Frees them all. */
locl_status locl_data_problems_end(locl_data_problems *problems, const char *root, locl_status status,
                                   locl_error *err);

#endif
