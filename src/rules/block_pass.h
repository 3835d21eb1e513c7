/* A greedy rule's step with each block in one pass over its input (ops/block_step.h), where the device and the
 * blocks' shapes allow. Used by the rules whose blocks learn alone. */
#ifndef LOCL_RULES_BLOCK_PASS_H
#define LOCL_RULES_BLOCK_PASS_H

#include "ops/block_step.h"
#include "rules/part.h"

/* Records the whole step of the part, blocks and classifier, or with LOCL_WAY_FORWARD its evaluation. Returns false,
 * and nothing recorded, where a block of it cannot be done so. */
bool locl_blocks_pass(locl_command_buffer *cmd, locl_part *part, locl_block_way way);

#endif
