/* How the native engine cuts a product, as numbers: what a choice keeps beside its solver. The kernels
 * (cl/gemm_native.cl, gemm_packed.cl, gemm_local.cl, gemm_tiles.cl) take any cut that locl_gemm_cut_fits()
 * (policy.h). */
#ifndef LOCL_GEMM_CUT_H
#define LOCL_GEMM_CUT_H

#include <stdbool.h>
#include <stddef.h>

typedef enum locl_gemm_kernel {
    LOCL_GEMM_UNCUT,  /* no cut: the solver's own one, where it has any */
    LOCL_GEMM_OUTER,  /* gemm_native.cl: tiles in registers; one operand may be transposed */
    LOCL_GEMM_PACKED, /* gemm_packed.cl: the same from copies of both operands' blocks, any transposition */
    LOCL_GEMM_LOCAL,  /* gemm_local.cl: small tiles through local memory, any transposition */
    LOCL_GEMM_TILES, /* gemm_tiles.cl: larger ones, of which an item has squares of 4 x 4, any transposition */
    LOCL_GEMM_LANES, /* the same tiles, of which a sub-group has fragments; its items broadcast values of A */
    LOCL_GEMM_MATRIX /* the same tiles, by the device's matrix unit */
} locl_gemm_kernel;

/* All numbers but those that a kernel does not have, which are 0. Zeroed: no cut. */
typedef struct locl_gemm_cut {
    locl_gemm_kernel kernel;
    bool transpose_b;     /* first make a copy of B as [k,n] (OUTER) */
    bool pack_b;          /* copy panels of B on the way; a must if B is transposed (OUTER) */
    size_t rows, columns; /* the tile in registers (OUTER, PACKED, TILES, LANES, MATRIX) */
    size_t group_rows, group_columns, group_batch; /* of C, per work-group */
    size_t k_block;        /* most values of k per tile (OUTER, PACKED); at once (TILES, LANES, MATRIX) */
    size_t buffers;        /* places for these in local memory (TILES, LANES, MATRIX) */
    size_t workers;        /* work-groups, which take parts of C in turn (PACKED) */
    size_t side, each;     /* items along an edge, rows per item (LOCAL) */
    size_t k_step, s_step; /* values of k and s per slab */
    size_t slabs;          /* above 1: partial results are summed afterwards */
} locl_gemm_cut;

#endif
