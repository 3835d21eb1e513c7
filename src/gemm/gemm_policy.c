#include "gemm/policy.h"

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

static size_t divide_up(size_t value, size_t by)
{
    return (value + by - 1) / by;
}

static size_t round_up(size_t value, size_t to)
{
    return divide_up(value, to) * to;
}

bool locl_gemm_is_narrow(const locl_caps *caps)
{
    return caps->lanes < 16;
}

size_t locl_gemm_strip(const locl_caps *caps, size_t rows)
{
    enum { STRIP = 4, LONG_STRIP = 6 };
    if (!locl_gemm_is_narrow(caps)) {
        return rows;
    }
    return rows % LONG_STRIP ? STRIP : LONG_STRIP;
}

size_t locl_gemm_parts(const locl_gemm_shape *shape, const locl_gemm_cut *cut)
{
    return divide_up(shape->m, cut->group_rows) * divide_up(shape->n, cut->group_columns) *
           divide_up(shape->batch, cut->group_batch) * cut->slabs;
}

size_t locl_gemm_pack_step(const locl_gemm_cut *cut)
{
    enum { SPILL = 16 }; /* cl/gemm_packed.cl */
    size_t a = round_up(cut->group_rows, cut->rows), b = round_up(cut->group_columns, cut->columns);
    return round_up((a + b) * cut->k_block + SPILL, 16);
}

bool locl_gemm_by_tiles(const locl_gemm_cut *cut)
{
    return cut->kernel == LOCL_GEMM_TILES || cut->kernel == LOCL_GEMM_LANES ||
           cut->kernel == LOCL_GEMM_MATRIX;
}

size_t locl_gemm_items(const locl_gemm_cut *cut)
{
    switch (cut->kernel) {
    case LOCL_GEMM_LOCAL:
        return cut->side * cut->side;
    case LOCL_GEMM_TILES:
    case LOCL_GEMM_LANES:
    case LOCL_GEMM_MATRIX:
        return cut->group_rows / cut->rows * (cut->group_columns / cut->columns) * cut->group_batch;
    default:
        return 1;
    }
}

size_t locl_gemm_local_bytes(const locl_gemm_cut *cut)
{
    enum { STEP = 16 };                                      /* cl/gemm_local.cl */
    enum { LONGER = 4, LONGER_OF_UNITS = 16, OPERANDS = 2 }; /* cl/gemm_feed.clh, matrix.clh: at most */
    size_t longer = OPERANDS * (cut->kernel == LOCL_GEMM_MATRIX ? LONGER_OF_UNITS : LONGER);
    switch (cut->kernel) {
    case LOCL_GEMM_LOCAL:
        return 2 * STEP * (cut->side * cut->each + 1) * sizeof(cl_float);
    case LOCL_GEMM_TILES:
    case LOCL_GEMM_LANES:
    case LOCL_GEMM_MATRIX:
        return cut->buffers * cut->group_batch * cut->k_block *
               (cut->group_rows + cut->group_columns + longer) * sizeof(cl_float);
    default:
        return 0;
    }
}

void locl_gemm_divide_sum(const locl_gemm_shape *shape, size_t wanted, size_t least, locl_gemm_cut *cut)
{
    wanted = smaller(wanted, shape->sum * shape->k / least);
    if (wanted <= 1) {
        return;
    }
    cut->s_step = divide_up(shape->sum, smaller(wanted, shape->sum));
    size_t s_slabs = divide_up(shape->sum, cut->s_step);
    cut->k_step = smaller(shape->k, round_up(divide_up(shape->k, divide_up(wanted, s_slabs)), 16));
    cut->slabs = s_slabs * divide_up(shape->k, cut->k_step);
}

/* Returns the number of groups that keep all units of a CPU busy. */
static size_t target_of(const locl_caps *caps)
{
    enum { PARTS_PER_UNIT = 4 };
    return larger(caps->units, 1) * PARTS_PER_UNIT;
}

/* Halves a group's part of C, then its batches, until there are enough groups. */
void locl_gemm_divide_result(const locl_gemm_shape *shape, const locl_caps *caps, locl_gemm_cut *cut)
{
    enum { LEAST_ROWS = 16, LEAST_COLUMNS = 64 };
    size_t target = target_of(caps);
    while (locl_gemm_parts(shape, cut) < target) {
        if (cut->group_batch > 1) {
            cut->group_batch = divide_up(cut->group_batch, 2);
        } else if (cut->group_rows > LEAST_ROWS && cut->group_rows * 4 >= cut->group_columns) {
            cut->group_rows = round_up(cut->group_rows / 2, cut->rows);
        } else if (cut->group_columns > LEAST_COLUMNS) {
            cut->group_columns = round_up(cut->group_columns / 2, cut->columns);
        } else if (cut->group_rows > LEAST_ROWS) {
            cut->group_rows = round_up(cut->group_rows / 2, cut->rows);
        } else {
            return;
        }
    }
}

static bool grouped(const locl_gemm_shape *shape)
{
    return shape->batch > 1 && shape->stride_a > 0 && shape->stride_a < shape->lda;
}

/* Chooses how a work-group of a CPU walks over its part of C, by what limits it (measured on two Zen 4 cores, and, for
 * narrow ones, on two of Zen 3, PoCL):
 * - A transposed: every k touches another row of both operands, so a group gets as much of C as possible.
 *   With few rows of C memory is the limit, and the operands are streamed in thin blocks.
 * - B with long rows: the rows of a panel would share few sets of the caches. So panels are packed on the way
 *   and used for many rows of C. A transposed B is packed, too, unless its values are used so often that one
 *   transposed copy, made before, is cheaper.
 * - Otherwise the rows of A of a group stay in the first-level cache and its block of B in the second. */
