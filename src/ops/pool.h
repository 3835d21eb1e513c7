/* Pooling of the tokens' map per channel (SPEC 1, downsample) by windows of 3x3 cells, `stride` apart, SAME
 * padding. With S cells a side the output has O = ceil(S / r). There are T = max((O-1) r + 3 - S, 0) cells of
 * padding, T/2 of them before the map, the odd one after it. The average divides by 9 everywhere. The maximum
 * does not see the padding, and of equal values takes the first of the window, row by row. Records into a
 * command buffer. References are in pool_ref.c. */
#ifndef LOCL_OPS_POOL_H
#define LOCL_OPS_POOL_H

#include "device/command_buffer.h"

enum { LOCL_POOLING_WINDOW = 3 };

typedef struct locl_pooling {
    size_t batch, side, channels, stride; /* B, S, D, r */
    bool max;                             /* the maximum, else the average */
} locl_pooling;

size_t locl_pooling_side(const locl_pooling *p);   /* output cells a side: O */
size_t locl_pooling_before(const locl_pooling *p); /* cells of padding before the map: T/2 */

/* Records y [B,O,O,D] and dy [M,B,O,O,D] of x [B,S,S,D] and dx [M,B,S,S,D] (NULL with 0 tangents). With max,
 * dy is the tangent of the value taken. */
void locl_pooling_dual(locl_command_buffer *cmd, const locl_pooling *p, const locl_tensor *x,
                       const locl_tensor *dx, size_t tangents, const locl_tensor *y, const locl_tensor *dy);
/* Records t [B,S,S,D] = the transposed map of q [B,O,O,D]. With max, x says which values were taken. Else x
 * is not read. */
void locl_pooling_vjp(locl_command_buffer *cmd, const locl_pooling *p, const locl_tensor *x,
                      const locl_tensor *q, const locl_tensor *t);

void locl_pooling_dual_ref(const locl_pooling *p, const float *x, const float *dx, size_t tangents, float *y,
                           float *dy);
void locl_pooling_vjp_ref(const locl_pooling *p, const float *x, const float *q, float *t);

#endif
