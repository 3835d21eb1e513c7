/* The native product of devices with many work-items per group. A work-group has TEAMS teams, each with a tile of
 * TILE_ROWS x TILE_COLUMNS of C of a z of its own. An item has ITEM_ROWS x ITEM_COLUMNS of it in registers, in squares
 * of 4 x 4. STEP values of k of both operands pass through local memory, while the next ones are on their way to
 * registers. With BUFFERS 2 steps take turns in two places there, which saves a barrier.
 * Built with TA, TB (stored transposed), VECTORS (gemm_feed.clh) and these numbers. */
#pragma OPENCL FP_CONTRACT ON

enum {
    DOWN = TILE_ROWS / ITEM_ROWS, /* items along a column of the tile */
    ACROSS = TILE_COLUMNS / ITEM_COLUMNS,
    TEAM = DOWN * ACROSS,
    BESIDE = ACROSS < 8 ? ACROSS : 8 /* items in a row before the next row: 32 share 4 rows, not 2 */
};

#include "gemm_feed.clh"
#include "gemm_group.clh"

enum {
    LEFT_ROW = FEED_ROW(!TA, TILE_ROWS),
    RIGHT_ROW = FEED_ROW(TB, TILE_COLUMNS),
    LEFT = STEP * LEFT_ROW,
    RIGHT = STEP * RIGHT_ROW,
    SQUARES = ITEM_ROWS * ITEM_COLUMNS / 16 /* of an item, row by row */
};

/* Adds STEP values of k to an item's part of the tile, whose first row and column `left` and `right` point to. */
static __attribute__((always_inline)) void multiply(local const float *left, local const float *right,
                                                    float16 acc[SQUARES])
{
#pragma unroll 2
    for (int q = 0; q < STEP; q++) {
        float4 y[ITEM_COLUMNS / 4];
#pragma unroll
        for (int j = 0; j < ITEM_COLUMNS / 4; j++) {
            y[j] = *(local const float4 *)(right + q * RIGHT_ROW + j * 4 * ACROSS);
        }
#pragma unroll
        for (int i = 0; i < ITEM_ROWS / 4; i++) {
            float4 x = *(local const float4 *)(left + q * LEFT_ROW + i * 4 * DOWN);
#pragma unroll
            for (int j = 0; j < ITEM_COLUMNS / 4; j++) {
                acc[i * (ITEM_COLUMNS / 4) + j] += x.s0000111122223333 * y[j].s0123012301230123;
            }
        }
    }
}

/* Stores the first `count` of 4 neighbours, C = alpha value + beta C. */
static __attribute__((always_inline)) void finish(float4 value, global float *to, int count, float alpha,
                                                  float beta)
{
    value *= alpha;
    if (beta != 0.0f) {
        value += beta * (VECTORS || count >= 4 ? feed_load(to) : feed_load_some(to, count));
    }
#if VECTORS
    *(global float4 *)to = value;
#else
    if (count >= 4) {
        vstore4(value, 0, to);
        return;
    }
    to[0] = value.s0;
    if (count > 1) {
        to[1] = value.s1;
    }
    if (count > 2) {
        to[2] = value.s2;
    }
#endif
}

/* Stores an item's part of a tile of C [rows,columns], which begins there. */
static __attribute__((always_inline)) void store(const float16 acc[SQUARES], uint down, uint across,
                                                 global float *c, size_t ldc, uint rows, uint columns,
                                                 float alpha, float beta)
{
#pragma unroll
    for (int i = 0; i < SQUARES; i++) {
        const float4 square[4] = {acc[i].s0123, acc[i].s4567, acc[i].s89ab, acc[i].scdef};
        uint row = (i / (ITEM_COLUMNS / 4) * DOWN + down) * 4;
        uint column = (i % (ITEM_COLUMNS / 4) * ACROSS + across) * 4;
#pragma unroll
        for (int r = 0; r < 4; r++) {
            if (row + r < rows && column < columns) {
                finish(square[r], c + (row + r) * ldc + column, (int)(columns - column), alpha, beta);
            }
        }
    }
}

