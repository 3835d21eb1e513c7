/* l-fa (SPEC 3): l-bp, but every linear layer sends the error back through a fixed random matrix. */
#include "rules/backprop.h"

static void record(locl_command_buffer *cmd, locl_part *part)
{
    locl_backprop_record(cmd, part, (locl_backprop){.local = true});
}

const locl_rule locl_rule_l_fa = {
    .name = "l-fa",
    .kind = LOCL_RULE_L_FA,
    .summary = "l-bp with errors sent back in the same way",
    .backward = true,
    .params = {.feedback = LOCL_FEEDBACK_WEIGHTS},
    .yardstick = LOCL_RULE_L_BP,
    .crosses_blocks = locl_rule_always,
    .record = record,
};
