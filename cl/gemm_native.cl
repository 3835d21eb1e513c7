/* The native product of CPUs. Each work-group is one work-item, which walks over its part of C in tiles that stay in
 * registers. Built with TA (A is stored [k,m]) or PACK (panels of B are copied on the way), TB (B is stored [n,k],
 * needs PACK) and K_BLOCK, the most values of k that a tile takes at once. */
#pragma OPENCL FP_CONTRACT ON

#include "gemm_group.clh"
#include "gemm_outer.clh"

/* Computes C[z] = alpha * sum over the slab's s and k of op(A[z,s]) op(B[z,s]) + beta * C[z]. A group has up to
 * `group_rows` x `group_columns` of C for up to `group_batch` values of z, and the slab's `s_step` values of s and
 * `k_step` of k. Slab i writes slab_c further on. */
kernel __attribute__((reqd_work_group_size(1, 1, 1))) void
gemm_native(global const float *a, global const float *b, global float *c, uint m, uint n, uint k, ulong lda,
            ulong ldb, ulong ldc, uint batch, ulong stride_a, ulong stride_b, ulong stride_c, uint sum,
            ulong sum_a, ulong sum_b, uint group_rows, uint group_columns, uint group_batch, uint k_step,
            uint s_step, ulong slab_c, float alpha, float beta)
{
    gemm_part part = gemm_part_of(get_group_id(0), m, n, group_rows, group_columns,
                                  (batch + group_batch - 1) / group_batch);
    uint k_slabs = (k + k_step - 1) / k_step;
    uint k_first = (uint)(part.slab % k_slabs) * k_step, k_last = min(k, k_first + k_step);
    uint s_first = (uint)(part.slab / k_slabs) * s_step, s_last = min(sum, s_first + s_step);
    uint row_first = (uint)part.row, row_last = min(m, row_first + group_rows);
    uint column_first = (uint)part.column, column_last = min(n, column_first + group_columns);
    uint z_first = (uint)part.batch * group_batch, batches = min(group_batch, batch - z_first);
#if !PACK
    uint tiles = (row_last - row_first + ROWS - 1) / ROWS;
#endif
    c += part.slab * slab_c;
    for (uint s = s_first; s < s_last; s++) {
        for (uint p = k_first; p < k_last; p += K_BLOCK) {
            uint count = min((uint)K_BLOCK, k_last - p);
            float keep = s == s_first && p == k_first ? beta : 1.0f;
#if PACK
            for (size_t z = z_first; z < z_first + batches; z++) {
                for (uint j = column_first; j < column_last; j += COLUMNS) {
                    gemm_panel(a + z * stride_a + s * sum_a + row_first * lda + p, lda,
                               b + z * stride_b + s * sum_b + (TB ? j * ldb + p : p * ldb + j), ldb,
                               c + z * stride_c + row_first * ldc + j, ldc, row_last - row_first,
                               min((uint)COLUMNS, column_last - j), count, alpha, keep);
                }
            }
#else
            for (uint t = 0; t < tiles * batches; t++) {
                /* batches of grouped channels are neighbours in memory, along the rows of A and C or, where A is
                 * transposed, of A and B. One tile after the other then reuses these rows. */
                uint i = row_first + ROWS * (TA ? t % tiles : t / batches);
                size_t z = z_first + (TA ? t / tiles : t % batches);
                gemm_rows(a + z * stride_a + s * sum_a + (TA ? p * lda + i : i * lda + p), lda,
                          b + z * stride_b + s * sum_b + p * ldb, ldb, (k - p - 1) * ldb + n,
                          c + z * stride_c + i * ldc, ldc, min((uint)ROWS, row_last - i), column_first,
                          column_last, count, alpha, keep);
            }
#endif
        }
    }
}
