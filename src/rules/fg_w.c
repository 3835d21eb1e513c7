/* fg-w (SPEC 3): the forward gradient of the classifier's mean loss, by perturbing the blocks' weights and
 * biases. */
#include "rules/weight_noise.h"

static void record(locl_command_buffer *cmd, locl_part *part)
{
    locl_weight_noise_record(cmd, part, LOCL_CLASSIFIER_LOSS);
}

const locl_rule locl_rule_fg_w = {
    .name = "fg-w",
    .kind = LOCL_RULE_FG_W,
    .summary = "forward gradient of the classifier's loss",
    .draws = true,
    .tangents = true,
    .weights = true,
    .options = LOCL_USES_DRAWS,
    .yardstick = LOCL_RULE_BP,
    .crosses_blocks = locl_rule_always,
    .record = record,
};
