/* Sums in a fixed order, for bias gradients. Records into a command buffer. References are in sum_ref.c. */
#ifndef LOCL_OPS_SUM_H
#define LOCL_OPS_SUM_H

#include "device/command_buffer.h"

/* Records out [n] = scale * sum over rows of x [rows,n]. Takes scratch. */
void locl_sum_columns(locl_command_buffer *cmd, const locl_tensor *x, const locl_tensor *out, size_t rows,
                      size_t n, float scale);
/* Records out [rows] = sum over the n values of each row of x [rows,n]. */
void locl_sum_rows(locl_command_buffer *cmd, const locl_tensor *x, const locl_tensor *out, size_t rows,
                   size_t n);

void locl_sum_columns_ref(const float *x, float *out, size_t rows, size_t n, float scale);
void locl_sum_rows_ref(const float *x, float *out, size_t rows, size_t n);

#endif
