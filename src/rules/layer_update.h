/* What rules share of an update: from the cotangent of a layer's output to its gradients. */
#ifndef LOCL_RULES_LAYER_UPDATE_H
#define LOCL_RULES_LAYER_UPDATE_H

#include "rules/part.h"

/* Records dW = pre^T q and db = sum q into the part's gradients. */
void locl_layer_gradient(locl_command_buffer *cmd, const locl_part *part, size_t block,
                         const locl_layer_tape *layer, const locl_tensor *q);
/* Whose losses are told apart (`losses`), as flags. */
enum { LOCL_APART_NONE = 0, LOCL_APART_PATCHES = 1, LOCL_APART_GROUPS = 2 };
unsigned locl_losses_apart(const locl_rule_options *options);
/* Returns the part of an estimate that comes from a block's directional derivatives jvp [M/side,B,P,G,side],
 * M being `tangents`. Records their sums over patches or groups where these are not told `apart`. Takes
 * scratch for it. */
locl_estimate locl_layer_losses(locl_command_buffer *cmd, const locl_part *part, const locl_block_shape *s,
                                const locl_tensor *jvp, size_t tangents, size_t side, unsigned apart);
/* Records the gradient of a layer by activity perturbation: e.dl u stands for its output's gradient. e.u is
 * taken from the layer. */
void locl_layer_estimate(locl_command_buffer *cmd, const locl_part *part, const locl_block_tape *tape,
                         locl_layer layer, locl_estimate e);
/* Takes scratch [B,P,width] for the cotangent of any layer of the block. */
const locl_tensor *locl_layer_cotangent(locl_command_buffer *cmd, const locl_block_tape *tape);

#endif
