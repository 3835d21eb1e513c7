/* The linear map of a layer and its two ways back, as products (SPEC 1 and 3). Token layers mix patches by a
 * matrix or a depthwise convolution, channel layers mix channels, group layers mix channels within a group.
 * Biases are added by ops/activation.h. Records into a command buffer. */
#ifndef LOCL_MODEL_LINEAR_H
#define LOCL_MODEL_LINEAR_H

#include "gemm/gemm.h"
#include "model/model.h"
#include "ops/layer.h"

typedef struct locl_linear {
    locl_layer layer;
    size_t batch, patches, groups; /* B, P, G */
    size_t side, kernel; /* of a token layer that is a depthwise convolution; kernel 0: it is a matrix */
    size_t in, out;      /* channels: token D, D; channel in, H; group H, D */
} locl_linear;

locl_linear locl_linear_of(const locl_block_shape *block, locl_layer layer, size_t batch);

/* Records z [copies,B,P,out] = the map of x [copies,B,P,in], or with LOCL_ADD z +=. `copies` is 1 for the
 * primal, M for tangents. */
void locl_linear_forward(locl_command_buffer *cmd, const locl_linear *l, const locl_tensor *weight,
                         const locl_tensor *x, size_t copies, locl_write write, const locl_tensor *z);
/* Records dW = pre^T q and db = sum q from pre [B,P,in] and q [B,P,out]. Takes scratch. */
void locl_linear_gradient(locl_command_buffer *cmd, const locl_linear *l, const locl_tensor *pre,
                          const locl_tensor *q, const locl_tensor *weight_gradient,
                          const locl_tensor *bias_gradient);
/* Records t [B,P,in] = the transposed map of q [B,P,out]. */
void locl_linear_backward(locl_command_buffer *cmd, const locl_linear *l, const locl_tensor *weight,
                          const locl_tensor *q, const locl_tensor *t);

#endif
