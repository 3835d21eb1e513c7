/* A linear layer's bias on its own. Activation adds it by itself (ops/activation.h); this is for layers whose
 * output is normalised over more than a row. Records into a command buffer; reference in bias_ref.c. */
#ifndef LOCL_OPS_BIAS_H
#define LOCL_OPS_BIAS_H

#include "device/command_buffer.h"
#include "ops/layer.h"

/* z [B,P,width] += bias: [P] with patch_bias, else [width], group [G,D/G] */
void locl_bias_add(locl_command_buffer *cmd, const locl_layer_shape *shape, const locl_tensor *bias,
                   const locl_tensor *z);

void locl_bias_add_ref(const locl_layer_shape *shape, const float *bias, float *z);

#endif
