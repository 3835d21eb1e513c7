/* The native product of devices with many work-items per group. A work-group has TEAMS teams, each with a tile of
 * TILE_ROWS x TILE_COLUMNS of C of a z of its own. An item has ITEM_ROWS x ITEM_COLUMNS of it in registers: squares
 * of 4 x 4, which it multiplies itself; or, with UNIT, its values of fragments of a matrix unit or a sub-group (matrix.clh),
 * whose items have a rectangle of as many values together. STEP values of k of both operands pass through local memory, while the next
 * ones are on their way to registers. With BUFFERS 2 steps take turns in two places there, which saves a barrier.
 * Built with TA, TB (stored transposed), VECTORS (gemm_feed.clh), UNIT, EMULATED (matrix.clh), HALF_A, HALF_B,
 * HALF_C (gemm_values.clh) and these numbers. */
#pragma OPENCL FP_CONTRACT ON

enum {
    DOWN = TILE_ROWS / ITEM_ROWS, /* items along a column of the tile */
    ACROSS = TILE_COLUMNS / ITEM_COLUMNS,
    TEAM = DOWN * ACROSS,
    BESIDE = ACROSS < 8 ? ACROSS : 8 /* items in a row before the next row: 32 share 4 rows, not 2 */
};

#include "matrix.clh"
#include "gemm_feed.clh"
#include "gemm_group.clh"
#include "gemm_values.clh"

enum {
    LEFT_ROW = FEED_ROW(!TA, TILE_ROWS),
    RIGHT_ROW = FEED_ROW(TB, TILE_COLUMNS),
    LEFT = STEP * LEFT_ROW,
    RIGHT = STEP * RIGHT_ROW
};

#if UNIT
enum {
    WAVE_ROWS = UNIT_DOWN * ITEM_ROWS, /* of a tile, that the items of a unit have together */
    WAVE_COLUMNS = UNIT_ACROSS * ITEM_COLUMNS,
    FRAGMENTS_ACROSS = WAVE_COLUMNS / UNIT_N,
    SUMS = WAVE_ROWS / UNIT_M * FRAGMENTS_ACROSS, /* of an item: its part of each fragment, row by row */
    SWAP = EMULATED ? TEAMS * TEAM / UNIT_WAVE * UNIT_SWAP : 1
};
typedef unit_c sums_type;

static __attribute__((always_inline)) uint first_row(uint item)
{
    return item / UNIT_WAVE / (TILE_COLUMNS / WAVE_COLUMNS) * WAVE_ROWS;
}

static __attribute__((always_inline)) uint first_column(uint item)
{
    return item / UNIT_WAVE % (TILE_COLUMNS / WAVE_COLUMNS) * WAVE_COLUMNS;
}

/* Adds STEP values of k to the part of the tile whose first row and column `left` and `right` point to. */
static __attribute__((always_inline)) void multiply(local const float *left, local const float *right,
                                                    sums_type acc[SUMS], uint item, local float *swap)
{
    uint lane = item % UNIT_WAVE;
#pragma unroll
    for (int q = 0; q < STEP; q += UNIT_K) {
        unit_b y[FRAGMENTS_ACROSS];
#pragma unroll
        for (int j = 0; j < FRAGMENTS_ACROSS; j++) {
            y[j] = unit_load_b(right + q * RIGHT_ROW + j * UNIT_N, RIGHT_ROW, lane);
        }
#pragma unroll
        for (int i = 0; i < SUMS; i += FRAGMENTS_ACROSS) {
            unit_a x = unit_load_a(left + q * LEFT_ROW + i / FRAGMENTS_ACROSS * UNIT_M, LEFT_ROW, lane);
#pragma unroll
            for (int j = 0; j < FRAGMENTS_ACROSS; j++) {
                unit_mma(&acc[i + j], x, y[j], lane, swap);
            }
        }
    }
}

/* Stores an item's part of a tile of C [rows,columns], which begins there: C = alpha value + beta C. */
static __attribute__((always_inline)) void store(const sums_type acc[SUMS], uint item, global c_value *c,
                                                 size_t ldc, uint rows, uint columns, float alpha, float beta)
{
    uint lane = item % UNIT_WAVE;
#pragma unroll
    for (int i = 0; i < SUMS; i++) {
        uint row = first_row(item) + i / FRAGMENTS_ACROSS * UNIT_M + UNIT_ROW(lane, 0);
        uint column = first_column(item) + i % FRAGMENTS_ACROSS * UNIT_N + UNIT_COLUMN(lane, 0);
        global c_value *first = c + row * ldc + column;
#define STORE(v, value)                                                                                      \
    if (row + UNIT_ROW(0, v) < rows && column + UNIT_COLUMN(0, v) < columns) {                               \
        global c_value *to = first + UNIT_ROW(0, v) * ldc + UNIT_COLUMN(0, v);                               \
        C_STORE(alpha * value + (beta != 0.0f ? beta * C_LOAD(to) : 0.0f), to);                              \
    }
        UNIT_EACH(STORE, acc[i])
#undef STORE
    }
}

#else
enum { SUMS = ITEM_ROWS * ITEM_COLUMNS / 16 /* squares of an item, row by row */ };
typedef float16 sums_type;

static __attribute__((always_inline)) uint first_row(uint item)
{
    return item / BESIDE % DOWN * 4;
}

