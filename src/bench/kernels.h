/* The kernels of a training step by the times that the device kept of its launches. Included by step.c. */
#ifndef LOCL_BENCH_KERNELS_H
#define LOCL_BENCH_KERNELS_H

#include "bench/bench.h"
#include "bench/training.h"
#include "check/peak.h"

/* Adds a row for each kernel, the slowest first, of all its launches in a step. A sample is the mean of `steps`
 * steps. */
locl_status locl_bench_step_kernels(locl_bench_job *job, const locl_bench_training *t, size_t steps,
                                    const locl_peak *peaks, locl_error *err);

#endif
