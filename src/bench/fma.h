/* Multiply-adds in registers, of numbers of 16 or 64 bits, which no kernel of training takes. Those of 32 bits are a
 * peak (check/peak.h). Included by suite_peaks.c. */
#ifndef LOCL_BENCH_FMA_H
#define LOCL_BENCH_FMA_H

#include "check/peak.h"

typedef struct locl_fma {
    locl_command_buffer *cmd;
    locl_arena *arena;
    locl_queue queue;
    double flops; /* of a replay */
} locl_fma;

/* Records them, runs them once and looks at the sum. The caller closes *out, on error too. LOCL_E_FAILED: it is
 * wrong. */
locl_status locl_fma_open(locl_device *device, size_t bits, locl_fma *out, locl_error *err);
void locl_fma_close(locl_fma *fma); /* zeroed is fine */
/* Samples them; a locl_race_sample. */
locl_status locl_fma_sample(void *fma, size_t replays, double *seconds, locl_error *err);

#endif
