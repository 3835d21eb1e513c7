#include "model/linear.h"

#include "ops/depthwise.h"
#include "ops/sum.h"

locl_linear locl_linear_of(const locl_block_shape *block, locl_layer layer, size_t batch)
{
    locl_linear l = {.layer = layer,
                     .batch = batch,
                     .patches = block->patches,
                     .groups = block->groups,
                     .side = block->side,
                     .kernel = layer == LOCL_LAYER_TOKEN ? block->kernel : 0};
    l.in = layer == LOCL_LAYER_GROUP ? block->hidden : block->in;
    l.out = layer == LOCL_LAYER_CHANNEL ? block->hidden
            : layer == LOCL_LAYER_GROUP ? block->width
                                        : block->in;
    return l;
}

/* Returns the product [rows,in] x [in,out], row-major, group by group for group layers. The weight of group g
 * is [in/G,out/G]. */
static locl_gemm_shape channels_shape(const locl_linear *l, size_t rows)
{
    size_t groups = l->layer == LOCL_LAYER_GROUP ? l->groups : 1;
    size_t in = l->in / groups, out = l->out / groups;
    return (locl_gemm_shape){.m = rows,
                             .n = out,
                             .k = in,
                             .lda = l->in,
                             .ldb = out,
                             .ldc = l->out,
                             .batch = groups,
                             .stride_a = in,
                             .stride_b = in * out,
                             .stride_c = out,
                             .sum = 1,
                             .alpha = 1};
}

/* Returns the product [P,P] x [P,D] of each image. */
static locl_gemm_shape tokens_shape(const locl_linear *l, size_t images)
{
    return (locl_gemm_shape){.m = l->patches,
                             .n = l->in,
                             .k = l->patches,
                             .lda = l->patches,
                             .ldb = l->in,
                             .ldc = l->in,
                             .batch = images,
                             .stride_b = l->patches * l->in,
                             .stride_c = l->patches * l->in,
                             .sum = 1,
                             .alpha = 1};
}

static locl_depthwise convolution(const locl_linear *l, size_t copies)
{
    return (locl_depthwise){
        .images = copies * l->batch, .side = l->side, .channels = l->in, .kernel = l->kernel};
}

void locl_linear_forward(locl_command_buffer *cmd, const locl_linear *l, const locl_tensor *weight,
                         const locl_tensor *x, size_t copies, locl_write write, const locl_tensor *z)
{
    if (l->kernel) {
        locl_depthwise c = convolution(l, copies);
        locl_depthwise_forward(cmd, &c, weight, x, write, z);
        return;
    }
    if (l->layer == LOCL_LAYER_TOKEN) {
        locl_gemm_shape shape = tokens_shape(l, copies * l->batch);
        shape.ta = true; /* z[q] = sum over p of x[p] W[p,q] */
        shape.beta = write == LOCL_ADD ? 1.0f : 0.0f;
        locl_gemm(cmd, &shape, weight, x, z);
        return;
    }
    locl_gemm_shape shape = channels_shape(l, copies * l->batch * l->patches);
    shape.beta = write == LOCL_ADD ? 1.0f : 0.0f;
    locl_gemm(cmd, &shape, x, weight, z);
}

static void token_gradient(locl_command_buffer *cmd, const locl_linear *l, const locl_tensor *pre,
                           const locl_tensor *q, const locl_tensor *weight_gradient,
                           const locl_tensor *bias_gradient)
{
    size_t image = l->patches * l->in;
    locl_gemm_shape shape = {.tb = true,
                             .m = l->patches,
                             .n = l->patches,
                             .k = l->in,
                             .lda = l->in,
                             .ldb = l->in,
                             .ldc = l->patches,
                             .batch = 1,
                             .sum = l->batch,
                             .sum_a = image,
                             .sum_b = image,
                             .alpha = 1};
    locl_gemm(cmd, &shape, pre, q, weight_gradient);
    locl_arena *workspace = locl_command_buffer_workspace(cmd);
    locl_arena_mark mark = locl_arena_here(workspace);
    const locl_tensor *rows = locl_command_buffer_scratch(cmd, l->batch * l->patches, "row sums");
    locl_sum_rows(cmd, q, rows, l->batch * l->patches, l->in);
    locl_sum_columns(cmd, rows, bias_gradient, l->batch, l->patches, 1.0f);
    locl_arena_back(workspace, mark);
}

void locl_linear_gradient(locl_command_buffer *cmd, const locl_linear *l, const locl_tensor *pre,
                          const locl_tensor *q, const locl_tensor *weight_gradient,
                          const locl_tensor *bias_gradient)
{
    if (l->kernel) {
        locl_depthwise c = convolution(l, 1);
        locl_depthwise_gradient(cmd, &c, pre, q, weight_gradient);
        locl_sum_columns(cmd, q, bias_gradient, l->batch * l->patches, l->out, 1.0f);
        return;
    }
    if (l->layer == LOCL_LAYER_TOKEN) {
        token_gradient(cmd, l, pre, q, weight_gradient, bias_gradient);
        return;
    }
    locl_gemm_shape forward = channels_shape(l, l->batch * l->patches), shape = forward;
    shape.ta = true;
    shape.m = forward.k;
    shape.k = forward.m;
    shape.ldb = l->out;
    shape.stride_b = forward.stride_c;
    shape.ldc = forward.ldb;
    shape.stride_c = forward.stride_b;
    locl_gemm(cmd, &shape, pre, q, weight_gradient);
    locl_sum_columns(cmd, q, bias_gradient, forward.m, l->out, 1.0f);
}

void locl_linear_backward(locl_command_buffer *cmd, const locl_linear *l, const locl_tensor *weight,
                          const locl_tensor *q, const locl_tensor *t)
{
    if (l->kernel) {
        locl_depthwise c = convolution(l, 1);
        locl_depthwise_backward(cmd, &c, weight, q, t);
        return;
    }
    if (l->layer == LOCL_LAYER_TOKEN) {
        locl_gemm_shape shape = tokens_shape(l, l->batch);
        locl_gemm(cmd, &shape, weight, q, t);
        return;
    }
    locl_gemm_shape forward = channels_shape(l, l->batch * l->patches), shape = forward;
    shape.tb = true;
    shape.n = forward.k;
    shape.k = forward.n;
    shape.lda = l->out;
    shape.stride_a = forward.stride_c;
    shape.ldc = l->in;
    shape.stride_c = forward.stride_a;
    locl_gemm(cmd, &shape, q, weight, t);
}
