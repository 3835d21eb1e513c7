/* `tangents: {channel: K}` (SPEC 5): the channel layer estimated by K tangents of its own. They are rows of a
 * Hadamard matrix with random signs, and each re-runs the group layer alone. With all rows the estimate is
 * exact. Used by lg_fg_a.c. */
#ifndef LOCL_RULES_CHANNEL_TANGENTS_H
#define LOCL_RULES_CHANNEL_TANGENTS_H

#include "rules/part.h"

/* Records the channel layer's gradient on the tape of a block that ran. f [B,D] are the head's feature
 * errors. */
void locl_channel_tangents(locl_command_buffer *cmd, locl_part *part, const locl_block_tape *tape,
                           const locl_readout *head, const locl_tensor *f);

#endif
