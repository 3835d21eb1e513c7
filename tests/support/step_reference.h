/* One step of lg-fg-a, dfa and the rules of backpropagation in double precision and plain loops, written from
 * SPEC 1 to 3 and 5, and sharing nothing with src/. locl_probe() and the rules are held against it. Tensors
 * have the names of SPEC 8 and 11. */
#ifndef TESTS_SUPPORT_STEP_REFERENCE_H
#define TESTS_SUPPORT_STEP_REFERENCE_H

#include "support/step_set.h"

#include <stdbool.h>

enum { STEP_BLOCKS = 8 };

/* A block's sizes: patches per side, channels of its input, H, D, G, and the stride of the pooling after
 * it. */
typedef struct step_block {
    size_t side, in, hidden, width, groups, stride;
} step_block;

typedef struct step_sizes {
    size_t batch, blocks, image[3],
        classes;  /* B, or 2 B with two views; blocks, h w c, K, or outputs of a head */
    size_t views; /* 1, or 2: contrast, of "images.1" and "images.2" */
    double temperature;
    step_block block[STEP_BLOCKS];
    size_t kernel; /* of the depthwise convolution; 0: token layers are matrices */
    bool max_pool;
    bool begin_ln, middle_ln, post_ln, head_ln, classifier_ln;
    int norm; /* with post_ln: 0 layer, 1 batch, 2 sample */
} step_sizes;

typedef struct step_rule {
    bool backward;   /* lg-bp, or what the next four say */
    bool through;    /* errors pass from block to block: l-bp, l-fa */
    bool classifier; /* the errors are the classifier's: bp, fa, dfa */
    bool direct;     /* errors go straight to every layer: dfa */
    bool idle_heads; /* heads have no gradient: bp */
    size_t passes, channel_tangents;
    bool norm_grad, exact_last, loss_block, loss_patch, loss_group;
    bool group_mirrors, channel_mirrors; /* feedback */
} step_rule;

/* Computes a step and adds what SPEC 11 lists to `out`. `in` holds "images" [B,h,w,c], the parameters, for
 * lg-fg-a "noise.<m>.blocks.<k>.<layer>", feedback and mirrors. Where a weight has feedback, that sends the errors
 * back. lg-bp with loss_block false trains by the last block's loss, through everything (what lg-fg-a with
 * that switch averages to). */
void step_reference(const step_sizes *sizes, const step_rule *rule, const step_set *in, const int *labels,
                    step_set *out);

/* Computes moved [B,P,G]: the loss of the last of blocks 0 .. block on each image, with its activities
 * shifted by `epsilon` times the draws of pass `pass`, seen by the features at (p,g) alone. The draws are
 * those of the base tangent (`tangent` -1), or of tangent `tangent` of the channel layer's own. Under
 * loss_block every block starts from unshifted input. */
void step_reference_moved(const step_sizes *sizes, const step_rule *rule, const step_set *in,
                          const int *labels, size_t block, size_t pass, int tangent, double epsilon,
                          double *moved);

#endif
