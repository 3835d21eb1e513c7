/* bp (SPEC 3): the exact gradient of the classifier's loss, through everything. Heads are not trained. */
#include "rules/backprop.h"

static void record(locl_command_buffer *cmd, locl_part *part)
{
    locl_backprop_record(cmd, part, (locl_backprop){.idle_heads = true});
}

const locl_rule locl_rule_bp = {
    .name = "bp",
    .kind = LOCL_RULE_BP,
    .summary = "exact gradient of the classifier's loss, through everything; heads only look on",
    .backward = true,
    .params = {.idle_heads = true},
    .yardstick = LOCL_RULE_BP,
    .crosses_blocks = locl_rule_always,
    .record = record,
};
