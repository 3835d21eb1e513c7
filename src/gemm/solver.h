/* The solvers of products, a file each with one locl_gemm_solver (after FFTW's solvers). gemm.c checks a
 * product and chooses a solver, which records it. A new one is a file, and a row in solvers.c. */
#ifndef LOCL_GEMM_SOLVER_H
#define LOCL_GEMM_SOLVER_H

#include "gemm/gemm.h"

typedef struct locl_gemm_operands {
    const locl_tensor *a, *b, *c;
} locl_gemm_operands;

struct locl_gemm_solver {
    const char *name; /* as in `engine` */
    /* Whether operands may be stored as halves where the product is cut like that. NULL: never. */
    bool (*takes_halves)(const locl_gemm_cut *cut);
    /* How it cuts a product that nobody measured: pure. NULL: it has no cuts, and gets zeroed ones. */
    locl_gemm_cut (*own_cut)(const locl_gemm_shape *shape, const locl_caps *caps);
    /* Whether it can compute the product on a device, cut like that: pure. */
    bool (*applicable)(const locl_gemm_shape *shape, const locl_gemm_cut *cut, const locl_caps *caps);
    /* The cuts worth measuring on a device, own_cut() first: policy.h; out [LOCL_GEMM_CUTS]. NULL: it has none. */
    size_t (*cuts)(const locl_gemm_shape *shape, const locl_caps *caps, locl_gemm_cut *out);
    /* Called once per device that runs its products, when the first command buffer is bound; may use a queue.
     * NULL: there is nothing to prepare. */
    locl_device_prepare prepare;
    /* Records the product, whose shape (alpha and beta too), cut and operands are checked by then; never touches
     * the device. */
    void (*record)(locl_command_buffer *cmd, const locl_gemm_choice *choice, locl_gemm_operands operands);
};

/* All solvers, in the order in which they are tried when the preferred one does not apply. Ends with NULL. */
extern const locl_gemm_solver *const locl_gemm_solvers[];
extern const locl_gemm_solver locl_gemm_native, locl_gemm_clblast;

/* ---- shared by solvers ---- */
/* Takes scratch of `count` floats; NULL and an error in the command buffer when it has no workspace. */
locl_tensor *locl_gemm_scratch(locl_command_buffer *cmd, size_t count, const char *name);
/* Values of A, B and C, from the first to the last one. */
typedef struct locl_gemm_extents {
    size_t a, b, c;
} locl_gemm_extents;
locl_gemm_extents locl_gemm_extents_of(const locl_gemm_shape *shape);
/* Records C[z] = alpha * sum of part [slabs,batch,m,n] + beta * C[z], the end of a product that was split. */
void locl_gemm_reduce(locl_command_buffer *cmd, const locl_gemm_shape *shape, const locl_tensor *part,
                      size_t slabs, const locl_tensor *c);
/* Returns the bytes that one product reads and writes at least, for --profile. */
double locl_gemm_bytes(const locl_gemm_shape *shape, locl_gemm_operands operands);

#endif
