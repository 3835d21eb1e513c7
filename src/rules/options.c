#include "rules/options.h"

locl_rule_options locl_rule_options_default(void)
{
    return (locl_rule_options){
        .kind = LOCL_RULE_LG_FG_A,
        .noise = LOCL_NOISE_GAUSSIAN,
        .passes = 1,
        .norm_grad = true,
        .channel_tangents = 1,
        .loss_block = true,
        .loss_patch = true,
        .loss_group = true,
        .epsilon = 1e-3,
    };
}
