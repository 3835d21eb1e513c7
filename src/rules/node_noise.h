/* Node perturbation: what np-a and np-w share (SPEC 3). A copy of the block runs beside it, moved by epsilon
 * u, from the block's unperturbed input; what that changes in each replicated loss, over epsilon, stands for
 * the directional derivative. */
#ifndef LOCL_RULES_NODE_NOISE_H
#define LOCL_RULES_NODE_NOISE_H

#include "rules/rule.h"

/* The copy of a block that ran: layers' parameters `layers`, moved by `motion`. Writes the losses' change
 * to dl [B,P,G] from value `offset` on. Gives its memory back. */
void locl_node_difference(locl_command_buffer *cmd, const locl_part *part, const locl_block_tape *tape,
                          const locl_readout *head, const locl_layer_tensors layers[LOCL_LAYERS],
                          const locl_block_motion *motion, const locl_tensor *dl, size_t offset);

#endif
