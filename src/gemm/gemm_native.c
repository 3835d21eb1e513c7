#include "gemm/policy.h"
#include "gemm/solver.h"

/* Records the copy of B as [batch,sum,k,n] (batch 1 where it is shared) and changes `shape` to match. */
static const locl_tensor *transpose_b(locl_command_buffer *cmd, locl_gemm_shape *shape, const locl_tensor *b)
{
    enum { BLOCK = 16 };
    size_t copies = (shape->stride_b ? shape->batch : 1) * shape->sum, one = shape->n * shape->k;
    size_t blocks = (shape->n + BLOCK - 1) / BLOCK * ((shape->k + BLOCK - 1) / BLOCK);
    const locl_tensor *out = locl_gemm_scratch(cmd, copies * one, "transposed operand");
    locl_command_buffer_kernel(cmd, "gemm_parts.cl", "gemm_transpose", "%s", "");
    locl_command_buffer_tensor(cmd, b);
    locl_command_buffer_tensor(cmd, out);
    locl_command_buffer_u32(cmd, shape->n);
    locl_command_buffer_u32(cmd, shape->k);
    locl_command_buffer_u64(cmd, shape->ldb);
    locl_command_buffer_u64(cmd, shape->stride_b);
    locl_command_buffer_u32(cmd, shape->sum);
    locl_command_buffer_u64(cmd, shape->sum_b);
    locl_command_buffer_cost(cmd, 0, 8.0 * (double)copies * (double)one);
    locl_command_buffer_range(cmd, blocks * copies, 1);
    shape->tb = false;
    shape->ldb = shape->n;
    shape->sum_b = one;
    shape->stride_b = shape->stride_b ? shape->sum * one : 0;
    return out;
}

static void begin_kernel(locl_command_buffer *cmd, const locl_gemm_shape *shape, const locl_gemm_cut *cut)
{
    if (cut->kernel == LOCL_GEMM_LOCAL) {
        locl_command_buffer_kernel(cmd, "gemm_local.cl", "gemm_local",
                                   "-D TA=%d -D TB=%d -D SIDE=%zu -D EACH=%zu", shape->ta, shape->tb,
                                   cut->side, cut->each);
    } else {
        locl_command_buffer_kernel(cmd, "gemm_native.cl", "gemm_native",
                                   "-D TA=%d -D TB=%d -D PACK=%d -D K_BLOCK=%zu", shape->ta, shape->tb,
                                   cut->pack_b, cut->k_block);
    }
}

static void product(locl_command_buffer *cmd, const locl_gemm_shape *shape, const locl_gemm_cut *cut,
                    locl_gemm_operands operands)
{
    size_t items = cut->kernel == LOCL_GEMM_LOCAL ? cut->side * cut->side : 1;
    begin_kernel(cmd, shape, cut);
    locl_command_buffer_tensor(cmd, operands.a);
    locl_command_buffer_tensor(cmd, operands.b);
    locl_command_buffer_tensor(cmd, operands.c);
    locl_command_buffer_u32(cmd, shape->m);
    locl_command_buffer_u32(cmd, shape->n);
    locl_command_buffer_u32(cmd, shape->k);
    locl_command_buffer_u64(cmd, shape->lda);
    locl_command_buffer_u64(cmd, shape->ldb);
    locl_command_buffer_u64(cmd, shape->ldc);
    locl_command_buffer_u32(cmd, shape->batch);
    locl_command_buffer_u64(cmd, shape->stride_a);
    locl_command_buffer_u64(cmd, shape->stride_b);
    locl_command_buffer_u64(cmd, shape->stride_c);
    locl_command_buffer_u32(cmd, shape->sum);
    locl_command_buffer_u64(cmd, shape->sum_a);
    locl_command_buffer_u64(cmd, shape->sum_b);
    if (cut->kernel != LOCL_GEMM_LOCAL) {
        locl_command_buffer_u32(cmd, cut->group_rows);
        locl_command_buffer_u32(cmd, cut->group_columns);
        locl_command_buffer_u32(cmd, cut->group_batch);
    }
    locl_command_buffer_u32(cmd, cut->k_step);
    locl_command_buffer_u32(cmd, cut->s_step);
    locl_command_buffer_u64(cmd, cut->slabs > 1 ? shape->batch * shape->m * shape->n : 0);
    locl_command_buffer_f32(cmd, shape->alpha);
    locl_command_buffer_f32(cmd, shape->beta);
    locl_command_buffer_cost(cmd, locl_gemm_flops(shape), locl_gemm_bytes(shape));
    locl_command_buffer_range(cmd, locl_gemm_groups(shape, cut), items);
}

/* Its tiles may need local memory. */
static bool applicable(const locl_gemm_shape *shape, const locl_caps *caps)
{
    locl_gemm_cut cut = locl_gemm_cut_for(shape, caps);
    return locl_gemm_local_bytes(&cut) <= caps->local_memory;
}

static void record(locl_command_buffer *cmd, const locl_gemm_shape *shape, locl_gemm_operands operands)
{
    locl_gemm_cut cut = locl_gemm_cut_for(shape, locl_command_buffer_caps(cmd));
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

const locl_gemm_solver locl_gemm_native = {.name = "native", .applicable = applicable, .record = record};
