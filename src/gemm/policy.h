/* Cuts a product of the native engine for a device. Pure: depends on shape and caps only, which fix the order
 * of summation. The kernels (cl/gemm_native.cl, cl/gemm_local.cl) take any cut. */
#ifndef LOCL_GEMM_POLICY_H
#define LOCL_GEMM_POLICY_H

#include "gemm/gemm.h"

typedef enum locl_gemm_kernel {
    LOCL_GEMM_OUTER, /* gemm_native.cl: tiles in registers; one operand may be transposed */
    LOCL_GEMM_LOCAL  /* gemm_local.cl: tiles through local memory, any transposition */
} locl_gemm_kernel;

typedef struct locl_gemm_cut {
    locl_gemm_kernel kernel;
    bool transpose_b; /* make a copy of B as [k,n] first */
    bool pack_b;      /* copy panels of B on the way; needed where B stays transposed */
    size_t group_rows, group_columns, group_batch; /* of C, for one work-group */
    size_t k_block;                                /* (OUTER) most values of k per tile */
    size_t side, each;                             /* (LOCAL) items along an edge, rows per item */
    size_t k_step, s_step;                         /* values of k and s per slab */
    size_t slabs;                                  /* above 1: partial results are summed afterwards */
} locl_gemm_cut;

locl_gemm_cut locl_gemm_cut_for(const locl_gemm_shape *shape, const locl_caps *caps);
size_t locl_gemm_groups(const locl_gemm_shape *shape, const locl_gemm_cut *cut);
size_t locl_gemm_local_bytes(const locl_gemm_cut *cut); /* counts local memory of one work-group */

#endif
