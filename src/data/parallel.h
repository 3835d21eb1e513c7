/* Does the same work for every index from 0 to count - 1 on several threads. Used where images are decoded
 * and resized. */
#ifndef LOCL_DATA_PARALLEL_H
#define LOCL_DATA_PARALLEL_H

#include "base/error.h"
#include "data/options.h"
#include "data/problems.h"

typedef struct locl_parallel {
    locl_status (*body)(void *user, size_t index, locl_error *err);
    void *user;
    size_t count;
    unsigned threads;                 /* 0: one per core */
    const char *stage;                /* for progress */
    const locl_data_options *options; /* whose progress is called; may be NULL */
    locl_data_problems *problems;     /* of damaged indices, while the others go on; may be NULL */
    const char *(*name)(void *user, size_t index); /* names the index in a problem */
} locl_parallel;

/* Runs the work. Indices are begun in order, and none after a failure that is no problem. The error is that
 * of the lowest index that failed, whatever the order of the threads. */
locl_status locl_parallel_run(const locl_parallel *work, locl_error *err);
/* Returns how many threads are meant: as many, or for 0 one per core, but not too many. */
size_t locl_parallel_threads(unsigned threads);

#endif
