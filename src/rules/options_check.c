/* Checks whether a rule takes its options. A run whose rule ignored an option would not be the run that its
 * configuration describes. */
#include "model/options.h"
#include "ops/hadamard.h"
#include "rules/rule.h"

#include <stdio.h>

/* Writes the names of the rules that use an option: "np-a, np-w". */
static void users_of(locl_rule_option option, char *buffer, size_t size)
{
    size_t used = 0;
    buffer[0] = '\0';
    for (int kind = 0; kind < LOCL_RULES && used < size; kind++) {
        const locl_rule *rule = locl_rule_of((locl_rule_kind)kind);
        if (rule->options & 1u << option) {
            used += (size_t)snprintf(buffer + used, size - used, "%s%s", used ? ", " : "", rule->name);
        }
    }
}

static void check_use(const locl_rule_options *options, locl_rule_option option, locl_option_sink *sink)
{
    const locl_rule *rule = locl_rule_of(options->kind);
    char key[64], users[256];
    snprintf(key, sizeof key, "rule.%s", locl_rule_option_key(option));
    const char *const needed[] = {"rule.name", key, NULL};
    if (!(rule->options & 1u << option) && locl_rule_option_changed(options, option) &&
        !locl_option_wrong(sink, needed)) {
        users_of(option, users, sizeof users);
        locl_option_report(sink, key, "does not apply to rule.name %s, should be left out; it is for %s",
                           rule->name, users);
    }
}

/* Checks the channel layer's own tangents: rows of a Hadamard matrix as wide as a group, in every block. */
static void check_tangents(const locl_rule_options *options, const locl_model_options *model,
                           locl_option_sink *sink)
{
    static const char *const key = "rule.tangents.channel", *const needed[] = {"model", "rule", NULL};
    unsigned tangents = options->channel_tangents;
    size_t hidden = model->hidden, groups = model->groups;
    if (tangents > 1 && !options->loss_block && !locl_option_wrong(sink, needed)) {
        locl_option_report(sink, key,
                           "found %u, should be 1 with rule.losses.block: false: they re-run one block alone",
                           tangents);
    }
    for (unsigned k = 0; tangents > 1 && k < model->blocks && !locl_option_wrong(sink, needed); k++) {
        size_t order = locl_hadamard_order(hidden / groups);
        if (tangents > order) {
            locl_option_report(
                sink, key,
                "found %u, should be at most %zu: a group of block %u has hidden / groups = %zu "
                "channels, and that many tangents are exact",
                tangents, order, k, hidden / groups);
            return;
        }
        hidden *= locl_block_list_value(&model->channel_ratio, k);
        groups *= locl_block_list_value(&model->group_ratio, k);
    }
}

/* Returns what feedback does not go with: text for "should be none with <text>", NULL where it goes. */
static const char *against_feedback(const locl_rule_options *options, const locl_model_options *model)
{
    bool local = options->loss_block && options->loss_patch && options->loss_group;
    return !options->exact_last                                      ? "rule.exact_last: false"
           : options->channel_tangents > 1                           ? "rule.tangents.channel above 1"
           : !local                                                  ? "rule.losses other than true"
           : model->norm != LOCL_NORM_LAYER && model->post_linear_ln ? "model.norm other than layer"
                                                                     : NULL;
}

static void check_feedback(const locl_rule_options *options, const locl_model_options *model,
                           locl_option_sink *sink)
{
    static const char *const group = "rule.feedback.group", *const channel = "rule.feedback.channel",
                             *const needed[] = {"model", "rule", NULL};
    const char *against = against_feedback(options, model);
    bool by_group = options->group_feedback != LOCL_GUESS_NONE;
    if (locl_option_wrong(sink, needed)) {
        return;
    }
    if (by_group && against) {
        locl_option_report(sink, group, "found mirror, should be none with %s", against);
    } else if (!by_group && options->channel_feedback != LOCL_GUESS_NONE) {
        locl_option_report(
            sink, channel,
            "found mirror, should be none with rule.feedback.group: none, through which the guess comes");
    }
}

void locl_rule_options_check(const locl_rule_options *options, const locl_model_options *model,
                             locl_option_sink *sink)
{
    for (int option = 0; option < LOCL_RULE_OPTION_COUNT; option++) {
        check_use(options, (locl_rule_option)option, sink);
    }
    check_tangents(options, model, sink);
    check_feedback(options, model, sink);
}
