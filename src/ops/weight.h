/* The forward gradient of weights (SPEC 3). Records into a command buffer. References are in weight_ref.c. */
#ifndef LOCL_OPS_WEIGHT_H
#define LOCL_OPS_WEIGHT_H

#include "device/command_buffer.h"
#include "ops/layer.h"

/* Which of the directional derivatives s [groups] a value belongs to: value i to s[i / inner % groups]. */
typedef struct locl_weight_shape {
    size_t count, inner, groups;
} locl_weight_shape;

/* Records out [count] = scale s u, or with LOCL_ADD out +=. u [count] are the draws. */
void locl_weight_estimate(locl_command_buffer *cmd, const locl_weight_shape *shape, const locl_tensor *u,
                          const locl_tensor *s, float scale, locl_write write, const locl_tensor *out);

/* Records out [count] = value + epsilon u. */
void locl_weight_shift(locl_command_buffer *cmd, size_t count, const locl_tensor *value, const locl_tensor *u,
                       float epsilon, const locl_tensor *out);

void locl_weight_shift_ref(size_t count, const float *value, const float *u, float epsilon, float *out);
void locl_weight_estimate_ref(const locl_weight_shape *shape, const float *u, const float *s, float scale,
                              locl_write write, float *out);

#endif
