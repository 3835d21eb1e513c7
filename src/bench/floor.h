/* The least time that a training step can take on a device: that of its products at the best product's rate, or of
 * the bytes that nobody can do without at the rate of a copy. FLOPs and bytes are counted from shapes and
 * recordings. Callers measure the rates. Included by step.c and tests. */
#ifndef LOCL_BENCH_FLOOR_H
#define LOCL_BENCH_FLOOR_H

#include "rules/options.h"
#include "optim/options.h"
#include "sched/stage.h"

/* What a training step's launches say that they do. */
typedef struct locl_bench_counts {
    double product_flops; /* of its products alone */
    double flops, bytes;  /* of all launches */
    double launches;
} locl_bench_counts;

/* Adds a stage's recordings of a training step. */
void locl_bench_count(const locl_stage *stage, locl_bench_counts *counts);

/* Counts the bytes of parameters, their gradients and the optimiser's state, and of the input and the output of
 * each block, once each. */
locl_status locl_bench_least_bytes(const locl_model *model, const locl_rule_options *rule,
                                   const locl_optim_options *optim, size_t batch, double *out,
                                   locl_error *err);

/* Returns the floor in seconds. `product_rate` is in FLOPs a second, `copy_rate` in bytes a second. */
double locl_bench_floor(double product_flops, double product_rate, double least_bytes, double copy_rate);

#endif
