/* Layer normalisation without affine part over the last axis: y = (x - mean) r, r = 1 / sqrt(var + 1e-5),
 * biased variance (SPEC 1). J is symmetric, so JVP and VJP are one map. Records into a command buffer.
 * References (layernorm_ref.c) have the same names with _ref. */
#ifndef LOCL_OPS_LAYERNORM_H
#define LOCL_OPS_LAYERNORM_H

#include "device/command_buffer.h"

/* Records y [rows,n], x [rows,n] normalised, and its tangents dy [tangents,rows,n] from dx (both NULL with 0
 * tangents). Writes r [rows], kept for the VJP, unless it is NULL. */
void locl_layernorm_dual(locl_command_buffer *cmd, const locl_tensor *x, const locl_tensor *dx,
                         const locl_tensor *y, const locl_tensor *dy, const locl_tensor *r, size_t rows,
                         size_t n, size_t tangents);
/* Records q = J' t from the normalised y [rows,n] and r [rows]. t and q are `copies` cotangents or tangents,
 * [copies,rows,n]. q may be t. */
void locl_layernorm_vjp(locl_command_buffer *cmd, const locl_tensor *y, const locl_tensor *r,
                        const locl_tensor *t, const locl_tensor *q, size_t rows, size_t n, size_t copies);

void locl_layernorm_dual_ref(const float *x, const float *dx, float *y, float *dy, float *r, size_t rows,
                             size_t n, size_t tangents);
void locl_layernorm_vjp_ref(const float *y, const float *r, const float *t, float *q, size_t rows, size_t n);

#endif
