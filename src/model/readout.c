#include "model/readout.h"

#include "ops/accumulate.h"
#include "ops/contrast.h"
#include "ops/layernorm.h"
#include "ops/loss.h"
#include "ops/sum.h"

static locl_readout readout(locl_command_buffer *cmd, size_t batch, size_t width, size_t classes)
{
    return (locl_readout){.batch = batch,
                          .width = width,
                          .classes = classes,
                          .features = locl_command_buffer_scratch(cmd, batch * width, "features"),
                          .logits = locl_command_buffer_scratch(cmd, batch * classes, "logits"),
                          .error = locl_command_buffer_scratch(cmd, batch * classes, "error")};
}

locl_readout locl_readout_of_head(locl_command_buffer *cmd, const locl_model *model,
                                  const locl_block_shape *block, size_t batch, const locl_tensor *x)
{
    locl_readout r = readout(cmd, batch, block->width, model->outputs);
    r.head = (locl_head){.batch = batch,
                         .patches = block->patches,
                         .groups = block->groups,
                         .width = block->width / block->groups,
                         .norm = model->options.head_ln,
                         .x = x};
    if (r.head.norm) {
        r.head.stats =
            locl_command_buffer_scratch(cmd, 2 * batch * block->patches * block->groups, "head statistics");
    }
    if (locl_model_contrasts(model)) {
        r.contrast = locl_contrast_of(cmd, batch, model->outputs, model->options.task.temperature, r.logits);
    }
    return r;
}

locl_readout locl_readout_of_classifier(locl_command_buffer *cmd, const locl_model *model, size_t batch,
                                        const locl_tensor *x)
{
    const locl_block_shape *last = locl_model_last(model);
    size_t width = last->width;
    locl_readout r = readout(cmd, batch, width, model->classes);
    r.head = (locl_head){.batch = batch, .patches = last->next_patches, .groups = 1, .width = width, .x = x};
    r.norm = model->options.classifier_ln;
    r.r = r.norm ? locl_command_buffer_scratch(cmd, batch, "features r") : NULL;
    return r;
}

void locl_readout_forward(locl_command_buffer *cmd, const locl_readout *r, const locl_tensor *weight,
                          const locl_tensor *bias, const locl_tensor *labels, const locl_tensor *metrics,
                          size_t index)
{
    locl_head_pool(cmd, &r->head, r->features);
    if (r->norm) {
        locl_layernorm_dual(cmd, r->features, NULL, r->features, NULL, r->r, r->batch, r->width, 0);
    }
    locl_gemm_shape shape = {.m = r->batch,
                             .n = r->classes,
                             .k = r->width,
                             .lda = r->width,
                             .ldb = r->classes,
                             .ldc = r->classes,
                             .batch = 1,
                             .sum = 1,
                             .alpha = 1};
    locl_gemm(cmd, &shape, r->features, weight, r->logits);
    if (r->contrast.rows) {
        locl_contrast_loss(cmd, &r->contrast, bias, r->error, metrics, index, r->records);
    } else {
        locl_loss_softmax(cmd, r->logits, bias, labels, r->error, metrics, index, r->batch, r->classes);
    }
}

/* Records out = alpha features' error + beta out, [width,classes]. */
static void weigh_errors(locl_command_buffer *cmd, const locl_readout *r, float alpha, float beta,
                         const locl_tensor *out)
{
    locl_gemm_shape shape = {.ta = true,
                             .m = r->width,
                             .n = r->classes,
                             .k = r->batch,
                             .lda = r->width,
                             .ldb = r->classes,
                             .ldc = r->classes,
                             .batch = 1,
                             .sum = 1,
                             .alpha = alpha,
                             .beta = beta};
    locl_gemm(cmd, &shape, r->features, r->error, out);
}

void locl_readout_gradient(locl_command_buffer *cmd, const locl_readout *r,
                           const locl_tensor *weight_gradient, const locl_tensor *bias_gradient)
{
    float mean = (float)(1.0 / (double)r->batch);
    weigh_errors(cmd, r, mean, 0, weight_gradient);
    locl_sum_columns(cmd, r->error, bias_gradient, r->batch, r->classes, mean);
}

void locl_readout_backward(locl_command_buffer *cmd, const locl_readout *r, const locl_tensor *weight,
                           const locl_tensor *f)
{
    locl_gemm_shape shape = {.tb = true,
                             .m = r->batch,
                             .n = r->width,
                             .k = r->classes,
                             .lda = r->classes,
                             .ldb = r->classes,
                             .ldc = r->width,
                             .batch = 1,
                             .sum = 1,
                             .alpha = 1};
    locl_gemm(cmd, &shape, r->error, weight, f);
    if (r->norm) {
        locl_layernorm_vjp(cmd, r->features, r->r, f, f, r->batch, r->width, 1);
    }
}

void locl_readout_descend(locl_command_buffer *cmd, const locl_readout *r, const locl_tensor *weight,
                          const locl_tensor *bias, float rate)
{
    locl_arena_mark mark = locl_arena_here(locl_command_buffer_workspace(cmd));
    const locl_tensor *step = locl_command_buffer_scratch(cmd, r->classes, "bias step");
    weigh_errors(cmd, r, -rate, 1, weight);
    locl_sum_columns(cmd, r->error, step, r->batch, r->classes, -rate);
    locl_accumulate(cmd, step, NULL, bias, 1, r->classes, 1);
    locl_arena_back(locl_command_buffer_workspace(cmd), mark);
}