static __attribute__((always_inline)) uint first_column(uint item)
{
    return (item % BESIDE + item / (BESIDE * DOWN) * BESIDE) * 4;
}

/* Adds STEP values of k to an item's part of the tile, whose first row and column `left` and `right` point to. */
static __attribute__((always_inline)) void multiply(local const float *left, local const float *right,
                                                    sums_type acc[SUMS], uint item, local float *swap)
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
static __attribute__((always_inline)) void finish(float4 value, global c_value *to, int count, float alpha,
                                                  float beta)
{
    value *= alpha;
    if (beta != 0.0f) {
        global const float *from = (global const float *)to;
        value += beta * (VECTORS || count >= 4 ? feed_load(from, HALF_C) : feed_load_some(from, HALF_C, count));
    }
#if VECTORS
    C_STORE4_ALIGNED(value, to);
#else
    if (count >= 4) {
        C_STORE4(value, to);
        return;
    }
    C_STORE(value.s0, to);
    if (count > 1) {
        C_STORE(value.s1, to + 1);
    }
    if (count > 2) {
        C_STORE(value.s2, to + 2);
    }
#endif
}

/* Stores an item's part of a tile of C [rows,columns], which begins there. */
static __attribute__((always_inline)) void store(const sums_type acc[SUMS], uint item, global c_value *c,
                                                 size_t ldc, uint rows, uint columns, float alpha, float beta)
{
#pragma unroll
    for (int i = 0; i < SUMS; i++) {
        const float4 square[4] = {acc[i].s0123, acc[i].s4567, acc[i].s89ab, acc[i].scdef};
        uint row = i / (ITEM_COLUMNS / 4) * DOWN * 4 + first_row(item);
        uint column = i % (ITEM_COLUMNS / 4) * ACROSS * 4 + first_column(item);
#pragma unroll
        for (int r = 0; r < 4; r++) {
            if (row + r < rows && column < columns) {
                finish(square[r], c + (row + r) * ldc + column, (int)(columns - column), alpha, beta);
            }
        }
    }
}

#endif

/* Computes what gemm_native does, for TEAMS batches per group. */
kernel __attribute__((reqd_work_group_size(TEAMS *TEAM, 1, 1))) UNIT_ATTRIBUTE void
gemm_tiles(global const a_value *a, global const b_value *b, global c_value *c, uint m, uint n, uint k, ulong lda,
           ulong ldb, ulong ldc, uint batch, ulong stride_a, ulong stride_b, ulong stride_c, uint sum,
           ulong sum_a, ulong sum_b, uint k_step, uint s_step, ulong slab_c, float alpha, float beta)
{
    local float left[BUFFERS * TEAMS * LEFT] __attribute__((aligned(16)));
    local float right[BUFFERS * TEAMS * RIGHT] __attribute__((aligned(16)));
#if UNIT && EMULATED
    local float swap[TEAMS * TEAM / UNIT_WAVE * UNIT_SWAP];
    local float *my_swap = swap + get_local_id(0) / UNIT_WAVE * UNIT_SWAP;
#else
    local float *my_swap = 0;
#endif
    sums_type acc[SUMS];
    float4 x[FEED_LOADS], y[FEED_LOADS];
    feed from_a, from_b;
    uint item = (uint)get_local_id(0) % TEAM, team = (uint)get_local_id(0) / TEAM;
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
    /* a team without a z works on the last one, for nothing */
    a += min(z, batch - 1) * stride_a + s_first * sum_a + (TA ? k_first * lda + row : row * lda + k_first);
    b += min(z, batch - 1) * stride_b + s_first * sum_b + (TB ? column * ldb + k_first : k_first * ldb + column);
    feed_open(&from_a, !TA, TILE_ROWS, item, a, (uint)lda, m - row);
    feed_open(&from_b, TB, TILE_COLUMNS, item, b, (uint)ldb, n - column);
    feed_read(&from_a, !TA, TILE_ROWS, HALF_A, item, (uint)lda, depth, x);
    feed_read(&from_b, TB, TILE_COLUMNS, HALF_B, item, (uint)ldb, depth, y);
    feed_put(!TA, TILE_ROWS, item, depth, x, my_left);
    feed_put(TB, TILE_COLUMNS, item, depth, y, my_right);
    barrier(CLK_LOCAL_MEM_FENCE);
#pragma unroll
    for (int i = 0; i < SUMS; i++) {
        acc[i] = 0.0f;
    }
    for (uint left_to_do = sums * steps; left_to_do > 0; left_to_do--) {
        bool more = left_to_do > 1, again = step + 1 == steps; /* next come the first values of the next s */
        step = again ? 0 : step + 1;
        if (more) {
            from_a.begin = feed_at(from_a.begin, HALF_A, again ? sum_next_a : next_a);
            from_b.begin = feed_at(from_b.begin, HALF_B, again ? sum_next_b : next_b);
            feed_read(&from_a, !TA, TILE_ROWS, HALF_A, item, (uint)lda, depth - step * STEP, x);
            feed_read(&from_b, TB, TILE_COLUMNS, HALF_B, item, (uint)ldb, depth - step * STEP, y);
        }
        multiply(my_left + place * TEAMS * LEFT + first_row(item),
                 my_right + place * TEAMS * RIGHT + first_column(item), acc, item, my_swap);
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
        store(acc, item, c + z * stride_c + part.slab * slab_c + row * ldc + column, ldc, m - row, n - column,
              alpha, beta);
    }
}
