/* Layer normalisation without affine part over the last axis, y = (x - mean) r, r = 1 / sqrt(var + 1e-5),
 * biased variance (SPEC 1). Records into a command buffer. J is symmetric: JVP and VJP are one map.
 * References (layernorm_ref.c) have the same names with _ref. */
#ifndef LOCL_OPS_LAYERNORM_H
#define LOCL_OPS_LAYERNORM_H

#include "device/command_buffer.h"

/* x, y [rows,n]; dx, dy [tangents,rows,n] (NULL with 0 tangents); r [rows] or NULL: kept for the VJP. */
void locl_layernorm_dual(locl_command_buffer *cmd, const locl_tensor *x, const locl_tensor *dx,
                         const locl_tensor *y, const locl_tensor *dy, const locl_tensor *r, size_t rows,
                         size_t n, size_t tangents);
/* q = J' t from the normalised y [rows,n]: of `copies` cotangents or tangents, t, q [copies,rows,n]; r
 * [rows]; q may be t. */
void locl_layernorm_vjp(locl_command_buffer *cmd, const locl_tensor *y, const locl_tensor *r,
                        const locl_tensor *t, const locl_tensor *q, size_t rows, size_t n, size_t copies);

void locl_layernorm_dual_ref(const float *x, const float *dx, float *y, float *dy, float *r, size_t rows,
                             size_t n, size_t tangents);
void locl_layernorm_vjp_ref(const float *y, const float *r, const float *t, float *q, size_t rows, size_t n);

#endif
