/* How the native engine cuts a product for a device: pure, from shape and caps only, so that the order of
 * summation is fixed by them. The kernels (cl/gemm_native.cl, cl/gemm_local.cl) take any cut. */
#ifndef LOCL_GEMM_POLICY_H
#define LOCL_GEMM_POLICY_H

#include "gemm/gemm.h"

typedef enum locl_gemm_kernel {
    LOCL_GEMM_OUTER, /* gemm_native.cl: tiles in registers; one operand may be transposed */
    LOCL_GEMM_LOCAL  /* gemm_local.cl: tiles through local memory, any transposition */
} locl_gemm_kernel;

typedef struct locl_gemm_cut {
    locl_gemm_kernel kernel;
    bool transpose_b; /* first make a copy of B as [k,n] */
    bool pack_b;      /* copy panels of B on the way; a must if B is transposed */
    size_t group_rows, group_columns, group_batch; /* of C, per work-group */
    size_t k_block;                                /* most values of k per tile (OUTER) */
    size_t side, each;                             /* items along an edge, rows per item (LOCAL) */
    size_t k_step, s_step;                         /* values of k and s per slab */
    size_t slabs;                                  /* above 1: partial results are summed afterwards */
} locl_gemm_cut;

locl_gemm_cut locl_gemm_cut_for(const locl_gemm_shape *shape, const locl_caps *caps);
size_t locl_gemm_groups(const locl_gemm_shape *shape, const locl_gemm_cut *cut);
size_t locl_gemm_local_bytes(const locl_gemm_cut *cut); /* of local memory, per work-group */

#endif
