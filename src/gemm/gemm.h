/* Products of matrices, the one interface to all engines. Records into a command buffer; used by model and
 * rules.
 *
 *   C[b] = alpha * sum over s of op(A[b,s]) op(B[b,s]) + beta * C[b]        b < batch, s < sum
 *
 * op(A) is [m,k], op(B) [k,n], C [m,n], row-major; A is stored [k,m] with ta, B [n,k] with tb. The leading
 * dimension is the distance of two stored rows in elements, so a group of channels is read in place: for
 * grouped channels [rows,G,w] batch = G, stride = w, ld = G*w. `sum` adds products into one result (weight
 * gradients of a layer that sees each image's patches: sum over n). All counts are elements. */
#ifndef LOCL_GEMM_GEMM_H
#define LOCL_GEMM_GEMM_H

#include "device/command_buffer.h"
#include "gemm/cut.h"

typedef struct locl_gemm_shape {
    bool ta, tb;
    size_t m, n, k;
    size_t lda, ldb, ldc;
    size_t batch;                        /* >= 1 */
    size_t stride_a, stride_b, stride_c; /* from one b to the next; 0 shares an operand (never C) */
    size_t sum;                          /* >= 1 */
    size_t sum_a, sum_b;                 /* from one s to the next */
    float alpha, beta;                   /* beta 0 does not read C: it may hold NaN */
} locl_gemm_shape;

/* As in `engine`; AUTO, then the solvers. */
typedef enum locl_engine { LOCL_ENGINE_AUTO, LOCL_ENGINE_NATIVE, LOCL_ENGINE_CLBLAST } locl_engine;
typedef struct locl_gemm_solver locl_gemm_solver; /* solver.h */

/* Who computes a product, and how. */
typedef struct locl_gemm_choice {
    locl_gemm_shape shape; /* alpha and beta do not count */
    const locl_gemm_solver *solver;
    locl_gemm_cut cut; /* zeroed: what the solver takes by itself */
} locl_gemm_choice;

/* Who computes the products of a recording: those of known shape as was chosen for them (by a tuner, or in an
 * earlier run), all others by the device's engine. A solver or cut that does not apply to a product is passed
 * over. */
typedef struct locl_gemm_choices {
    locl_engine engine;
    const locl_gemm_choice *known; /* [count], the first that matches; NULL with 0 */
    size_t count;
} locl_gemm_choices;

/* "auto", "native", "clblast"; false if unknown. */
bool locl_engine_parse(const char *name, locl_engine *out);
/* What auto means on a device: native on CPUs, CLBlast elsewhere. */
locl_engine locl_engine_resolve(locl_engine engine, const locl_caps *caps);

/* Has the products that are recorded from here on computed by these; copied. LOCL_ENGINE_AUTO without it. */
void locl_gemm_use(locl_command_buffer *cmd, const locl_gemm_choices *choices);
/* Records the product. Scratch (K slabs, CLBlast's sums) comes from the command buffer's workspace and is
 * given back. The order of summation is fixed by the shape, the solver and the device's caps: same choices,
 * same bits. */
void locl_gemm(locl_command_buffer *cmd, const locl_gemm_shape *shape, const locl_tensor *a,
               const locl_tensor *b, const locl_tensor *c);
/* Equal but for alpha and beta, which nobody chooses by. */
bool locl_gemm_same_shape(const locl_gemm_shape *x, const locl_gemm_shape *y);
bool locl_gemm_same_cut(const locl_gemm_cut *x, const locl_gemm_cut *y);
/* Who computes a product of that shape on a device; its solver is NULL where nobody can. Pure. */
locl_gemm_choice locl_gemm_choose(const locl_gemm_choices *choices, const locl_gemm_shape *shape,
                                  const locl_caps *caps);
/* The products recorded so far, in order, with the solver and cut of each: *list [returned], the command buffer's. */
size_t locl_gemm_recorded(const locl_command_buffer *cmd, const locl_gemm_choice **list);
const char *locl_gemm_solver_name(const locl_gemm_solver *solver);
const locl_gemm_solver *locl_gemm_solver_named(const char *name); /* NULL if there is none */

double locl_gemm_flops(const locl_gemm_shape *shape);

/* The reference: plain loops in double, over host arrays laid out alike. */
void locl_gemm_ref(const locl_gemm_shape *shape, const float *a, const float *b, float *c);

#endif
