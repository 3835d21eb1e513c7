/* Depthwise convolution over the tokens' map (SPEC 1, token_mixer: conv). Each channel has a window of its
 * own. Stride 1, zeros around the map, no flip. Records into a command buffer. References are in
 * depthwise_ref.c. */
#ifndef LOCL_OPS_DEPTHWISE_H
#define LOCL_OPS_DEPTHWISE_H

#include "device/command_buffer.h"
#include "ops/layer.h"

typedef struct locl_depthwise {
    size_t images, side, channels, kernel; /* images (copies times B), S (P = S*S), D, odd k */
} locl_depthwise;

/* Records z [images,S,S,D] = the map of x [images,S,S,D] by weight [k,k,D], or with LOCL_ADD z +=: z[y,x,d] =
 * sum over i, j of x[y+i-k/2, x+j-k/2, d] w[i,j,d] */
void locl_depthwise_forward(locl_command_buffer *cmd, const locl_depthwise *c, const locl_tensor *weight,
                            const locl_tensor *x, locl_write write, const locl_tensor *z);
/* Records t [images,S,S,D] = the transposed map of q [images,S,S,D]. */
void locl_depthwise_backward(locl_command_buffer *cmd, const locl_depthwise *c, const locl_tensor *weight,
                             const locl_tensor *q, const locl_tensor *t);
/* Records weight_gradient [k,k,D] = sum over images, y, x of x[y+i-k/2, x+j-k/2, d] q[y,x,d]. Takes
 * scratch. */
void locl_depthwise_gradient(locl_command_buffer *cmd, const locl_depthwise *c, const locl_tensor *x,
                             const locl_tensor *q, const locl_tensor *weight_gradient);

void locl_depthwise_forward_ref(const locl_depthwise *c, const float *weight, const float *x,
                                locl_write write, float *z);
void locl_depthwise_backward_ref(const locl_depthwise *c, const float *weight, const float *q, float *t);
void locl_depthwise_gradient_ref(const locl_depthwise *c, const float *x, const float *q,
                                 float *weight_gradient);

#endif
