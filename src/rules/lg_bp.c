/* lg-bp (SPEC 3): the exact gradient of each block's own loss, stopped between blocks. The yardstick of
 * lg-fg-a: what its estimate averages to. */
#include "rules/backprop.h"

static void record(locl_plan *plan, locl_part *part)
{
    locl_backprop_record(plan, part, (locl_backprop){.local = true, .stopped = true});
}

const locl_rule locl_rule_lg_bp = {
    .name = "lg-bp",
    .kind = LOCL_RULE_LG_BP,
    .summary = "exact gradients of local losses, stopped between blocks",
    .backward = true,
    .crosses_blocks = locl_rule_never,
    .record = record,
};
