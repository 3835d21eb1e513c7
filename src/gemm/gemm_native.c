#include "gemm/engine.h"
#include "gemm/policy.h"

/* Records the copy of B as [batch,sum,k,n] (batch 1 where it is shared) and changes `shape` to match. */
static const locl_tensor *transpose_b(locl_plan *plan, locl_gemm_shape *shape, const locl_tensor *b)
{
    enum { BLOCK = 16 };
    size_t copies = (shape->stride_b ? shape->batch : 1) * shape->sum, one = shape->n * shape->k;
    size_t blocks = (shape->n + BLOCK - 1) / BLOCK * ((shape->k + BLOCK - 1) / BLOCK);
    const locl_tensor *out = locl_gemm_scratch(plan, copies * one, "transposed operand");
    locl_plan_kernel(plan, "gemm_parts.cl", "gemm_transpose", "%s", "");
    locl_plan_tensor(plan, b);
    locl_plan_tensor(plan, out);
    locl_plan_u32(plan, shape->n);
    locl_plan_u32(plan, shape->k);
    locl_plan_u64(plan, shape->ldb);
    locl_plan_u64(plan, shape->stride_b);
    locl_plan_u32(plan, shape->sum);
    locl_plan_u64(plan, shape->sum_b);
    locl_plan_cost(plan, 0, 8.0 * (double)copies * (double)one);
    locl_plan_range(plan, blocks * copies, 1);
    shape->tb = false;
    shape->ldb = shape->n;
    shape->sum_b = one;
    shape->stride_b = shape->stride_b ? shape->sum * one : 0;
    return out;
}

static void begin_kernel(locl_plan *plan, const locl_gemm_shape *shape, const locl_gemm_choice *choice)
{
    if (choice->kernel == LOCL_GEMM_LOCAL) {
        locl_plan_kernel(plan, "gemm_local.cl", "gemm_local", "-D TA=%d -D TB=%d -D SIDE=%zu -D EACH=%zu",
                         shape->ta, shape->tb, choice->side, choice->each);
    } else {
        locl_plan_kernel(plan, "gemm_native.cl", "gemm_native", "-D TA=%d -D TB=%d -D PACK=%d -D K_BLOCK=%zu",
                         shape->ta, shape->tb, choice->pack_b, choice->k_block);
    }
}

static void product(locl_plan *plan, const locl_gemm_shape *shape, const locl_gemm_choice *choice,
                    locl_gemm_operands operands)
{
    size_t items = choice->kernel == LOCL_GEMM_LOCAL ? choice->side * choice->side : 1;
    begin_kernel(plan, shape, choice);
    locl_plan_tensor(plan, operands.a);
    locl_plan_tensor(plan, operands.b);
    locl_plan_tensor(plan, operands.c);
    locl_plan_u32(plan, shape->m);
    locl_plan_u32(plan, shape->n);
    locl_plan_u32(plan, shape->k);
    locl_plan_u64(plan, shape->lda);
    locl_plan_u64(plan, shape->ldb);
    locl_plan_u64(plan, shape->ldc);
    locl_plan_u32(plan, shape->batch);
    locl_plan_u64(plan, shape->stride_a);
    locl_plan_u64(plan, shape->stride_b);
    locl_plan_u64(plan, shape->stride_c);
    locl_plan_u32(plan, shape->sum);
    locl_plan_u64(plan, shape->sum_a);
    locl_plan_u64(plan, shape->sum_b);
    if (choice->kernel != LOCL_GEMM_LOCAL) {
        locl_plan_u32(plan, choice->group_rows);
        locl_plan_u32(plan, choice->group_columns);
        locl_plan_u32(plan, choice->group_batch);
    }
    locl_plan_u32(plan, choice->k_step);
    locl_plan_u32(plan, choice->s_step);
    locl_plan_u64(plan, choice->slabs > 1 ? shape->batch * shape->m * shape->n : 0);
    locl_plan_f32(plan, shape->alpha);
    locl_plan_f32(plan, shape->beta);
    locl_plan_cost(plan, locl_gemm_flops(shape), locl_gemm_bytes(shape));
    locl_plan_range(plan, locl_gemm_groups(shape, choice), items);
}

void locl_gemm_native(locl_plan *plan, const locl_gemm_shape *shape, locl_gemm_operands operands)
{
    locl_gemm_choice choice = locl_gemm_choose(shape, locl_plan_caps(plan));
    locl_gemm_shape inner = *shape;
    if (choice.transpose_b) {
        operands.b = transpose_b(plan, &inner, operands.b);
    }
    if (choice.slabs == 1) {
        product(plan, &inner, &choice, operands);
        return;
    }
    const locl_tensor *c = operands.c;
    operands.c = locl_gemm_scratch(plan, choice.slabs * shape->batch * shape->m * shape->n, "slabs");
    inner.alpha = 1;
    inner.beta = 0;
    inner.ldc = shape->n;
    inner.stride_c = shape->m * shape->n;
    product(plan, &inner, &choice, operands);
    locl_gemm_reduce(plan, shape, operands.c, choice.slabs, c);
}
