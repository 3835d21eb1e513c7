/* The cuts worth measuring, and whether a cut can be run. */
#include "device/matrix.h"
#include "gemm/policy.h"
#include "kernels/kernels.h"

#include <string.h>

/* A cut before it is fitted to a product; sides of 0 are those of the default cut. */
typedef struct recipe {
    locl_gemm_kernel kernel;
    bool pack_b; /* OUTER, where neither operand is transposed or B is */
    unsigned char rows, columns;
    unsigned short k_block, group_rows, group_columns;
} recipe;

/* In the order in which they are likely to win: with vectors of 16 values and 32 registers (measured on two Zen 4
 * cores, PoCL), */
static const recipe wide_recipes[] = {
    {LOCL_GEMM_OUTER, false, 8, 32, 0, 128, 512},     {LOCL_GEMM_OUTER, false, 8, 32, 0, 32, 1024},
    {LOCL_GEMM_OUTER, true, 8, 32, 128, 512, 512},    {LOCL_GEMM_OUTER, false, 8, 32, 512, 512, 512},
    {LOCL_GEMM_PACKED, false, 8, 32, 128, 512, 512},  {LOCL_GEMM_OUTER, false, 12, 32, 256, 96, 512},
    {LOCL_GEMM_OUTER, false, 6, 16, 0, 0, 0},         {LOCL_GEMM_PACKED, false, 8, 32, 256, 256, 512},
    {LOCL_GEMM_OUTER, false, 8, 32, 128, 512, 512},   {LOCL_GEMM_OUTER, false, 12, 32, 0, 0, 0},
    {LOCL_GEMM_OUTER, true, 6, 16, 256, 192, 256},    {LOCL_GEMM_OUTER, false, 8, 32, 32, 512, 512},
    {LOCL_GEMM_PACKED, false, 8, 32, 128, 256, 1024}, {LOCL_GEMM_PACKED, false, 6, 16, 256, 192, 256},
    {LOCL_GEMM_PACKED, false, 12, 32, 256, 384, 512}, {LOCL_GEMM_OUTER, true, 12, 32, 128, 384, 512},
    {LOCL_GEMM_OUTER, false, 14, 32, 256, 112, 512},  {LOCL_GEMM_PACKED, false, 12, 32, 128, 768, 512},
    {LOCL_GEMM_OUTER, false, 14, 32, 128, 448, 512},  {LOCL_GEMM_PACKED, false, 8, 32, 384, 256, 256},
};
/* and with shorter vectors or 16 registers (two Zen 3 cores). */
static const recipe narrow_recipes[] = {
    {LOCL_GEMM_OUTER, true, 6, 16, 256, 192, 256},    {LOCL_GEMM_OUTER, false, 6, 16, 0, 0, 0},
    {LOCL_GEMM_PACKED, false, 8, 32, 128, 512, 512},  {LOCL_GEMM_OUTER, false, 6, 16, 512, 64, 256},
    {LOCL_GEMM_PACKED, false, 6, 16, 256, 192, 256},  {LOCL_GEMM_OUTER, true, 8, 32, 128, 512, 512},
    {LOCL_GEMM_OUTER, false, 8, 32, 0, 0, 0},         {LOCL_GEMM_OUTER, false, 6, 16, 32, 512, 512},
    {LOCL_GEMM_PACKED, false, 6, 16, 128, 384, 512},  {LOCL_GEMM_OUTER, true, 6, 16, 128, 384, 512},
    {LOCL_GEMM_PACKED, false, 12, 32, 256, 384, 512}, {LOCL_GEMM_OUTER, true, 12, 32, 128, 384, 512},
    {LOCL_GEMM_OUTER, false, 8, 32, 128, 512, 512},   {LOCL_GEMM_PACKED, false, 8, 32, 256, 256, 512},
    {LOCL_GEMM_OUTER, false, 12, 32, 256, 96, 512},   {LOCL_GEMM_PACKED, false, 12, 32, 128, 768, 512},
    {LOCL_GEMM_PACKED, false, 8, 32, 384, 256, 256},
};

typedef struct recipes {
    const recipe *list;
    size_t count;
} recipes;

