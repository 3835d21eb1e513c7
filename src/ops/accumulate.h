/* Sums of cotangents where paths meet: a residual (repeated where the block is wider than its input, see
 * repeat.h), or a block's own loss. Records into a command buffer. The reference is in accumulate_ref.c. */
#ifndef LOCL_OPS_ACCUMULATE_H
#define LOCL_OPS_ACCUMULATE_H

#include "device/command_buffer.h"

/* Adds to out [rows,n] the sum over the copies of t [rows,copies,n]. Unless `post` [rows,copies,n] is NULL,
 * adds only values of t whose post > 0. */
void locl_accumulate(locl_command_buffer *cmd, const locl_tensor *t, const locl_tensor *post,
                     const locl_tensor *out, size_t rows, size_t n, size_t copies);

void locl_accumulate_ref(const float *t, const float *post, float *out, size_t rows, size_t n, size_t copies);

#endif
