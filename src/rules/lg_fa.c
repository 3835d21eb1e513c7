/* lg-fa (SPEC 3): lg-bp, but every linear layer sends the error back through a fixed random matrix. */
#include "rules/backprop.h"

static void record(locl_command_buffer *cmd, locl_part *part)
{
    locl_backprop_record(cmd, part, (locl_backprop){.local = true, .stopped = true});
}

const locl_rule locl_rule_lg_fa = {
    .name = "lg-fa",
    .kind = LOCL_RULE_LG_FA,
    .summary = "lg-bp with errors sent back in the same way",
    .backward = true,
    .halves = true,
    .params = {.feedback = LOCL_FEEDBACK_WEIGHTS},
    .yardstick = LOCL_RULE_LG_BP,
    .crosses_blocks = locl_rule_never,
    .record = record,
};
