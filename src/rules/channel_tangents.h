/* `tangents: {channel: K}` (SPEC 5): the channel layer estimated by K tangents of its own, rows of a Hadamard
 * matrix with random signs, of which each re-runs the group layer alone. With all rows the estimate is exact.
 * Used by lg_fg_a.c. */
#ifndef LOCL_RULES_CHANNEL_TANGENTS_H
#define LOCL_RULES_CHANNEL_TANGENTS_H

#include "rules/part.h"

/* The cotangent [B,P,D] of the group layer's linear output by the block's own loss, in scratch; f [B,D] are
 * the head's feature errors. */
const locl_tensor *locl_group_cotangent(locl_plan *plan, const locl_block_tape *tape,
                                        const locl_readout *head, const locl_tensor *f, bool norm_grad);
/* The channel layer's gradient, on the tape of a block that ran. `q` is locl_group_cotangent() with
 * norm_grad, or NULL where nobody else needs it. */
void locl_channel_tangents(locl_plan *plan, locl_part *part, const locl_block_tape *tape,
                           const locl_readout *head, const locl_tensor *f, const locl_tensor *q);

#endif
