/* lg-fg-w (SPEC 3): the forward gradient of each block's and group's own loss, by perturbing its weights and
 * biases. */
#include "rules/weight_noise.h"

static void record(locl_command_buffer *cmd, locl_part *part)
{
    locl_weight_noise_record(cmd, part, LOCL_LOCAL_LOSSES);
}

const locl_rule locl_rule_lg_fg_w = {
    .name = "lg-fg-w",
    .kind = LOCL_RULE_LG_FG_W,
    .summary = "forward gradient of each block's and group's loss",
    .draws = true,
    .tangents = true,
    .weights = true,
    .options = LOCL_USES_DRAWS | LOCL_USES(LOSS_BLOCK) | LOCL_USES(LOSS_PATCH) | LOCL_USES(LOSS_GROUP),
    .yardstick = LOCL_RULE_LG_BP,
    .crosses_blocks = locl_rule_without_block_losses,
    .record = record,
};
