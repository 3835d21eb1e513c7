/* Perturbed weights: what fg-w and lg-fg-w share (SPEC 3). A pass draws one direction for all weights and
 * biases of the blocks' layers, carries one tangent forward, and scales the draws by the directional
 * derivatives. */
#ifndef LOCL_RULES_WEIGHT_NOISE_H
#define LOCL_RULES_WEIGHT_NOISE_H

#include "rules/rule.h"

/* Returns the tag of a parameter's draws in a pass. */
uint32_t locl_weight_draw_tag(const locl_param *param, uint32_t pass);

/* Directional derivatives of one pass: s [groups] and their sum. With groups 1 the sum trains all. */
typedef struct locl_weight_derivatives {
    const locl_tensor *s, *sum;
    size_t groups;
} locl_weight_derivatives;

/* Records s and its sum from jvp [B,P,G]: s[g] = sum over n, p of dL[n,p,g] / B. Takes scratch. */
locl_weight_derivatives locl_weight_sum(locl_command_buffer *cmd, const locl_part *part,
                                        const locl_tensor *jvp, size_t patches, size_t groups,
                                        const locl_tensor *s);
/* Records the draws of a block's layers in a pass, into the workspace, or returns the given ones. */
void locl_weight_draw(locl_command_buffer *cmd, const locl_part *part, size_t block, size_t pass,
                      locl_layer_tensors du[LOCL_LAYERS]);
/* Records gradients of a block's layers: the draws times the derivatives that they belong to, over M. Adds to
 * the gradients from the second pass on. */
void locl_weight_update(locl_command_buffer *cmd, const locl_part *part, size_t block, size_t pass,
                        const locl_layer_tensors du[LOCL_LAYERS], const locl_weight_derivatives *d);

typedef enum locl_weight_losses {
    LOCL_CLASSIFIER_LOSS, /* trains all */
    LOCL_LOCAL_LOSSES     /* each block's and group's own trains it, or the last block's all (losses.block) */
} locl_weight_losses;
/* Records one step of a rule of perturbed weights. */
void locl_weight_noise_record(locl_command_buffer *cmd, locl_part *part, locl_weight_losses losses);

#endif
