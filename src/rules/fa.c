/* fa (SPEC 3): bp, but every linear layer sends the error back through a fixed random matrix. */
#include "rules/backprop.h"

static void record(locl_command_buffer *cmd, locl_part *part)
{
    locl_backprop_record(cmd, part, (locl_backprop){.local = false});
}

const locl_rule locl_rule_fa = {
    .name = "fa",
    .kind = LOCL_RULE_FA,
    .summary = "bp with errors sent back through fixed random matrices instead of the weights; heads are "
               "trained",
    .backward = true,
    .params = {.feedback = LOCL_FEEDBACK_WEIGHTS},
    .yardstick = LOCL_RULE_BP,
    .crosses_blocks = locl_rule_always,
    .record = record,
};
