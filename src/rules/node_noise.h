/* Node perturbation: what np-a and np-w share (SPEC 3). A copy of the block runs beside it from the block's
 * unperturbed input, moved by epsilon u. The change of each replicated loss, over epsilon, stands for the
 * directional derivative. */
#ifndef LOCL_RULES_NODE_NOISE_H
#define LOCL_RULES_NODE_NOISE_H

#include "rules/rule.h"

/* Records the copy of a block that ran, with parameters `layers`, moved by `motion`. Writes the losses'
 * change over epsilon to dl [B,P,G] from value `offset` on. Gives its memory back. */
void locl_node_difference(locl_command_buffer *cmd, const locl_part *part, const locl_block_tape *tape,
                          const locl_readout *head, const locl_layer_tensors layers[LOCL_LAYERS],
                          const locl_block_motion *motion, const locl_tensor *dl, size_t offset);

#endif
