/* What surrounds a product: a transposed copy of an operand, the sum of slabs, and a copy of an operand whose buffer
 * changes. */
#pragma OPENCL FP_CONTRACT ON

#include "gemm_values.clh"

/* Copies B[z,s], stored [n,k], to out[z,s] [k,n], dense. Each group is one work-item with 16 x 16 values. */
kernel __attribute__((reqd_work_group_size(1, 1, 1))) void gemm_transpose(global const float *b,
                                                                          global float *out, uint n, uint k,
                                                                          ulong ldb, ulong stride_b, uint sum,
                                                                          ulong sum_b)
{
    uint blocks_n = (n + 15) / 16, blocks_k = (k + 15) / 16;
    size_t group = get_group_id(0);
    uint k_first = (uint)(group % blocks_k) * 16, k_last = min(k, k_first + 16);
    group /= blocks_k;
    uint n_first = (uint)(group % blocks_n) * 16, n_last = min(n, n_first + 16);
    group /= blocks_n;
    b += group / sum * stride_b + group % sum * sum_b;
    out += group * n * k;
    for (uint p = k_first; p < k_last; p++) {
        for (uint j = n_first; j < n_last; j++) {
            out[p * (size_t)n + j] = b[j * ldb + p];
        }
    }
}

/* Computes C[z] = alpha * (part[0,z] + part[1,z] + ...) + beta * C[z] from part [slabs,batch,m,n], dense. A work-item
 * has `span` columns of one row: all of them on a CPU, one elsewhere. */
kernel void gemm_reduce(global const float *part, global c_value *c, uint m, uint n, uint batch, uint slabs,
                        ulong ldc, ulong stride_c, uint span, float alpha, float beta)
{
    uint spans = (n + span - 1) / span;
    size_t item = get_global_id(0), row = item / spans;
    if (row >= (size_t)batch * m) {
        return;
    }
    size_t slab = (size_t)batch * m * n;
    uint j = (uint)(item % spans) * span, last = min(n, j + span);
    global const float *from = part + row * n;
    global c_value *to = c + row / m * stride_c + row % m * ldc;
    for (; j + 16 <= last; j += 16) {
        float16 value = 0;
        for (uint s = 0; s < slabs; s++) {
            value += vload16(0, from + s * slab + j);
        }
        value *= alpha;
        if (beta != 0.0f) {
            value += beta * C_LOAD16(to + j);
        }
        C_STORE16(value, to + j);
    }
    for (; j < last; j++) {
        float value = 0;
        for (uint s = 0; s < slabs; s++) {
            value += from[s * slab + j];
        }
        value *= alpha;
        C_STORE(beta != 0.0f ? value + beta * C_LOAD(to + j) : value, to + j);
    }
}

/* Copies the first `count` values of an operand whose buffer changes from step to step. */
kernel void gemm_copy(global const float *from, global float *to, ulong count)
{
    size_t i = get_global_id(0);
    if (i < count) {
        to[i] = from[i];
    }
}
