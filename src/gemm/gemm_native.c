#include "device/matrix.h"
#include "gemm/policy.h"
#include "gemm/solver.h"
#include "kernels/kernels.h"

/* Records the copy of B as [batch,sum,k,n] (batch 1 where it is shared) and changes `shape` to match. */
static const locl_tensor *transpose_b(locl_command_buffer *cmd, locl_gemm_shape *shape, const locl_tensor *b)
{
    enum { BLOCK = 16 };
    size_t copies = (shape->stride_b ? shape->batch : 1) * shape->sum, one = shape->n * shape->k;
    size_t blocks = (shape->n + BLOCK - 1) / BLOCK * ((shape->k + BLOCK - 1) / BLOCK);
    const locl_tensor *out = locl_gemm_scratch(cmd, copies * one, "transposed operand");
    locl_launch l = locl_launch_begin(cmd, &locl_kernel_gemm_transpose);
    locl_launch_in(&l, "b", b, locl_gemm_extents_of(shape).b);
    locl_launch_out(&l, "out", out, copies * one);
    locl_launch_u32(&l, "n", shape->n);
    locl_launch_u32(&l, "k", shape->k);
    locl_launch_u64(&l, "ldb", shape->ldb);
    locl_launch_u64(&l, "stride_b", shape->stride_b);
    locl_launch_u32(&l, "sum", shape->sum);
    locl_launch_u64(&l, "sum_b", shape->sum_b);
    locl_launch_cost(&l, 0, 8.0 * (double)copies * (double)one);
    locl_launch_run(&l, blocks * copies, 1);
    shape->tb = false;
    shape->ldb = shape->n;
    shape->sum_b = one;
    shape->stride_b = shape->stride_b ? shape->sum * one : 0;
    return out;
}

/* Returns whether all vectors of 4 neighbours lie within their matrices, or are no part of them at all, and are
 * aligned. Tensors are (device/arena.h). `slab` values of C are one slab. */
static bool has_whole_vectors(const locl_gemm_shape *shape, const locl_gemm_cut *cut, size_t slab)
{
    enum { LANES = 4 };
    const size_t all[] = {shape->lda,
                          shape->ldb,
                          shape->ldc,
                          shape->stride_a,
                          shape->stride_b,
                          shape->stride_c,
                          shape->sum_a,
                          shape->sum_b,
                          slab,
                          shape->n,
                          shape->ta ? shape->m : shape->k,
                          shape->tb ? shape->k : shape->n,
                          cut->k_step < shape->k ? cut->k_step : 0};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (all[i] % LANES) {
            return false;
        }
    }
    return true;
}

static void tile_macros(locl_launch *l, const locl_caps *caps, const locl_gemm_cut *cut, bool vectors)
{
    bool unit = cut->kernel == LOCL_GEMM_MATRIX, lanes = cut->kernel == LOCL_GEMM_LANES;
    locl_launch_macro(l, "UNIT",
                      unit    ? (size_t)caps->matrix
                      : lanes ? locl_broadcasts_unit(caps->broadcasts)
                              : 0);
    locl_launch_macro(l, "EMULATED", (unit && caps->emulates_matrix) || (lanes && caps->emulates_broadcasts));
    locl_launch_macro(l, "VECTORS", vectors);
    locl_launch_macro(l, "TILE_ROWS", cut->group_rows);
    locl_launch_macro(l, "TILE_COLUMNS", cut->group_columns);
    locl_launch_macro(l, "ITEM_ROWS", cut->rows);
    locl_launch_macro(l, "ITEM_COLUMNS", cut->columns);
    locl_launch_macro(l, "STEP", cut->k_block);
    locl_launch_macro(l, "BUFFERS", cut->buffers);
    locl_launch_macro(l, "TEAMS", cut->group_batch);
}

