/* Matrix products, one interface to all engines. Records into a command buffer. Used by model to record, and
 * by config, sched, run and study to choose engines.
 *
 *   C[b] = alpha * sum over s of op(A[b,s]) op(B[b,s]) + beta * C[b]        b < batch, s < sum
 *
 * op(A) is [m,k], op(B) [k,n], C [m,n], row-major. A is stored as [k,m] with ta, B as [n,k] with tb. The
 * leading dimension is the distance of two stored rows, so a group of channels is read in place: grouped
 * channels [rows,G,w] have batch = G, stride = w, ld = G*w. `sum` adds products into one result, as for the
 * weight gradient of a layer that mixes the patches of each image. All counts are elements. */
#ifndef LOCL_GEMM_GEMM_H
#define LOCL_GEMM_GEMM_H

#include "device/command_buffer.h"
#include "gemm/cut.h"

typedef struct locl_gemm_shape {
    bool ta, tb;
    size_t m, n, k;
    size_t lda, ldb, ldc;
    size_t batch;                        /* >= 1 */
    size_t stride_a, stride_b, stride_c; /* from one b to the next; 0 shares the operand, never C */
    size_t sum;                          /* >= 1 */
    size_t sum_a, sum_b;                 /* from one s to the next */
    float alpha, beta;                   /* with beta 0 C is not read and may hold NaN */
} locl_gemm_shape;

/* Values of `engine`: AUTO, then the solvers in the order of their table. */
typedef enum locl_engine { LOCL_ENGINE_AUTO, LOCL_ENGINE_NATIVE, LOCL_ENGINE_CLBLAST } locl_engine;
typedef struct locl_gemm_solver locl_gemm_solver; /* solver.h */

/* Who computes a product, and how. */
typedef struct locl_gemm_choice {
    locl_gemm_shape shape; /* without regard to alpha and beta */
    const locl_gemm_solver *solver;
    locl_gemm_cut cut; /* zeroed: what the solver takes by itself */
    bool within;       /* a kernel does it among other things: nobody else can compute it */
} locl_gemm_choice;

/* Who computes the products of a recording: those of known shape as was chosen for them (by a tuner, or in an
 * earlier run), all others by the device's engine. A solver or cut that does not apply to a product is passed
 * over. */
typedef struct locl_gemm_choices {
    locl_engine engine;
    const locl_gemm_choice *known; /* [count], of which the first match counts; NULL with 0 */
    size_t count;
    const char
        *setting; /* CLBlast's parameters on the device: clblast_setting.h; NULL or "": its own. Lasts */
} locl_gemm_choices;

/* Reads "auto", "native" or "clblast"; false for another name. */
bool locl_engine_parse(const char *name, locl_engine *out);
/* Replaces auto by the engine that computes what nobody measured: the native one. */
locl_engine locl_engine_resolve(locl_engine engine);

/* Sets the choice of solvers, copied, for the products recorded from here on. LOCL_ENGINE_AUTO without it. */
void locl_gemm_use(locl_command_buffer *cmd, const locl_gemm_choices *choices);
/* Records the product, of floats or halves (cl/gemm_values.clh). Takes scratch (K slabs, CLBlast's sums) from the
 * workspace of the command buffer and gives it back. The order of summation is fixed by shape, solver and caps of the
 * device: same choices, same bits. */
void locl_gemm(locl_command_buffer *cmd, const locl_gemm_shape *shape, const locl_tensor *a,
               const locl_tensor *b, const locl_tensor *c);
/* Notes a product that a kernel does among other things, with the native engine's tiles: for those who count
 * products. */
void locl_gemm_note(locl_command_buffer *cmd, const locl_gemm_shape *shape);
/* Whether two shapes are equal in all but alpha and beta, which do not influence the choice. */
bool locl_gemm_same_shape(const locl_gemm_shape *x, const locl_gemm_shape *y);
bool locl_gemm_same_cut(const locl_gemm_cut *x, const locl_gemm_cut *y);
/* Whether two choices for one shape give the same bits by the way in which they are made: by one engine, from the same
 * chain of multiply-adds for each value of C, in the same slabs and blocks of k. Tiles, parts of C and copies may
 * differ. */
bool locl_gemm_same_bits(const locl_gemm_choice *x, const locl_gemm_choice *y);
/* The largest error of a value, in units of the sizes of the terms that it is made from: of floats, or of a matrix
 * unit's format. */
double locl_gemm_tolerance(const locl_gemm_choice *choice, const locl_caps *caps);
/* Who computes a product of that shape on a device; its solver is NULL where nobody can. Pure. */
locl_gemm_choice locl_gemm_choose(const locl_gemm_choices *choices, const locl_gemm_shape *shape,
                                  const locl_caps *caps);
/* The products recorded so far, in order, with the solver and cut of each: *list [returned], the command buffer's. */
size_t locl_gemm_recorded(const locl_command_buffer *cmd, const locl_gemm_choice **list);
const char *locl_gemm_solver_name(const locl_gemm_solver *solver);
const locl_gemm_solver *locl_gemm_solver_named(const char *name); /* returns NULL if there is none */

double locl_gemm_flops(const locl_gemm_shape *shape);

/* Computes the reference in plain loops and double, over host arrays of the same layout. */
void locl_gemm_ref(const locl_gemm_shape *shape, const float *a, const float *b, float *c);

#endif
