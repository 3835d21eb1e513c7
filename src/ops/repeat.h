/* Rows side by side: the residual of a block that is wider than its input (SPEC 1, channel_ratio). The way
 * back is locl_accumulate() with copies. Records into a command buffer. The reference is in repeat_ref.c. */
#ifndef LOCL_OPS_REPEAT_H
#define LOCL_OPS_REPEAT_H

#include "device/command_buffer.h"

/* Records y [rows,copies,n] = x [rows,n] repeated `copies` times. */
void locl_repeat(locl_command_buffer *cmd, const locl_tensor *x, const locl_tensor *y, size_t rows, size_t n,
                 size_t copies);

void locl_repeat_ref(const float *x, float *y, size_t rows, size_t n, size_t copies);

#endif