/* Begins the launch of one of the kernels, with what they differ in: macros, and who cuts C. */
static locl_launch begin(locl_command_buffer *cmd, const locl_gemm_shape *shape, const locl_gemm_cut *cut,
                         size_t slab)
{
    static const locl_kernel *const kernels[] = {
        [LOCL_GEMM_OUTER] = &locl_kernel_gemm_native, [LOCL_GEMM_PACKED] = &locl_kernel_gemm_packed,
        [LOCL_GEMM_LOCAL] = &locl_kernel_gemm_local,  [LOCL_GEMM_TILES] = &locl_kernel_gemm_tiles,
        [LOCL_GEMM_LANES] = &locl_kernel_gemm_tiles,  [LOCL_GEMM_MATRIX] = &locl_kernel_gemm_tiles};
    locl_launch l = locl_launch_begin(cmd, kernels[cut->kernel]);
    locl_launch_macro(&l, "TA", shape->ta);
    locl_launch_macro(&l, "TB", shape->tb);
    if (cut->kernel == LOCL_GEMM_LOCAL) {
        locl_launch_macro(&l, "SIDE", cut->side);
        locl_launch_macro(&l, "EACH", cut->each);
        return l;
    }
    if (locl_gemm_by_tiles(cut)) {
        tile_macros(&l, locl_command_buffer_caps(cmd), cut, has_whole_vectors(shape, cut, slab));
        return l;
    }
    locl_launch_macro(&l, "ROWS", cut->rows);
    locl_launch_macro(&l, "COLUMNS", cut->columns);
    locl_launch_macro(&l, "STRIP", locl_gemm_strip(locl_command_buffer_caps(cmd), cut->rows));
    locl_launch_macro(&l, "K_BLOCK", cut->k_block);
    locl_launch_u32(&l, "group_rows", cut->group_rows);
    locl_launch_u32(&l, "group_columns", cut->group_columns);
    if (cut->kernel == LOCL_GEMM_OUTER) {
        locl_launch_macro(&l, "PACK", cut->pack_b);
        locl_launch_u32(&l, "group_batch", cut->group_batch);
        return l;
    }
    size_t step = locl_gemm_pack_step(cut), floats = cut->workers * step;
    locl_launch_out(&l, "pack", locl_gemm_scratch(cmd, floats, "blocks of operands"), floats);
    locl_launch_u32(&l, "parts", locl_gemm_parts(shape, cut));
    locl_launch_u64(&l, "pack_step", step);
    return l;
}

/* Records the product into C or, with more than one slab, into dense slabs. */
static void product(locl_command_buffer *cmd, const locl_gemm_shape *shape, const locl_gemm_cut *cut,
                    locl_gemm_operands operands)
{
    size_t groups = cut->kernel == LOCL_GEMM_PACKED ? cut->workers : locl_gemm_parts(shape, cut);
    size_t slab = cut->slabs > 1 ? shape->batch * shape->m * shape->n : 0;
    locl_gemm_extents extents = locl_gemm_extents_of(shape);
    locl_launch l = begin(cmd, shape, cut, slab);
    locl_launch_in(&l, "a", operands.a, extents.a);
    locl_launch_in(&l, "b", operands.b, extents.b);
    locl_launch_in_out(&l, "c", operands.c, slab ? cut->slabs * slab : extents.c);
    locl_launch_u32(&l, "m", shape->m);
    locl_launch_u32(&l, "n", shape->n);
    locl_launch_u32(&l, "k", shape->k);
    locl_launch_u64(&l, "lda", shape->lda);
    locl_launch_u64(&l, "ldb", shape->ldb);
    locl_launch_u64(&l, "ldc", shape->ldc);
    locl_launch_u32(&l, "batch", shape->batch);
    locl_launch_u64(&l, "stride_a", shape->stride_a);
    locl_launch_u64(&l, "stride_b", shape->stride_b);
    locl_launch_u64(&l, "stride_c", shape->stride_c);
    locl_launch_u32(&l, "sum", shape->sum);
    locl_launch_u64(&l, "sum_a", shape->sum_a);
    locl_launch_u64(&l, "sum_b", shape->sum_b);
    locl_launch_u32(&l, "k_step", cut->k_step);
    locl_launch_u32(&l, "s_step", cut->s_step);
    locl_launch_u64(&l, "slab_c", slab);
    locl_launch_f32(&l, "alpha", shape->alpha);
    locl_launch_f32(&l, "beta", shape->beta);
    locl_launch_cost(&l, locl_gemm_flops(shape),
                     locl_gemm_bytes(shape, operands) + 4.0 * (double)(cut->slabs - 1) * (double)slab);
    locl_launch_run(&l, groups, locl_gemm_items(cut));
}

static void record(locl_command_buffer *cmd, const locl_gemm_choice *choice, locl_gemm_operands operands)
{
    const locl_gemm_shape *shape = &choice->shape;
    const locl_gemm_cut cut = choice->cut;
    locl_gemm_shape inner = *shape;
    if (cut.transpose_b) {
        operands.b = transpose_b(cmd, &inner, operands.b);
    }
    if (cut.slabs == 1) {
        product(cmd, &inner, &cut, operands);
        return;
    }
    const locl_tensor *c = operands.c;
    operands.c = locl_gemm_scratch(cmd, cut.slabs * shape->batch * shape->m * shape->n, "slabs");
    inner.alpha = 1;
    inner.beta = 0;
    inner.ldc = shape->n;
    inner.stride_c = shape->m * shape->n;
    product(cmd, &inner, &cut, operands);
    locl_gemm_reduce(cmd, shape, operands.c, cut.slabs, c);
}

/* The kernels of CPUs, which take blocks in one pass, have floats alone. */
static bool takes_halves(const locl_gemm_cut *cut)
{
    return locl_gemm_by_tiles(cut) || cut->kernel == LOCL_GEMM_LOCAL;
}

const locl_gemm_solver locl_gemm_native = {.name = "native",
                                           .takes_halves = takes_halves,
                                           .own_cut = locl_gemm_cut_for,
                                           .applicable = locl_gemm_cut_fits,
                                           .cuts = locl_gemm_cuts,
                                           .record = record};