/* Computes what gemm_native does, for TEAMS batches per group. */
kernel __attribute__((reqd_work_group_size(TEAMS *TEAM, 1, 1))) void
gemm_tiles(global const float *a, global const float *b, global float *c, uint m, uint n, uint k, ulong lda,
           ulong ldb, ulong ldc, uint batch, ulong stride_a, ulong stride_b, ulong stride_c, uint sum,
           ulong sum_a, ulong sum_b, uint k_step, uint s_step, ulong slab_c, float alpha, float beta)
{
    local float left[BUFFERS * TEAMS * LEFT] __attribute__((aligned(16)));
    local float right[BUFFERS * TEAMS * RIGHT] __attribute__((aligned(16)));
    float16 acc[SQUARES];
    float4 x[FEED_LOADS], y[FEED_LOADS];
    feed from_a, from_b;
    uint item = (uint)get_local_id(0) % TEAM, team = (uint)get_local_id(0) / TEAM;
    uint across = item % BESIDE + item / (BESIDE * DOWN) * BESIDE, down = item / BESIDE % DOWN;
    gemm_part part =
        gemm_part_of(get_group_id(0), m, n, TILE_ROWS, TILE_COLUMNS, (batch + TEAMS - 1) / TEAMS);
    uint row = (uint)part.row, column = (uint)part.column, z = (uint)part.batch * TEAMS + team;
    uint k_slabs = (k + k_step - 1) / k_step;
    uint k_first = (uint)(part.slab % k_slabs) * k_step, depth = min(k - k_first, k_step);
    uint s_first = (uint)(part.slab / k_slabs) * s_step, sums = min(sum - s_first, s_step);
    uint steps = (depth + STEP - 1) / STEP, step = 0, place = 0;
    size_t next_a = TA ? STEP * lda : STEP, next_b = TB ? STEP : STEP * ldb;
    size_t sum_next_a = sum_a - (steps - 1) * next_a, sum_next_b = sum_b - (steps - 1) * next_b;
    local float *my_left = left + team * LEFT, *my_right = right + team * RIGHT;
#pragma unroll
    for (int i = 0; i < SQUARES; i++) {
        acc[i] = 0.0f;
    }
    /* a team without a z works on the last one, for nothing */
    a += min(z, batch - 1) * stride_a + s_first * sum_a + (TA ? k_first * lda + row : row * lda + k_first);
    b += min(z, batch - 1) * stride_b + s_first * sum_b + (TB ? column * ldb + k_first : k_first * ldb + column);
    feed_open(&from_a, !TA, TILE_ROWS, item, a, (uint)lda, m - row);
    feed_open(&from_b, TB, TILE_COLUMNS, item, b, (uint)ldb, n - column);
    feed_read(&from_a, !TA, TILE_ROWS, item, (uint)lda, depth, x);
    feed_read(&from_b, TB, TILE_COLUMNS, item, (uint)ldb, depth, y);
    feed_put(!TA, TILE_ROWS, item, depth, x, my_left);
    feed_put(TB, TILE_COLUMNS, item, depth, y, my_right);
    barrier(CLK_LOCAL_MEM_FENCE);
    for (uint left_to_do = sums * steps; left_to_do > 0; left_to_do--) {
        bool more = left_to_do > 1, again = step + 1 == steps; /* next come the first values of the next s */
        step = again ? 0 : step + 1;
        if (more) {
            from_a.begin += again ? sum_next_a : next_a;
            from_b.begin += again ? sum_next_b : next_b;
            feed_read(&from_a, !TA, TILE_ROWS, item, (uint)lda, depth - step * STEP, x);
            feed_read(&from_b, TB, TILE_COLUMNS, item, (uint)ldb, depth - step * STEP, y);
        }
        multiply(my_left + place * TEAMS * LEFT + down * 4, my_right + place * TEAMS * RIGHT + across * 4,
                 acc);
#if BUFFERS == 2
        place ^= 1;
#else
        barrier(CLK_LOCAL_MEM_FENCE);
#endif
        if (more) {
            feed_put(!TA, TILE_ROWS, item, depth - step * STEP, x, my_left + place * TEAMS * LEFT);
            feed_put(TB, TILE_COLUMNS, item, depth - step * STEP, y, my_right + place * TEAMS * RIGHT);
        }
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    if (z < batch) {
        store(acc, down, across, c + z * stride_c + part.slab * slab_c + row * ldc + column, ldc, m - row,
              n - column, alpha, beta);
    }
}
