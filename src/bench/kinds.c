#include "bench/bench.h"

#include <string.h>

#define NAME(id, name, text) name,
static const char *const names[LOCL_BENCH_KINDS] = {LOCL_BENCH_TABLE(NAME)};
#undef NAME

static const locl_bench_type types[LOCL_BENCH_KINDS] = {
    [LOCL_BENCH_SUITE] = {.rounds = 31, .run = locl_bench_suite},
    [LOCL_BENCH_PRODUCT] = {.rounds = 9, .run = locl_bench_product},
    [LOCL_BENCH_KERNEL] = {.rounds = 9, .run = locl_bench_kernel},
    [LOCL_BENCH_STEP] = {.rounds = 9, .run = locl_bench_step},
    [LOCL_BENCH_MEMORY] = {.rounds = 9, .run = locl_bench_memory},
    [LOCL_BENCH_TRANSFER] = {.rounds = 15, .run = locl_bench_transfer},
    [LOCL_BENCH_START] = {.rounds = 3, .run = locl_bench_start},
    [LOCL_BENCH_PIPELINE] = {.rounds = 9, .together = true, .run = locl_bench_pipeline},
    [LOCL_BENCH_TRAIN] = {.rounds = 5, .run = locl_bench_train},
};

const locl_bench_type *locl_bench_type_of(locl_bench_kind kind)
{
    return &types[kind];
}

const char *locl_bench_kind_text(locl_bench_kind kind)
{
    return names[kind];
}

bool locl_bench_kind_named(const char *name, locl_bench_kind *out)
{
    for (int kind = 0; kind < LOCL_BENCH_KINDS; kind++) {
        if (!strcmp(names[kind], name)) {
            *out = (locl_bench_kind)kind;
            return true;
        }
    }
    return false;
}

const char *locl_bench_outcome_text(locl_bench_outcome outcome)
{
#define NAME(id, name) name,
    static const char *const outcomes[LOCL_BENCH_OUTCOMES] = {LOCL_BENCH_OUTCOME_TABLE(NAME)};
#undef NAME
    return outcomes[outcome];
}
