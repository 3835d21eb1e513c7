/* The text that configurations of a benchmark are made from. It is read once, as it may come through a pipe, and
 * made into as many as there are variants. Included by src/bench alone. */
#ifndef LOCL_BENCH_SOURCE_H
#define LOCL_BENCH_SOURCE_H

#include "base/text.h"
#include "config/config.h"
#include "locl/bench.h"

typedef struct locl_bench_source {
    const locl_bench_setup *setup;
    const char *name; /* in messages, and in the report */
    locl_text text;
} locl_bench_source;

/* Reads the text. The caller closes *out, on error too, and the setup outlives it. LOCL_E_CONFIG: it can't be
 * read; LOCL_E_USAGE: it can be read only once, but other processes have to read it too. */
locl_status locl_bench_source_open(const locl_bench_setup *setup, locl_bench_source *out, locl_error *err);
void locl_bench_source_close(locl_bench_source *source);
/* Makes a configuration, with the setup's values put over it, and `more` [count] over these. */
locl_status locl_bench_config(const locl_bench_source *source, const char *const *more, size_t count,
                              locl_config **out, locl_error *err);

#endif
