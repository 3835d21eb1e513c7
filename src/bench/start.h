/* The parts of a start, and the processes that measure it. Included by start.c and start_process.c. */
#ifndef LOCL_BENCH_START_H
#define LOCL_BENCH_START_H

#include "bench/bench.h"

/* id, name, what happens in it */
#define LOCL_START_TABLE(X)                                                                                  \
    X(PROCESS, "process", "from the start of the process to the call of locl_bench_run()")                   \
    X(CONFIG, "configuration", "it is read")                                                                 \
    X(DEVICES, "devices", "drivers are loaded, devices found and opened")                                    \
    X(RECORDING, "recording", "stages are placed and recorded, their memory is planned")                     \
    X(KERNELS, "kernels", "memory is allocated, kernels are built or read from a cache, values initialised") \
    X(STEP, "first step", "threads are started, and a step is trained")                                      \
    X(TOTAL, "total", "all of these")                                                                        \
    X(NEXT, "next step", "one of those that follow")

typedef enum locl_start_part {
#define LOCL_START_ENUM(id, name, text) LOCL_START_##id,
    LOCL_START_TABLE(LOCL_START_ENUM)
#undef LOCL_START_ENUM
        LOCL_START_PARTS
} locl_start_part;

extern const char *const locl_start_names[LOCL_START_PARTS];

/* What caches hold when the process starts. */
typedef enum locl_start_cache { LOCL_START_WARM, LOCL_START_COLD, LOCL_START_CACHES } locl_start_cache;

/* Runs the setup's command once, with empty caches where it is to be cold. seconds [LOCL_START_PARTS]. */
locl_status locl_start_process(const locl_bench_job *job, locl_start_cache cache, double *seconds,
                               locl_error *err);

#endif