static void choose_walk(const locl_gemm_shape *shape, bool narrow, locl_gemm_cut *cut)
{
    enum {
        REUSE = 128,
        LONG_ROW = 1024,
        LONG_ROW_OF_NARROW = 512,
        LEAST_ROWS = 64,
        FEW_ROWS = 128,
        LONG_SUM = 1024
    };
    size_t reuse = shape->stride_b == 0 ? shape->m * shape->batch : shape->m; /* uses of one value of B */
    size_t row = shape->tb ? shape->n : shape->ldb;
    bool long_rows = row >= (narrow ? LONG_ROW_OF_NARROW : LONG_ROW) && shape->m >= LEAST_ROWS;
    cut->pack_b = !shape->ta && (long_rows || (shape->tb && reuse < REUSE));
    cut->transpose_b = shape->tb && !cut->pack_b;
    if (shape->ta) {
        cut->group_rows = cut->group_columns = 512;
        cut->k_block = shape->m <= FEW_ROWS ? 32 : 128;
    } else if (cut->pack_b) {
        cut->group_rows = narrow ? 192 : 256;
        cut->group_columns = 256;
        cut->k_block = shape->tb && !long_rows ? 128 : 256;
    } else {
        cut->group_rows = 64;
        cut->group_columns = 256;
        cut->k_block = 512;
    }
    cut->group_rows = smaller(cut->group_rows, shape->m);
    cut->group_columns = smaller(cut->group_columns, shape->n);
    bool large = shape->m > FEW_ROWS && shape->n > FEW_ROWS && shape->k * shape->sum >= LONG_SUM;
    if (narrow && shape->ta && large) {
        cut->kernel = LOCL_GEMM_PACKED;
        cut->group_batch = 1;
    } else if (narrow) {
        cut->rows = 6;
        cut->columns = 16;
    }
}

size_t locl_gemm_workers(const locl_gemm_shape *shape, const locl_caps *caps, const locl_gemm_cut *cut)
{
    enum { WORKERS_PER_UNIT = 4 };
    return smaller(locl_gemm_parts(shape, cut), larger(caps->units, 1) * WORKERS_PER_UNIT);
}

/* Cuts the sum before C where that saves reading the operands again: A transposed, or a sum over s. */
void locl_gemm_divide(const locl_gemm_shape *shape, const locl_caps *caps, locl_gemm_cut *cut)
{
    enum { LEAST_SLAB = 512 };
    size_t target = target_of(caps), parts = locl_gemm_parts(shape, cut);
    if ((shape->ta || shape->sum > 1) && parts < target) {
        locl_gemm_divide_sum(shape, divide_up(target, parts), LEAST_SLAB, cut);
    }
    locl_gemm_divide_result(shape, caps, cut);
    parts = locl_gemm_parts(shape, cut);
    if (cut->slabs == 1 && parts < target) {
        locl_gemm_divide_sum(shape, divide_up(target, parts), LEAST_SLAB, cut);
    }
}

/* On CPUs. Grouped channels are walked together, since they share their rows of memory. */
static locl_gemm_cut choose_cpu(const locl_gemm_shape *shape, const locl_caps *caps)
{
    locl_gemm_cut cut = {
        .kernel = LOCL_GEMM_OUTER,
        .rows = 8,
        .columns = 32,
        .group_batch = grouped(shape) ? shape->batch : 1,
        .k_step = shape->k,
        .s_step = shape->sum,
        .slabs = 1,
    };
    choose_walk(shape, locl_gemm_is_narrow(caps), &cut);
    locl_gemm_divide(shape, caps, &cut);
    cut.workers = cut.kernel == LOCL_GEMM_PACKED ? locl_gemm_workers(shape, caps, &cut) : 0;
    return cut;
}

locl_gemm_cut locl_gemm_local_cut(const locl_caps *caps, size_t each, const locl_gemm_cut *sums)
{
    locl_gemm_cut cut = {.kernel = LOCL_GEMM_LOCAL,
                         .group_batch = 1,
                         .side = 16,
                         .each = each,
                         .k_step = sums->k_step,
                         .s_step = sums->s_step,
                         .slabs = sums->slabs};
    while (cut.side > 1 && cut.side * cut.side > caps->work_group) {
        cut.side /= 2;
    }
    cut.group_rows = cut.group_columns = cut.side * cut.each;
    return cut;
}

/* Chooses the cut on other devices that are too small for gemm_tiles.cl. Small results get smaller tiles, then a cut
 * sum, so that all units have work. */
static locl_gemm_cut choose_local(const locl_gemm_shape *shape, const locl_caps *caps)
{
    enum { GROUPS_PER_UNIT = 4, LEAST_SLAB = 256, LARGE = 4, SMALL = 2 };
    const locl_gemm_cut whole = {.k_step = shape->k, .s_step = shape->sum, .slabs = 1};
    size_t target = larger(caps->units, 1) * GROUPS_PER_UNIT;
    locl_gemm_cut cut = locl_gemm_local_cut(caps, LARGE, &whole);
    if (locl_gemm_parts(shape, &cut) < target) {
        cut = locl_gemm_local_cut(caps, SMALL, &whole);
    }
    size_t groups = locl_gemm_parts(shape, &cut);
    if (groups < target) {
        locl_gemm_divide_sum(shape, divide_up(target, groups), LEAST_SLAB, &cut);
    }
    return cut;
}

locl_gemm_cut locl_gemm_cut_for(const locl_gemm_shape *shape, const locl_caps *caps)
{
    locl_gemm_cut cut;
    if (caps->cpu) {
        return choose_cpu(shape, caps);
    }
    return locl_gemm_tile_choose(shape, caps, &cut) ? cut : choose_local(shape, caps);
}
