/* The losses' derivatives along tangents of a channel layer's output that re-run the group layer alone (SPEC
 * 5). All tangents of a pass are taken at once and none is written anywhere. Records into a command buffer.
 * The reference is in tangents_ref.c. */
#ifndef LOCL_OPS_TANGENTS_H
#define LOCL_OPS_TANGENTS_H

#include "device/command_buffer.h"

/* What surrounds one group layer whose norm, if any, is over its own group. */
typedef struct locl_tangents {
    size_t tokens, groups, in, out; /* B P, G, channels of a group before and after: H/G, D/G */
    const locl_tensor *post;        /* [tokens,G,in] of the channel layer: where it is 0 nothing moves */
    const locl_tensor *y, *r;       /* [tokens,G,in], [tokens,G] of the LN before the group layer, or NULL */
    const locl_tensor *weight;      /* [G,in,out] */
    const locl_tensor *z;           /* [tokens,G,out] the product of y (or post) with it */
    const locl_tensor *q;           /* [tokens,G,out] cotangent of z */
} locl_tangents;

/* Records dl [passes rows / side,tokens,G,side] = scale q . W' J t of each tangent t, `side` of them side by
 * side. t is row k of a Hadamard matrix times u [passes,tokens,G,in] of pass m, where post > 0. J is that of
 * the LN before the group layer. `side` is a multiple of `rows`. With 1 row the tangents are u itself. Takes
 * scratch. */
void locl_tangent_losses(locl_command_buffer *cmd, const locl_tangents *t, const locl_tensor *u,
                         size_t passes, size_t rows, size_t side, float scale, const locl_tensor *dl);
/* Returns whether the device has the local memory for it and a work-item can keep the matrix's order of
 * vectors. */
bool locl_tangent_losses_fit(const locl_caps *caps, const locl_tangents *t, size_t rows);

void locl_tangent_losses_ref(const locl_tangents *t, const float *post, const float *y, const float *r,
                             const float *weight, const float *q, const float *u, size_t passes, size_t rows,
                             size_t side, float scale, float *dl);

#endif
