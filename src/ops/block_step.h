/* A step of one block under a local rule in one pass, on CPUs: from the block's input to the gradients of its
 * parameters, a tile of images at a time in the caches of each core. Computes what layernorm.h, activation.h, head.h
 * and the products compute one after another, and takes no memory that grows with the batch. Records into a command
 * buffer; reference in block_step_ref.c. */
#ifndef LOCL_OPS_BLOCK_STEP_H
#define LOCL_OPS_BLOCK_STEP_H

#include "ops/activation.h"
#include "ops/metrics.h"

/* How layers get their gradients (SPEC 3 and 5). In the order of WAY in cl/block_step.cl. */
typedef enum locl_block_way {
    LOCL_WAY_ESTIMATE,   /* every layer's output by dL u: lg-fg-a */
    LOCL_WAY_EXACT_LAST, /* the group layer's exactly, the others' so: exact_last */
    LOCL_WAY_EXACT,      /* all exactly: lg-bp */
    LOCL_WAY_FORWARD,    /* no layer: forward and loss alone, without gradients */
    LOCL_WAY_MIRROR,     /* as exact_last, beside what the group layer's mirror guesses: feedback.group */
    LOCL_WAY_MIRRORS     /* also what the channel layer's mirror guesses: feedback.channel */
} locl_block_way;

/* Whether layers are perturbed, and have tangents. */
static inline bool locl_block_way_estimates(locl_block_way way)
{
    return way != LOCL_WAY_EXACT && way != LOCL_WAY_FORWARD;
}

/* Whether a guess comes back through mirrors. */
static inline bool locl_block_way_guesses(locl_block_way way)
{
    return way == LOCL_WAY_MIRROR || way == LOCL_WAY_MIRRORS;
}

enum { LOCL_BLOCK_OWNERS = LOCL_LAYERS + 1 }; /* the layers, then the head */

/* A block with every LN (SPEC 1), its head and its step. Layers are those of `first`..LOCL_LAYERS-1; what belongs to a
 * token layer that is not there does not count. */
typedef struct locl_block_step {
    locl_layer first; /* token, or channel for a block that mixes no tokens */
    size_t batch, patches, in, hidden, width, groups,
        classes; /* B, P, in, H, D, G, K; in = D with a token layer */
    locl_block_way way;
    const locl_tensor *x;                         /* [B,P,in] */
    const locl_tensor *labels;                    /* int32 [B] */
    const locl_tensor *weight[LOCL_BLOCK_OWNERS]; /* [P,P], [in,H], [G,H/G,D/G], [D,K] */
    const locl_tensor *bias[LOCL_BLOCK_OWNERS];   /* [P], [H], [D], [K] */
    const locl_tensor
        *mirror[LOCL_LAYERS];         /* of the group layer's weight, and of the channel layer's behind a
                                                     token layer, where the way has one */
    locl_perturbation u[LOCL_LAYERS]; /* of the layers that are estimated, all of one source */
    const locl_tensor *out;           /* [B,P,D] */
    const locl_tensor *logits;        /* [B,K] */
    const locl_tensor *jvp;           /* [B,P,G] dL, SPEC 2; where layers are estimated */
    const locl_tensor *metrics;       /* records, of which `record` is the head's */
    size_t record;
    const locl_tensor *weight_gradient[LOCL_BLOCK_OWNERS], *bias_gradient[LOCL_BLOCK_OWNERS];
} locl_block_step;

/* Whether a device can take a block of that shape (the tensors do not count) in tiles: pure. */
bool locl_block_step_applies(const locl_block_step *step, const locl_caps *caps);
/* Records the step. Takes scratch, gives it back. */
void locl_block_step_record(locl_command_buffer *cmd, const locl_block_step *step);

/* The step's arrays in host memory, shaped like its tensors. `u` are the draws of the layers that are estimated. */
typedef struct locl_block_arrays {
    const float *x, *weight[LOCL_BLOCK_OWNERS], *bias[LOCL_BLOCK_OWNERS], *mirror[LOCL_LAYERS],
        *u[LOCL_LAYERS];
    const int32_t *labels;
    float *out, *logits, *jvp, *weight_gradient[LOCL_BLOCK_OWNERS], *bias_gradient[LOCL_BLOCK_OWNERS];
} locl_block_arrays;
/* The reference, made of those of the operations one after another. Images from `valid` on have no error. Returns
 * false when memory has run out. */
bool locl_block_step_ref(const locl_block_step *step, const locl_block_arrays *arrays, size_t valid,
                         locl_step_metrics *record);

#endif
