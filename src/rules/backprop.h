/* Exact gradients sent back layer by layer, and their variants with feedback weights: what bp, l-bp, lg-bp,
 * fa, l-fa and lg-fa share (SPEC 3). The six differ in these answers. */
#ifndef LOCL_RULES_BACKPROP_H
#define LOCL_RULES_BACKPROP_H

#include "rules/rule.h"

typedef struct locl_backprop {
    bool local;      /* trains by the sum of the blocks' losses; else by the classifier's */
    bool stopped;    /* errors stop between blocks */
    bool last;       /* of the local losses only the last block's counts */
    bool idle_heads; /* heads are not trained */
} locl_backprop;

/* Records all blocks forward, with tape and head [last - first], and the classifier. Heads get their own
 * gradient if trained. This function and those that follow, but the last, are the pieces for rules that are
 * none of these six. */
locl_readout locl_backprop_forward(locl_command_buffer *cmd, locl_part *part, locl_head_use heads,
                                   locl_block_tape *tape, locl_readout *head);
/* Records t [B,P,D] = (with LOCL_ADD +=) the mean loss's cotangent of what a readout pools. `back` is its
 * weight or feedback. */
void locl_backprop_readout(locl_command_buffer *cmd, const locl_part *part, const locl_readout *r,
                           const locl_tensor *back, locl_write write, const locl_tensor *t);
/* Whether a way back leaves gradients behind. */
typedef enum locl_backprop_output { LOCL_COTANGENT_ALONE, LOCL_WITH_GRADIENTS } locl_backprop_output;
/* Records one block's way back from t [B,P,D], the cotangent of its output: the gradients of its layers, if
 * these are wanted, and the cotangent of its input, unless `input` is NULL. It is exact whatever norm_grad
 * says, which is for activity rules. */
void locl_backprop_block(locl_command_buffer *cmd, const locl_part *part, const locl_block_tape *tape,
                         const locl_tensor *t, locl_backprop_output output, const locl_tensor *input);

/* Two tensors that take turns as errors go from block to block. The current one holds the cotangent of what
 * left a block, then of its output. The other gets that of its input. Each fits any block of the part. */
typedef struct locl_cotangents {
    const locl_tensor *tensor[2];
    int current;
} locl_cotangents;

locl_cotangents locl_backprop_cotangents(locl_command_buffer *cmd, const locl_part *part);
/* Takes one more tensor of that size. */
const locl_tensor *locl_backprop_cotangent(locl_command_buffer *cmd, const locl_part *part);
const locl_tensor *locl_cotangents_here(const locl_cotangents *c);
const locl_tensor *locl_cotangents_spare(const locl_cotangents *c);
/* Records the way from what left the block to its output, through the pooling, if there is one. */
void locl_backprop_pool(locl_command_buffer *cmd, const locl_block_tape *tape, locl_cotangents *c);

void locl_backprop_record(locl_command_buffer *cmd, locl_part *part, locl_backprop how);

#endif
