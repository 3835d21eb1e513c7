/* The native product of devices with many work-items per group. A work-group of SIDE x SIDE items has an EDGE x EDGE
 * tile of C, each item every SIDE-th row and column of it. STEP values of k of both operands pass through local memory.
 * Built with TA, TB (stored transposed), SIDE and EACH = EDGE / SIDE. */
#pragma OPENCL FP_CONTRACT ON

#include "gemm_group.clh"
#include "gemm_values.clh"

enum { EDGE = SIDE * EACH, STEP = 16 };

/* Returns one element of op(X), of floats or halves, 0 outside of it. */
static float element(global const void *x, const bool halves, size_t ld, const bool transposed, size_t row,
                     size_t column, bool inside)
{
    size_t at = transposed ? column * ld + row : row * ld + column;
    return !inside  ? 0.0f
           : halves ? vload_half(at, (global const half *)x)
                    : ((global const float *)x)[at];
}

/* Computes what gemm_native does, for one batch per group. */
kernel __attribute__((reqd_work_group_size(SIDE *SIDE, 1, 1))) void
gemm_local(global const a_value *a, global const b_value *b, global c_value *c, uint m, uint n, uint k, ulong lda,
           ulong ldb, ulong ldc, uint batch, ulong stride_a, ulong stride_b, ulong stride_c, uint sum,
           ulong sum_a, ulong sum_b, uint k_step, uint s_step, ulong slab_c, float alpha, float beta)
{
    local float left[STEP][EDGE + 1], right[STEP][EDGE + 1];
    float acc[EACH][EACH];
    gemm_part part = gemm_part_of(get_group_id(0), m, n, EDGE, EDGE, batch);
    uint item = (uint)get_local_id(0), x = item % SIDE, y = item / SIDE;
    uint k_slabs = (k + k_step - 1) / k_step;
    uint k_first = (uint)(part.slab % k_slabs) * k_step, k_last = min(k, k_first + k_step);
    uint s_first = (uint)(part.slab / k_slabs) * s_step, s_last = min(sum, s_first + s_step);
#pragma unroll
    for (int i = 0; i < EACH; i++) {
#pragma unroll
        for (int j = 0; j < EACH; j++) {
            acc[i][j] = 0;
        }
    }
    for (uint s = s_first; s < s_last; s++) {
        global const a_value *as = a + part.batch * stride_a + s * sum_a;
        global const b_value *bs = b + part.batch * stride_b + s * sum_b;
        for (uint p = k_first; p < k_last; p += STEP) {
            /* makes neighbouring items read neighbours in memory, whichever way the operand is stored */
            for (uint e = item; e < STEP * EDGE; e += SIDE * SIDE) {
                uint q = TA ? e / EDGE : e % STEP, i = TA ? e % EDGE : e / STEP;
                left[q][i] = element(as, HALF_A, lda, TA, part.row + i, p + q,
                                     part.row + i < m && p + q < k_last);
                q = TB ? e % STEP : e / EDGE;
                i = TB ? e / STEP : e % EDGE;
                right[q][i] =
                    element(bs, HALF_B, ldb, TB, p + q, part.column + i, part.column + i < n && p + q < k_last);
            }
            barrier(CLK_LOCAL_MEM_FENCE);
            for (int q = 0; q < STEP; q++) {
#pragma unroll
                for (int i = 0; i < EACH; i++) {
                    float value = left[q][y + i * SIDE];
#pragma unroll
                    for (int j = 0; j < EACH; j++) {
                        acc[i][j] += value * right[q][x + j * SIDE];
                    }
                }
            }
            barrier(CLK_LOCAL_MEM_FENCE);
        }
    }
    c += part.batch * stride_c + part.slab * slab_c;
    for (int i = 0; i < EACH; i++) {
        for (int j = 0; j < EACH; j++) {
            size_t row = part.row + y + i * SIDE, column = part.column + x + j * SIDE;
            if (row < m && column < n) {
                global c_value *to = c + row * ldc + column;
                float value = alpha * acc[i][j];
                C_STORE(beta != 0.0f ? value + beta * C_LOAD(to) : value, to);
            }
        }
    }
}
