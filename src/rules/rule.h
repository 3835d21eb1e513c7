/* Learning rules (SPEC 3). A rule is one file with one locl_rule and one row of LOCL_RULE_TABLE. It records a
 * step into a command buffer. It enqueues nothing, never waits, and does not know on which device it will
 * run. */
#ifndef LOCL_RULES_RULE_H
#define LOCL_RULES_RULE_H

#include "rules/part.h"

typedef struct locl_rule {
    const char *name; /* as in rule.name */
    locl_rule_kind kind;
    const char *summary;      /* what trains the blocks: docs/rules.md */
    bool draws;               /* perturbs by M draws of random values */
    bool weights;             /* the draws perturb weights and biases, not activities */
    bool tangents;            /* carries the draws as tangents beside the primal */
    bool backward;            /* sends cotangents through layers */
    bool halves;              /* may store activations and tangents as halves: locl_rule_stores_halves() */
    locl_params_kind params;  /* beside trained parameters, whatever the options: locl_rule_params() */
    unsigned options;         /* LOCL_USES(option) of each option that it uses */
    locl_rule_kind yardstick; /* whose gradient it averages to or stands for: `locl audit` */
    /* Returns whether anything but activations and labels crosses a block's boundary. If not, blocks may run
     * apart. */
    bool (*crosses_blocks)(const locl_rule_options *options);
    /* Records one step of a part: forward, metrics, and the gradient of every parameter that the rule
     * trains. */
    void (*record)(locl_command_buffer *cmd, locl_part *part);
    /* Record what is learned beside the trained parameters: from their first values, before the first step,
     * and after each update. Only where locl_rule_params() has mirrors; may be NULL in rules without. */
    void (*begin)(locl_command_buffer *cmd, const locl_part *part);
    void (*follow)(locl_command_buffer *cmd, const locl_part *part);
} locl_rule;

#define LOCL_USES(option) (1u << LOCL_OPTION_##option)
#define LOCL_USES_DRAWS (LOCL_USES(NOISE) | LOCL_USES(PASSES))

/* Answers for crosses_blocks. */
bool locl_rule_never(const locl_rule_options *options);
bool locl_rule_always(const locl_rule_options *options);
bool locl_rule_without_block_losses(const locl_rule_options *options); /* losses.block: false */

#define LOCL_RULE_DECLARE(constant, name, id) extern const locl_rule locl_rule_##id;
LOCL_RULE_TABLE(LOCL_RULE_DECLARE)
#undef LOCL_RULE_DECLARE

const locl_rule *locl_rule_of(locl_rule_kind kind);
/* Returns what there is beside the trained parameters under a rule with these options. */
locl_params_kind locl_rule_params(const locl_rule_options *options);
/* Returns why several devices can't share a stage by rows, "model.norm: batch takes whole batches"; NULL: they can. */
const char *locl_rule_keeps_whole(const locl_rule_options *options, const locl_model_options *model);

/* Whether a rule with these options may store activations and tangents of a model as halves, where blocks are computed
 * kernel by kernel: its kernels, for that model's blocks, have variants for them. */
bool locl_rule_stores_halves(const locl_rule_options *options, const locl_model *model);

/* Reports options that the rule does not use, and those that do not fit the (resolved) model. */
void locl_rule_options_check(const locl_rule_options *options, const locl_model_options *model,
                             locl_option_sink *sink);

#endif
