/* Products of given shapes, each by given solvers, timed on operands that they share. Included by product.c and
 * step.c. */
#ifndef LOCL_BENCH_PRODUCTS_H
#define LOCL_BENCH_PRODUCTS_H

#include "bench/training.h"
#include "check/race.h"

/* Shape of products of a training step. */
typedef struct locl_bench_shape {
    locl_gemm_shape shape;
    const locl_gemm_solver *solver; /* that training would use */
    size_t count;                   /* in a step */
    locl_gemm_cut cut;              /* that training would use; zeroed: the solver's own */
} locl_bench_shape;

/* Adds the shapes of a training step's products, each once, to *list [*count], which is realloc'd. */
locl_status locl_bench_add_shapes(const locl_bench_recording *recording, locl_bench_shape **list,
                                  size_t *count, locl_error *err);

/* Product that is being timed. */
typedef struct locl_bench_product_runner {
    const locl_bench_shape *shape;
    locl_gemm_choice choice; /* how it is computed */
    bool chosen;             /* that is how training would */
    locl_command_buffer *cmd;
    locl_queue *queue; /* of all */
} locl_bench_product_runner;

typedef struct locl_bench_products {
    locl_bench_product_runner *runner; /* [count] */
    size_t count;
    locl_queue queue;
    locl_arena *operands, *workspace;
    const locl_tensor *operand[3]; /* A, B, C: as large as the largest of all products asks for */
} locl_bench_products;

typedef enum locl_bench_solvers {
    LOCL_BENCH_CHOSEN_SOLVER, /* that training would use, with its cut */
    LOCL_BENCH_ALL_SOLVERS /* first that one, then all that apply as nobody measured, where these are others */
} locl_bench_solvers;

/* Records the products on operands that they share. The caller closes *out, on error too. `shape` [shapes]
 * outlives it. */
locl_status locl_bench_products_open(const locl_bench_shape *shape, size_t shapes, locl_bench_solvers solvers,
                                     locl_device *device, locl_bench_products *out, locl_error *err);
void locl_bench_products_close(locl_bench_products *products);
/* Compares what other solvers compute with what the chosen one does. LOCL_E_FAILED: says which differs. */
locl_status locl_bench_products_check(locl_bench_products *products, locl_error *err);
/* Returns product `index` as a runner of a race. */
locl_race_runner locl_bench_products_enter(const locl_bench_products *products, size_t index);

/* Returns "nn", "tn", "nt" or "tt". */
const char *locl_bench_product_op(const locl_gemm_shape *shape);
/* Writes a name such as "nn 8192x32x32, batch 16". */
void locl_bench_product_name(const locl_gemm_shape *shape, char *out, size_t size);

#endif
