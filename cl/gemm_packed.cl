/* The native product of CPUs for large matrices: one work-item per work-group, which copies blocks of both operands
 * to scratch of its own, in the order in which tiles take them, so that neither long rows nor transposition
 * matter, and uses them while the caches hold them. Built with TA, TB (stored transposed), ROWS x COLUMNS, the
 * tile in registers, and K_BLOCK, the values of k in a block. */
#pragma OPENCL FP_CONTRACT ON

#define A_SPACE global
#define B_SPACE global
#define PACK_SPACE global
#define B_WHOLE 1

#include "gemm_group.clh"
#include "gemm_tile.clh"
#include "gemm_pack.clh"

enum { SPILL = 16 }; /* floats behind the copy of A, see pack_rows() */

#if TA
/* Fills pack [k][ROWS] with `rows` of A's stored columns; the rows that do not exist are 0. */
static void pack_rows(global const float *a, size_t lda, uint rows, uint k, global float *pack)
{
    for (uint p = 0; p < k && rows == ROWS; p++) {
        copy_values(a + p * lda, pack + p * ROWS);
    }
    for (uint p = 0; p < k && rows < ROWS; p++) {
        for (uint i = 0; i < ROWS; i++) {
            pack[p * ROWS + i] = i < rows ? a[p * lda + i] : 0.0f;
        }
    }
}
#else
/* Fills pack [k][ROWS] with `rows` of A's rows, transposed; the rows that do not exist are 0. Whole vectors are stored,
 * of which the next store replaces what is past the last row: up to SPILL floats behind the copy are spoiled. */
static void pack_rows(global const float *a, size_t lda, uint rows, uint k, global float *pack)
{
    uint p = 0;
    for (; p + 16 <= k; p += 16) {
        float16 x[16];
#pragma unroll
        for (int i = 0; i < 16; i++) {
            x[i] = i < ROWS && i < rows ? vload16(0, a + i * lda + p) : (float16)0;
        }
        transpose16(x);
#pragma unroll
        for (int i = 0; i < 16; i++) {
            vstore16(x[i], 0, pack + (p + i) * ROWS);
        }
    }
    for (; p < k; p++) {
        for (uint i = 0; i < ROWS; i++) {
            pack[p * ROWS + i] = i < rows ? a[i * lda + p] : 0.0f;
        }
    }
}
#endif

/* What a group works on: `rows` x `columns` of C, the copies of its blocks of A and B. */
typedef struct block {
    uint rows, columns;
    global float *left, *right;
} block;

/* Computes C [rows,columns] = alpha op(A) op(B) + beta C over `k` values: A, B and C from there on. */
static void multiply(block x, global const float *a, size_t lda, global const float *b, size_t ldb,
                     global float *c, size_t ldc, uint k, float alpha, float beta)
{
    size_t row[ROWS];
#pragma unroll
    for (int i = 0; i < ROWS; i++) {
        row[i] = i;
    }
    for (uint i = 0; i < x.rows; i += ROWS) {
        pack_rows(a + (TA ? i : i * lda), lda, min((uint)ROWS, x.rows - i), k, x.left + i * k);
    }
    for (uint j = 0; j < x.columns; j += COLUMNS) {
        uint columns = min((uint)COLUMNS, x.columns - j);
        global float *panel = x.right + j * k;
        pack_panel(b + (TB ? j * ldb : j), ldb, columns, k, panel);
        for (uint i = 0; i < x.rows; i += ROWS) {
            gemm_columns(x.left + i * k, row, ROWS, panel, COLUMNS, k * COLUMNS, c + i * ldc + j, ldc,
                         min((uint)ROWS, x.rows - i), 0, columns, k, alpha, beta);
        }
    }
}

/* Computes what gemm_native does, but with `workers` groups, each with `pack_step` floats of `pack`, which share the parts of C out
 * in turn: [group_rows x group_columns] of one z and slab. */
kernel __attribute__((reqd_work_group_size(1, 1, 1))) void
gemm_packed(global const float *a, global const float *b, global float *c, global float *pack, uint m, uint n,
            uint k, ulong lda, ulong ldb, ulong ldc, uint batch, ulong stride_a, ulong stride_b,
            ulong stride_c, uint sum, ulong sum_a, ulong sum_b, uint group_rows, uint group_columns, uint parts,
            ulong pack_step, uint k_step, uint s_step, ulong slab_c, float alpha, float beta)
{
    block x;
    uint k_slabs = (k + k_step - 1) / k_step;
    x.left = pack + get_group_id(0) * pack_step;
    x.right = x.left + (group_rows + ROWS - 1) / ROWS * ROWS * K_BLOCK + SPILL;
    for (size_t g = get_group_id(0); g < parts; g += get_num_groups(0)) {
        gemm_part part = gemm_part_of(g, m, n, group_rows, group_columns, batch);
        uint k_first = (uint)(part.slab % k_slabs) * k_step, k_last = min(k, k_first + k_step);
        uint s_first = (uint)(part.slab / k_slabs) * s_step, s_last = min(sum, s_first + s_step);
        global float *to = c + part.slab * slab_c + part.batch * stride_c + part.row * ldc + part.column;
        x.rows = min(m - (uint)part.row, group_rows);
        x.columns = min(n - (uint)part.column, group_columns);
        for (uint s = s_first; s < s_last; s++) {
            for (uint p = k_first; p < k_last; p += K_BLOCK) {
                multiply(x,
                         a + part.batch * stride_a + s * sum_a +
                             (TA ? p * lda + part.row : part.row * lda + p),
                         lda,
                         b + part.batch * stride_b + s * sum_b +
                             (TB ? part.column * ldb + p : p * ldb + part.column),
                         ldb, to, ldc, min((uint)K_BLOCK, k_last - p), alpha,
                         s == s_first && p == k_first ? beta : 1.0f);
            }
        }
    }
}