static recipes recipes_for(const locl_caps *caps)
{
    recipes wide = {wide_recipes, sizeof wide_recipes / sizeof wide_recipes[0]};
    recipes narrow = {narrow_recipes, sizeof narrow_recipes / sizeof narrow_recipes[0]};
    return locl_gemm_is_narrow(caps) ? narrow : wide;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Values of k whose sum goes to memory before the next ones are added. */
static size_t block_of(const locl_gemm_cut *cut)
{
    bool blocks = cut->kernel == LOCL_GEMM_OUTER || cut->kernel == LOCL_GEMM_PACKED;
    return !blocks ? cut->k_step : smaller(cut->k_block, cut->k_step);
}

/* Whether both add up the terms of a value of C in the same order and pieces. */
static bool same_sums(const locl_gemm_cut *x, const locl_gemm_cut *y)
{
    bool cpu[] = {x->kernel == LOCL_GEMM_OUTER || x->kernel == LOCL_GEMM_PACKED,
                  y->kernel == LOCL_GEMM_OUTER || y->kernel == LOCL_GEMM_PACKED};
    bool unit[] = {x->kernel == LOCL_GEMM_MATRIX, y->kernel == LOCL_GEMM_MATRIX};
    return cpu[0] == cpu[1] && unit[0] == unit[1] && x->k_step == y->k_step && x->s_step == y->s_step &&
           x->slabs == y->slabs && block_of(x) == block_of(y);
}

double locl_gemm_tolerance(const locl_gemm_choice *choice, const locl_caps *caps)
{
    const double of_floats = 1e-6,
                 of_tf32 = 1.0 / 1024; /* two operands of 10 bits, half of the last bit each */
    bool rounds = choice->cut.kernel == LOCL_GEMM_MATRIX && locl_matrix_rounds(caps->matrix);
    return rounds ? of_tf32 + of_floats : of_floats;
}

bool locl_gemm_same_bits(const locl_gemm_choice *x, const locl_gemm_choice *y)
{
    return x->solver == y->solver && same_sums(&x->cut, &y->cut);
}

/* The order of summation of a fitted recipe: its own, or the default cut's. */
typedef enum sums { OWN_SUMS, DEFAULT_SUMS } sums;

/* Puts the recipe over the default cut; false where the kernel cannot take the product. */
static bool fit(const recipe *r, const locl_gemm_shape *shape, const locl_caps *caps, sums order,
                locl_gemm_cut *cut)
{
    bool packed = r->kernel == LOCL_GEMM_PACKED;
    if (r->pack_b && shape->ta) {
        return false;
    }
    cut->kernel = r->kernel;
    cut->pack_b = r->pack_b;
    cut->transpose_b = !packed && shape->tb && !r->pack_b;
    cut->rows = r->rows;
    cut->columns = r->columns;
    cut->group_rows = smaller(shape->m, r->group_rows ? r->group_rows : cut->group_rows);
    cut->group_columns = smaller(shape->n, r->group_columns ? r->group_columns : cut->group_columns);
    cut->group_batch = packed ? 1 : cut->group_batch;
    if (order == OWN_SUMS) {
        cut->k_block = r->k_block ? r->k_block : cut->k_block;
        cut->k_step = shape->k;
        cut->s_step = shape->sum;
        cut->slabs = 1;
        locl_gemm_divide(shape, caps, cut);
    } else {
        locl_gemm_divide_result(shape, caps, cut);
    }
    cut->workers = packed ? locl_gemm_workers(shape, caps, cut) : 0;
    return true;
}

static void add(const locl_gemm_cut *cut, locl_gemm_cut *out, size_t *count)
{
    for (size_t i = 0; i < *count; i++) {
        if (locl_gemm_same_cut(&out[i], cut)) {
            return;
        }
    }
    if (*count < LOCL_GEMM_CUTS) {
        out[(*count)++] = *cut;
    }
}

/* Adds the cut with its sum in one piece, and in twice as many slabs. */
static void add_slabs(const locl_gemm_shape *shape, const locl_gemm_cut *cut, locl_gemm_cut *out,
                      size_t *count)
{
    enum { LEAST_SLAB = 128 };
    locl_gemm_cut other = *cut;
    if (cut->slabs > 1) {
        other.k_step = shape->k;
        other.s_step = shape->sum;
        other.slabs = 1;
        add(&other, out, count);
    }
    other = *cut;
    if (cut->s_step > 1) {
        other.s_step = (cut->s_step + 1) / 2;
    } else if (cut->k_step >= 2 * LEAST_SLAB) {
        other.k_step = (cut->k_step / 2 + 15) / 16 * 16;
    }
    other.slabs =
        (shape->sum + other.s_step - 1) / other.s_step * ((shape->k + other.k_step - 1) / other.k_step);
    if (other.slabs > cut->slabs && (shape->ta || shape->sum > 1)) {
        add(&other, out, count);
    }
}

/* Adds a cut, and the same with its sum in one piece. */
static void add_unsplit(const locl_gemm_shape *shape, locl_gemm_cut cut, locl_gemm_cut *out, size_t *count)
{
    add(&cut, out, count);
    cut.k_step = shape->k;
    cut.s_step = shape->sum;
    cut.slabs = 1;
    add(&cut, out, count);
}

/* Adds all kinds of tiles, with sums of their own and with the default cut's. */
static void add_tiles(const locl_gemm_shape *shape, const locl_gemm_cut *first, const locl_caps *caps,
                      locl_gemm_kernel kernel, locl_gemm_cut *out, size_t *count)
{
    locl_gemm_cut cut;
    for (size_t kind = 0; kind < LOCL_GEMM_TILE_KINDS; kind++) {
        if (locl_gemm_tile_cut(shape, caps, kernel, kind, first, &cut)) {
            add(&cut, out, count);
        }
        if (locl_gemm_tile_cut(shape, caps, kernel, kind, NULL, &cut)) {
            add(&cut, out, count);
        }
    }
}

/* Adds the cuts of other devices than CPUs. */
static void add_wide(const locl_gemm_shape *shape, const locl_gemm_cut *first, const locl_caps *caps,
                     locl_gemm_cut *out, size_t *count)
{
    add_tiles(shape, first, caps, LOCL_GEMM_MATRIX, out, count);
    add_tiles(shape, first, caps, LOCL_GEMM_LANES, out, count);
    add_tiles(shape, first, caps, LOCL_GEMM_TILES, out, count);
    for (size_t each = 4; each >= 2; each -= 2) {
        add_unsplit(shape, locl_gemm_local_cut(caps, each, first), out, count);
    }
}

static bool is_one_build(const locl_gemm_cut *x, const locl_gemm_cut *y)
{
    return x->kernel == y->kernel && x->pack_b == y->pack_b && x->rows == y->rows &&
           x->columns == y->columns && x->k_block == y->k_block && x->side == y->side && x->each == y->each &&
           (!locl_gemm_by_tiles(x) ||
            (x->group_rows == y->group_rows && x->group_columns == y->group_columns &&
             x->group_batch == y->group_batch && x->buffers == y->buffers));
}

/* Puts those that need no kernel of their own first, each kind in its order. */
static void put_built_first(locl_gemm_cut *list, size_t count)
{
    size_t front = 0;
    for (size_t i = 0; i < count; i++) {
        if (is_one_build(&list[i], &list[0])) {
            locl_gemm_cut cut = list[i];
            memmove(&list[front + 1], &list[front], (i - front) * sizeof *list);
            list[front++] = cut;
        }
    }
}

static void add_recipes(const locl_gemm_shape *shape, const locl_gemm_cut *first, const locl_caps *caps,
                        locl_gemm_cut *out, size_t *count)
{
    recipes known = recipes_for(caps);
    for (size_t i = 0; i < known.count; i++) {
        locl_gemm_cut own = *first, like = *first;
        if (!fit(&known.list[i], shape, caps, OWN_SUMS, &own)) {
            continue;
        }
        add(&own, out, count);
        if (!same_sums(&own, first) && fit(&known.list[i], shape, caps, DEFAULT_SUMS, &like)) {
            add(&like, out, count);
        }
    }
}

size_t locl_gemm_cuts(const locl_gemm_shape *shape, const locl_caps *caps, locl_gemm_cut *out)
{
    size_t count = 0, kept = 0;
    locl_gemm_cut first = locl_gemm_cut_for(shape, caps);
    add(&first, out, &count);
    if (caps->cpu) {
        add_recipes(shape, &first, caps, out, &count);
        add_slabs(shape, &first, out, &count);
    } else {
        add_wide(shape, &first, caps, out, &count);
    }
    for (size_t i = 0; i < count; i++) {
        if (locl_gemm_cut_fits(shape, &out[i], caps)) {
            out[kept++] = out[i];
        }
    }
    put_built_first(out, kept);
    return kept;
}

bool locl_gemm_same_cut(const locl_gemm_cut *x, const locl_gemm_cut *y)
{
    return x->kernel == y->kernel && x->transpose_b == y->transpose_b && x->pack_b == y->pack_b &&
           x->rows == y->rows && x->columns == y->columns && x->group_rows == y->group_rows &&
           x->group_columns == y->group_columns && x->group_batch == y->group_batch &&
           x->k_block == y->k_block && x->buffers == y->buffers && x->workers == y->workers &&
           x->side == y->side && x->each == y->each && x->k_step == y->k_step && x->s_step == y->s_step &&
           x->slabs == y->slabs;
}

/* Returns whether a number of a kernel's geometry is one that it is built with. */
static bool allows(const locl_kernel *kernel, const char *name, size_t value)
{
    const locl_kernel_geometry *g = kernel->geometry;
    while (strcmp(g->name, name) != 0) {
        g++;
    }
    return locl_kernel_geometry_allows(g, value);
}

/* Returns whether the slabs are what the steps make of the sum, and each side is a part of C. */
static bool divides(const locl_gemm_shape *shape, const locl_gemm_cut *cut)
{
    enum { MOST = 1 << 30 };
    if (!cut->k_step || cut->k_step > shape->k || !cut->s_step || cut->s_step > shape->sum ||
        !cut->group_rows || !cut->group_columns || !cut->group_batch || cut->group_batch > shape->batch) {
        return false;
    }
    size_t slabs = ((shape->sum - 1) / cut->s_step + 1) * ((shape->k - 1) / cut->k_step + 1);
    return cut->slabs == slabs && cut->group_rows <= MOST && cut->group_columns <= MOST &&
           locl_gemm_parts(shape, cut) <= MOST;
}

static bool tiles_fit(const locl_kernel *kernel, const locl_gemm_cut *cut)
{
    return allows(kernel, "ROWS", cut->rows) && allows(kernel, "COLUMNS", cut->columns) &&
           allows(kernel, "K_BLOCK", cut->k_block);
}

/* As gemm_feed.clh has it: sizes below 2^31, places within one matrix below 2^32. */
static bool is_within_32_bits(const locl_gemm_shape *x)
{
    const double most = UINT32_MAX;
    return x->m <= INT32_MAX && x->n <= INT32_MAX && x->k <= INT32_MAX &&
           (double)x->lda * (double)(x->ta ? x->k : x->m) <= most &&
           (double)x->ldb * (double)(x->tb ? x->n : x->k) <= most;
}

bool locl_gemm_cut_fits(const locl_gemm_shape *shape, const locl_gemm_cut *cut, const locl_caps *caps)
{
    size_t edge = cut->side * cut->each;
    if (!divides(shape, cut)) {
        return false;
    }
    switch (cut->kernel) {
    case LOCL_GEMM_OUTER:
        return tiles_fit(&locl_kernel_gemm_native, cut) && !(shape->ta && cut->pack_b) &&
               cut->transpose_b == (shape->tb && !cut->pack_b);
    case LOCL_GEMM_PACKED:
        return tiles_fit(&locl_kernel_gemm_packed, cut) && cut->group_batch == 1 && cut->workers > 0 &&
               cut->workers <= locl_gemm_parts(shape, cut);
    case LOCL_GEMM_LOCAL:
        return allows(&locl_kernel_gemm_local, "SIDE", cut->side) &&
               allows(&locl_kernel_gemm_local, "EACH", cut->each) && cut->group_rows == edge &&
               cut->group_columns == edge && cut->group_batch == 1 &&
               locl_gemm_items(cut) <= caps->work_group && locl_gemm_local_bytes(cut) <= caps->local_memory;
    case LOCL_GEMM_TILES:
    case LOCL_GEMM_LANES:
    case LOCL_GEMM_MATRIX:
        return is_within_32_bits(shape) && locl_gemm_tile_fits(cut, caps);
    default:
        return false;
    }
}
