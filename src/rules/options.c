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

const char *locl_rule_option_key(locl_rule_option option)
{
    static const char *const keys[] = {
#define OPTION_KEY(constant, key) key,
        LOCL_RULE_OPTION_TABLE(OPTION_KEY)
#undef OPTION_KEY
    };
    return keys[option];
}

bool locl_rule_option_changed(const locl_rule_options *options, locl_rule_option option)
{
    const locl_rule_options usual = locl_rule_options_default();
    switch (option) {
    case LOCL_OPTION_NOISE:
        return options->noise != usual.noise;
    case LOCL_OPTION_PASSES:
        return options->passes != usual.passes;
    case LOCL_OPTION_NORM_GRAD:
        return options->norm_grad != usual.norm_grad;
    case LOCL_OPTION_EXACT_LAST:
        return options->exact_last != usual.exact_last;
    case LOCL_OPTION_CHANNEL_TANGENTS:
        return options->channel_tangents != usual.channel_tangents;
    case LOCL_OPTION_GROUP_FEEDBACK:
        return options->group_feedback != usual.group_feedback;
    case LOCL_OPTION_CHANNEL_FEEDBACK:
        return options->channel_feedback != usual.channel_feedback;
    case LOCL_OPTION_LOSS_BLOCK:
        return options->loss_block != usual.loss_block;
    case LOCL_OPTION_LOSS_PATCH:
        return options->loss_patch != usual.loss_patch;
    case LOCL_OPTION_LOSS_GROUP:
        return options->loss_group != usual.loss_group;
    case LOCL_OPTION_EPSILON:
        return options->epsilon < usual.epsilon || options->epsilon > usual.epsilon;
    case LOCL_RULE_OPTION_COUNT:
        break;
    }
    return false;
}
