/* The tiles of products on GPUs (cl/gemm_tiles.cl): which kinds there are, and about how long a product takes by
 * each. */
#include "gemm/policy.h"

#include <float.h>

typedef struct tile {
    unsigned char rows, columns;           /* of C, of a team */
    unsigned char item_rows, item_columns; /* of that, of a work-item */
    unsigned char step, buffers, teams;
    double rate; /* multiply-adds of a unit that has enough work, of those that it could do at most */
} tile;

/* In the order in which they are likely to win. An item's 8 x 8 values need a quarter of the local reads of 4 x 4 for
 * each multiply-add, 8 x 4 values three eighths; but small products leave too few groups of large tiles. Tiles of 32
 * columns are for grouped channels. On an H200 the largest tile does 0.71 of the FMA rate with 16 values of k at a
 * time, 0.67 with 8 in two buffers. docs/kernels.md has registers and occupancy of each. */
static const tile tiles[LOCL_GEMM_TILE_KINDS] = {
    {128, 128, 8, 8, 16, 1, 1, 0.9}, {128, 64, 8, 8, 8, 2, 1, 0.8},   {64, 64, 4, 4, 16, 2, 1, 0.6},
    {64, 64, 8, 4, 8, 2, 1, 0.7},    {128, 32, 8, 4, 16, 1, 1, 0.6},  {32, 32, 4, 4, 8, 2, 1, 0.5},
    {64, 32, 4, 4, 16, 1, 2, 0.5},   {128, 128, 8, 8, 8, 2, 1, 0.85}, {64, 128, 8, 8, 8, 2, 1, 0.8},
    {128, 64, 8, 4, 16, 1, 1, 0.7},  {64, 64, 8, 8, 8, 2, 1, 0.75},   {32, 64, 4, 4, 16, 1, 1, 0.5},
};

static size_t divide_up(size_t value, size_t by)
{
    return (value + by - 1) / by;
}

static locl_gemm_cut cut_of(const tile *t, locl_gemm_kernel kernel, const locl_gemm_cut *sums)
{
    return (locl_gemm_cut){.kernel = kernel,
                           .rows = t->item_rows,
                           .columns = t->item_columns,
                           .group_rows = t->rows,
                           .group_columns = t->columns,
                           .group_batch = t->teams,
                           .k_block = t->step,
                           .buffers = t->buffers,
                           .k_step = sums->k_step,
                           .s_step = sums->s_step,
                           .slabs = sums->slabs};
}

/* Whether an item of few registers has enough: sums, and with broadcasts the operands of all values of k of a step,
 * which the compiler loads at once. */
static bool is_narrow(const locl_gemm_cut *cut)
{
    enum { SUMS_OF_FEW = 16, TERMS_OF_FEW = 256 };
    size_t sums = cut->rows * cut->columns;
    return cut->kernel == LOCL_GEMM_LANES ? sums * cut->k_block <= TERMS_OF_FEW : sums <= SUMS_OF_FEW;
}

/* Bytes of local memory through which items exchange fragments that are emulated: UNIT_SWAP of cl/matrix.clh, at
 * most. */
static size_t swap_bytes(const locl_gemm_cut *cut, const locl_caps *caps)
{
    enum { OF_ITEM = 64 };
    bool emulated = (cut->kernel == LOCL_GEMM_MATRIX && caps->emulates_matrix) ||
                    (cut->kernel == LOCL_GEMM_LANES && caps->emulates_broadcasts);
    return emulated ? locl_gemm_items(cut) * OF_ITEM : 0;
}

static bool has_room(const locl_gemm_cut *cut, const locl_caps *caps)
{
    return (cut->kernel != LOCL_GEMM_MATRIX || caps->takes_matrix) &&
           (cut->kernel != LOCL_GEMM_LANES || caps->broadcasts) && locl_gemm_items(cut) <= caps->work_group &&
           locl_gemm_local_bytes(cut) + swap_bytes(cut, caps) <= caps->local_memory &&
           (caps->wide_items || is_narrow(cut));
}

