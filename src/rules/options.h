/* How gradients are made (SPEC 2 to 5). src/config fills it from YAML, or the library's user from the
 * defaults. src/rules reads it, and whatever sizes memory for a rule. Plain data. */
#ifndef LOCL_RULES_OPTIONS_H
#define LOCL_RULES_OPTIONS_H

#include "base/philox.h"

#include <stdbool.h>

/* Every learning rule: its constant, its name in rule.name, and its struct locl_rule_<id> (rule.h). */
#define LOCL_RULE_TABLE(X)                                                                                   \
    X(BP, "bp", bp)                                                                                          \
    X(L_BP, "l-bp", l_bp)                                                                                    \
    X(LG_BP, "lg-bp", lg_bp)                                                                                 \
    X(FA, "fa", fa)                                                                                          \
    X(L_FA, "l-fa", l_fa)                                                                                    \
    X(LG_FA, "lg-fa", lg_fa)                                                                                 \
    X(DFA, "dfa", dfa)                                                                                       \
    X(FG_W, "fg-w", fg_w)                                                                                    \
    X(LG_FG_W, "lg-fg-w", lg_fg_w)                                                                           \
    X(FG_A, "fg-a", fg_a)                                                                                    \
    X(LG_FG_A, "lg-fg-a", lg_fg_a)                                                                           \
    X(NP_A, "np-a", np_a)                                                                                    \
    X(NP_W, "np-w", np_w)                                                                                    \
    X(LG_BP_OVERLAP, "lg-bp-overlap", lg_bp_overlap)

typedef enum locl_rule_kind {
#define LOCL_RULE_ENUM(constant, name, id) LOCL_RULE_##constant,
    LOCL_RULE_TABLE(LOCL_RULE_ENUM)
#undef LOCL_RULE_ENUM
        LOCL_RULES
} locl_rule_kind;

/* What a guess of a layer's gradient is sent back through, `feedback`. */
typedef enum locl_guess_by { LOCL_GUESS_NONE, LOCL_GUESS_MIRROR } locl_guess_by;

typedef struct locl_rule_options {
    locl_rule_kind kind;
    locl_noise noise;          /* distribution of the draws u */
    unsigned passes;           /* M independent draws per step, averaged */
    bool norm_grad;            /* q through the VJP of the LN after the linear layer */
    bool exact_last;           /* group layer's gradient in closed form; it is then not perturbed */
    unsigned channel_tangents; /* K of `tangents: {channel: K}`; 1: the plain estimator */
    /* `feedback`: the way from the group layer to the channel layer, and from there to the token layer */
    locl_guess_by group_feedback, channel_feedback;
    bool loss_block, loss_patch, loss_group; /* the kinds of locality, `losses` */
    double epsilon;                          /* size of the perturbed copy's step, np rules only */
} locl_rule_options;

/* The options that a rule may use or not: constant, and key below `rule`. A rule refuses those that it does
 * not use, unless they have their default. */
#define LOCL_RULE_OPTION_TABLE(X)                                                                            \
    X(NOISE, "noise")                                                                                        \
    X(PASSES, "passes")                                                                                      \
    X(NORM_GRAD, "norm_grad")                                                                                \
    X(EXACT_LAST, "exact_last")                                                                              \
    X(CHANNEL_TANGENTS, "tangents.channel")                                                                  \
    X(GROUP_FEEDBACK, "feedback.group")                                                                      \
    X(CHANNEL_FEEDBACK, "feedback.channel")                                                                  \
    X(LOSS_BLOCK, "losses.block")                                                                            \
    X(LOSS_PATCH, "losses.patch")                                                                            \
    X(LOSS_GROUP, "losses.group")                                                                            \
    X(EPSILON, "epsilon")

typedef enum locl_rule_option {
#define LOCL_OPTION_ENUM(constant, key) LOCL_OPTION_##constant,
    LOCL_RULE_OPTION_TABLE(LOCL_OPTION_ENUM)
#undef LOCL_OPTION_ENUM
        LOCL_RULE_OPTION_COUNT
} locl_rule_option;

/* Returns lg-fg-a, gaussian, one pass, norm_grad, all localities, epsilon 1e-3. */
locl_rule_options locl_rule_options_default(void);
/* Returns an option's key below `rule`: "noise", "losses.block". */
const char *locl_rule_option_key(locl_rule_option option);
/* Returns whether an option has another value than its default. */
bool locl_rule_option_changed(const locl_rule_options *options, locl_rule_option option);

#endif
