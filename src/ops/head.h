/* A block's linear head and the classifier, apart from their products: pooled features, directional
 * derivatives of the replicated losses and the cotangent of the features (SPEC 1 and 2). Records into a
 * command buffer. References are in head_ref.c. */
#ifndef LOCL_OPS_HEAD_H
#define LOCL_OPS_HEAD_H

#include "device/command_buffer.h"

typedef struct locl_head {
    size_t batch, patches, groups, width; /* B, P, G and the w = D/G channels of a group */
    bool norm;                            /* LN over w before pooling (head_ln) */
    const locl_tensor *x;                 /* [B,P,G,w] the block's output */
    const locl_tensor *stats;             /* [B,P,G,2] mean and r of that LN; NULL without norm */
} locl_head;

/* Records xbar [B,D] = mean over p of LN(x). Writes stats, which the others read. */
void locl_head_pool(locl_command_buffer *cmd, const locl_head *h, const locl_tensor *xbar);
/* Records dL = (1/P) sum_c (J dx)[n,p,g,c] f[n,g,c] of `tangents` tangents dx [M,B,P,D], with f [B,D] = V
 * (softmax - onehot). Writes them to dl [../side,B,P,G,side], `side` tangents side by side, from tangent
 * `first` of it on. */
void locl_head_jvp(locl_command_buffer *cmd, const locl_head *h, const locl_tensor *dx, const locl_tensor *f,
                   size_t tangents, const locl_tensor *dl, size_t first, size_t side);
/* Records t [B,P,D] = J' f / (P B), the mean loss's cotangent of x. */
void locl_head_vjp(locl_command_buffer *cmd, const locl_head *h, const locl_tensor *f, const locl_tensor *t);

/* Records delta [B,P,D], what head_ln makes of `moved` [B,P,D] less what it makes of x. */
void locl_head_delta(locl_command_buffer *cmd, const locl_head *h, const locl_tensor *moved,
                     const locl_tensor *delta);
/* Records the replicated losses' change, over epsilon, when only the features at (p,g) move to those of
 * `moved` [B,P,D] (SPEC 3, np rules). Writes it to [B,P,G] of dl from value `offset` on. weight is [D,K],
 * error [B,K], labels [B]. Takes scratch. */
void locl_head_difference(locl_command_buffer *cmd, const locl_head *h, const locl_tensor *moved,
                          const locl_tensor *weight, const locl_tensor *error, const locl_tensor *labels,
                          size_t classes, float epsilon, const locl_tensor *dl, size_t offset);

void locl_head_difference_ref(const locl_head *h, const float *x, const float *moved, const float *weight,
                              const float *error, const int32_t *labels, size_t classes, float epsilon,
                              float *dl);
void locl_head_pool_ref(const locl_head *h, const float *x, float *xbar);
void locl_head_jvp_ref(const locl_head *h, const float *x, const float *dx, const float *f, size_t tangents,
                       float *dl);
void locl_head_vjp_ref(const locl_head *h, const float *x, const float *f, float *t);

#endif
