/* A linear readout of pooled features: a block's head, or the classifier (SPEC 1). A head normalises each
 * token's groups before pooling (head_ln), the classifier the pooled features (classifier_ln).
 * Records into a command buffer. */
#ifndef LOCL_MODEL_READOUT_H
#define LOCL_MODEL_READOUT_H

#include "gemm/gemm.h"
#include "model/model.h"
#include "ops/contrast.h"
#include "ops/head.h"

typedef struct locl_readout {
    size_t batch, width, classes; /* B, D, K */
    locl_head head;               /* how features are pooled */
    bool norm;                    /* LN of the pooled features */
    const locl_tensor *features;  /* [B,D] what the linear map reads */
    const locl_tensor *r;         /* [B] r of that LN; NULL without */
    const locl_tensor *logits;    /* [B,K], or a head's outputs z under contrast */
    const locl_tensor *error; /* [B,K] softmax - onehot, or s: each image's loss differentiated by logits */
    locl_contrast contrast;   /* of a head under contrast, else without rows */
    size_t records; /* of the step that contrast's loss goes to: the head's and, of the last one, the
                                   * classifier's, which has none of its own in training */
} locl_readout;

/* Returns the readout of a block's head on its output x [B,P,D]. Takes its tensors from the command buffer's
 * workspace. */
locl_readout locl_readout_of_head(locl_command_buffer *cmd, const locl_model *model,
                                  const locl_block_shape *block, size_t batch, const locl_tensor *x);
/* Returns the classifier on x [B,P,D], the last block's output, pooled if the model says so. Takes its
 * tensors from the command buffer's workspace. */
locl_readout locl_readout_of_classifier(locl_command_buffer *cmd, const locl_model *model, size_t batch,
                                        const locl_tensor *x);

/* Records features, logits, error and record `index` of the step's metrics. */
void locl_readout_forward(locl_command_buffer *cmd, const locl_readout *r, const locl_tensor *weight,
                          const locl_tensor *bias, const locl_tensor *labels, const locl_tensor *metrics,
                          size_t index);
/* Records the exact gradients of the mean loss: V' = features^T error / B, c' = sum error / B. */
void locl_readout_gradient(locl_command_buffer *cmd, const locl_readout *r,
                           const locl_tensor *weight_gradient, const locl_tensor *bias_gradient);
/* Records weight and bias -= rate times the sum over images of their losses' gradients: plain SGD of a readout that
 * learns alone. */
void locl_readout_descend(locl_command_buffer *cmd, const locl_readout *r, const locl_tensor *weight,
                          const locl_tensor *bias, float rate);
/* Records f [B,D] = error V^T, through the LN if there is one: each image's loss (not divided by B)
 * differentiated by its pooled tokens. `weight` is V, or the feedback that stands for it. */
void locl_readout_backward(locl_command_buffer *cmd, const locl_readout *r, const locl_tensor *weight,
                           const locl_tensor *f);

#endif