bool locl_gemm_tile_fits(const locl_gemm_cut *cut, const locl_caps *caps)
{
    for (size_t i = 0; i < LOCL_GEMM_TILE_KINDS; i++) {
        const locl_gemm_cut known = cut_of(&tiles[i], cut->kernel, cut);
        if (locl_gemm_same_cut(&known, cut)) {
            return has_room(cut, caps);
        }
    }
    return false;
}

/* Estimates the cycles that a product takes. What limits it is the unit with the most groups: their multiply-adds, at a
 * rate that depends on how many items hide each other's waiting, and about START more values of k for what a group does
 * before its first and after its last. Slabs are written and read once more. The numbers need to be right for neither
 * vendor: they order tiles and slabs. */
static double cycles_of(const locl_gemm_shape *shape, const locl_caps *caps, const locl_gemm_cut *cut,
                        double rate)
{
    enum { LANES = 128, START = 24, FULL = 768, SOME = 256, BYTES = 8, LAUNCH = 5000 };
    double units = (double)(caps->units ? caps->units : 1);
    size_t groups = divide_up(locl_gemm_parts(shape, cut), caps->units ? caps->units : 1);
    double items = (double)(groups * locl_gemm_items(cut)), busy = (items + SOME) / FULL;
    double depth = (double)(divide_up(cut->k_step, cut->k_block) * cut->k_block * cut->s_step + START);
    double area = (double)(cut->group_rows * cut->group_columns * cut->group_batch);
    double cycles = (double)groups * area * depth / (LANES * rate * (busy < 1 ? busy : 1));
    if (cut->slabs > 1) {
        double values = (double)(shape->batch * shape->m * shape->n) * (double)(2 * cut->slabs + 1);
        cycles += LAUNCH + values * (double)sizeof(cl_float) / (BYTES * units);
    }
    return cycles;
}

/* Cuts by a tile, with the number of slabs that takes least. */
static double best_slabs(const locl_gemm_shape *shape, const locl_caps *caps, const tile *t,
                         locl_gemm_kernel kernel, locl_gemm_cut *out)
{
    enum { MOST = 256, LEAST_SLAB = 128 };
    double least = DBL_MAX;
    for (size_t wanted = 1; wanted <= MOST; wanted *= 2) {
        locl_gemm_cut cut =
            cut_of(t, kernel, &(locl_gemm_cut){.k_step = shape->k, .s_step = shape->sum, .slabs = 1});
        locl_gemm_divide_sum(shape, wanted, LEAST_SLAB, &cut);
        double cycles = cycles_of(shape, caps, &cut, t->rate);
        if (cycles < least) {
            least = cycles;
            *out = cut;
        }
    }
    return least;
}

bool locl_gemm_tile_cut(const locl_gemm_shape *shape, const locl_caps *caps, locl_gemm_kernel kernel,
                        size_t kind, const locl_gemm_cut *like, locl_gemm_cut *out)
{
    const tile *t = &tiles[kind];
    if (like) {
        *out = cut_of(t, kernel, like);
    } else {
        best_slabs(shape, caps, t, kernel, out);
    }
    return t->teams <= shape->batch && has_room(out, caps);
}

bool locl_gemm_tile_choose(const locl_gemm_shape *shape, const locl_caps *caps, locl_gemm_cut *out)
{
    locl_gemm_kernel floats = caps->broadcasts ? LOCL_GEMM_LANES : LOCL_GEMM_TILES;
    locl_gemm_kernel kernel = caps->takes_matrix ? LOCL_GEMM_MATRIX : floats;
    double least = DBL_MAX;
    for (size_t i = 0; i < LOCL_GEMM_TILE_KINDS; i++) {
        locl_gemm_cut cut;
        double cycles = best_slabs(shape, caps, &tiles[i], kernel, &cut);
        if (cycles < least && tiles[i].teams <= shape->batch && has_room(&cut, caps)) {
            least = cycles;
            *out = cut;
        }
    }
    return least < DBL_MAX;
}
