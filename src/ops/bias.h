/* A linear layer's bias on its own, for layers whose output is normalised over more than a row. Elsewhere the
 * activation adds it (ops/activation.h). Records into a command buffer. The reference is in bias_ref.c. */
#ifndef LOCL_OPS_BIAS_H
#define LOCL_OPS_BIAS_H

#include "device/command_buffer.h"
#include "ops/layer.h"

/* Records z [B,P,width] += bias. The bias is [P] with patch_bias, else [width], for group layers [G,D/G]. */
void locl_bias_add(locl_command_buffer *cmd, const locl_layer_shape *shape, const locl_tensor *bias,
                   const locl_tensor *z);

void locl_bias_add_ref(const locl_layer_shape *shape, const float *bias, float *z);

#endif
