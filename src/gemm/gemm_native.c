#include "gemm/engine.h"
#include "gemm/policy.h"

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

static void begin_kernel(locl_command_buffer *cmd, const locl_gemm_shape *shape,
                         const locl_gemm_choice *choice)
{
    if (choice->kernel == LOCL_GEMM_LOCAL) {
        locl_command_buffer_kernel(cmd, "gemm_local.cl", "gemm_local",
                                   "-D TA=%d -D TB=%d -D SIDE=%zu -D EACH=%zu", shape->ta, shape->tb,
                                   choice->side, choice->each);
    } else {
        locl_command_buffer_kernel(cmd, "gemm_native.cl", "gemm_native",
                                   "-D TA=%d -D TB=%d -D PACK=%d -D K_BLOCK=%zu", shape->ta, shape->tb,
                                   choice->pack_b, choice->k_block);
    }
}

static void product(locl_command_buffer *cmd, const locl_gemm_shape *shape, const locl_gemm_choice *choice,
                    locl_gemm_operands operands)
{
    size_t items = choice->kernel == LOCL_GEMM_LOCAL ? choice->side * choice->side : 1;
    begin_kernel(cmd, shape, choice);
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
    if (choice->kernel != LOCL_GEMM_LOCAL) {
        locl_command_buffer_u32(cmd, choice->group_rows);
        locl_command_buffer_u32(cmd, choice->group_columns);
        locl_command_buffer_u32(cmd, choice->group_batch);
    }
    locl_command_buffer_u32(cmd, choice->k_step);
    locl_command_buffer_u32(cmd, choice->s_step);
    locl_command_buffer_u64(cmd, choice->slabs > 1 ? shape->batch * shape->m * shape->n : 0);
    locl_command_buffer_f32(cmd, shape->alpha);
    locl_command_buffer_f32(cmd, shape->beta);
    locl_command_buffer_cost(cmd, locl_gemm_flops(shape), locl_gemm_bytes(shape));
    locl_command_buffer_range(cmd, locl_gemm_groups(shape, choice), items);
}

void locl_gemm_native(locl_command_buffer *cmd, const locl_gemm_shape *shape, locl_gemm_operands operands)
{
    locl_gemm_choice choice = locl_gemm_choose(shape, locl_command_buffer_caps(cmd));
    locl_gemm_shape inner = *shape;
    if (choice.transpose_b) {
        operands.b = transpose_b(cmd, &inner, operands.b);
    }
    if (choice.slabs == 1) {
        product(cmd, &inner, &choice, operands);
        return;
    }
    const locl_tensor *c = operands.c;
    operands.c = locl_gemm_scratch(cmd, choice.slabs * shape->batch * shape->m * shape->n, "slabs");
    inner.alpha = 1;
    inner.beta = 0;
    inner.ldc = shape->n;
    inner.stride_c = shape->m * shape->n;
    product(cmd, &inner, &choice, operands);
    locl_gemm_reduce(cmd, shape, operands.c, choice.slabs, c);
}
