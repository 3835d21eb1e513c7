/* lg-bp (SPEC 3): the exact gradient of each block's own loss, stopped between blocks. It is the yardstick of
 * lg-fg-a, whose estimate averages to it. As that it also serves losses.block: false, which `locl audit` asks
 * for. */
#include "rules/backprop.h"
#include "rules/block_pass.h"

static void record(locl_command_buffer *cmd, locl_part *part)
{
    bool own = part->options->loss_block; /* false only as a yardstick */
    if (own && locl_blocks_pass(cmd, part, LOCL_WAY_EXACT)) {
        return;
    }
    locl_backprop_record(cmd, part, (locl_backprop){.local = true, .stopped = own, .last = !own});
}

const locl_rule locl_rule_lg_bp = {
    .name = "lg-bp",
    .kind = LOCL_RULE_LG_BP,
    .summary = "exact gradient of each block's own loss, stopped between blocks",
    .backward = true,
    .halves = true,
    .yardstick = LOCL_RULE_LG_BP,
    .crosses_blocks = locl_rule_without_block_losses,
    .record = record,
};
