/* Guesses of a block's gradients that come back through mirrors of its weights, corrected along the draws by the
 * directional derivatives (SPEC 5, rule.feedback). Unbiased whatever the mirrors hold, as these know nothing of the
 * step's draws. The nearer they are to the weights, the less noise is left. */
#ifndef LOCL_RULES_MIRRORS_H
#define LOCL_RULES_MIRRORS_H

#include "rules/rule.h"

/* Records the gradients of a block's layers, from its head's feature errors f. The directional derivatives are in
 * part->tap.jvp, and of the tape dout and dchannel are overwritten. Takes scratch and gives it back. */
void locl_mirrors_update(locl_command_buffer *cmd, const locl_part *part, const locl_block_tape *tape,
                         const locl_readout *head, const locl_tensor *f);

/* Records what the part's mirrors learn of the weights as they are: before the first step, and at each step. */
void locl_mirrors_begin(locl_command_buffer *cmd, const locl_part *part);
void locl_mirrors_follow(locl_command_buffer *cmd, const locl_part *part);

#endif
