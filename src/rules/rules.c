#include "rules/rule.h"

static const locl_rule *const rules[] = {
#define RULE_ROW(constant, name, id) &locl_rule_##id,
    LOCL_RULE_TABLE(RULE_ROW)
#undef RULE_ROW
};

const locl_rule *locl_rule_of(locl_rule_kind kind)
{
    return rules[kind];
}

locl_params_kind locl_rule_params(const locl_rule_options *options)
{
    locl_params_kind kind = locl_rule_of(options->kind)->params;
    kind.group_mirrors = options->group_feedback == LOCL_GUESS_MIRROR;
    kind.channel_mirrors = options->channel_feedback == LOCL_GUESS_MIRROR;
    return kind;
}

const char *locl_rule_keeps_whole(const locl_rule_options *options, const locl_model_options *model)
{
    return locl_model_needs_batch(model)            ? "model.norm: batch takes whole batches"
           : model->task.kind == LOCL_TASK_CONTRAST ? "task.name: contrast compares all images of a batch"
           : locl_rule_params(options).group_mirrors
               ? "rule.feedback: mirrors follow the weights on one device"
               : NULL;
}

bool locl_rule_stores_halves(const locl_rule_options *options, const locl_model *model)
{
    const locl_rule *rule = locl_rule_of(options->kind);
    bool takes = rule->halves && !rule->crosses_blocks(options) && options->channel_tangents == 1 &&
                 options->group_feedback == LOCL_GUESS_NONE;
    for (size_t k = 0; k < model->blocks; k++) {
        takes = takes && locl_block_takes_halves(model, &model->block[k]);
    }
    return takes;
}

bool locl_rule_never(const locl_rule_options *options)
{
    (void)options;
    return false;
}

bool locl_rule_always(const locl_rule_options *options)
{
    (void)options;
    return true;
}

bool locl_rule_without_block_losses(const locl_rule_options *options)
{
    return !options->loss_block;
}
