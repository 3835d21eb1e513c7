/* Adding cotangents where paths meet: a residual (which may have been repeated, see repeat.h), a
 * block's own loss. Records into a command buffer; reference in
 * accumulate_ref.c. */
#ifndef LOCL_OPS_ACCUMULATE_H
#define LOCL_OPS_ACCUMULATE_H

#include "device/command_buffer.h"

/* out [rows,n] += the sum over the copies of t [rows,copies,n], where post [rows,copies,n] > 0 unless post is
 * NULL. */
void locl_accumulate(locl_command_buffer *cmd, const locl_tensor *t, const locl_tensor *post,
                     const locl_tensor *out, size_t rows, size_t n, size_t copies);

void locl_accumulate_ref(const float *t, const float *post, float *out, size_t rows, size_t n, size_t copies);

#endif
