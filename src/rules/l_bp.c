/* l-bp (SPEC 3): the exact gradient of the sum of local losses, flowing through all earlier blocks. */
#include "rules/backprop.h"

static void record(locl_command_buffer *cmd, locl_part *part)
{
    locl_backprop_record(cmd, part, (locl_backprop){.local = true});
}

const locl_rule locl_rule_l_bp = {
    .name = "l-bp",
    .kind = LOCL_RULE_L_BP,
    .summary = "exact gradient of the sum of the blocks' losses, through all earlier blocks",
    .backward = true,
    .yardstick = LOCL_RULE_L_BP,
    .crosses_blocks = locl_rule_always,
    .record = record,
};
