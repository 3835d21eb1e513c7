/* Exact gradients sent back layer by layer, and their variants with feedback weights: what bp, l-bp, lg-bp,
 * fa, l-fa and lg-fa share (SPEC 3). They differ in two answers. */
#ifndef LOCL_RULES_BACKPROP_H
#define LOCL_RULES_BACKPROP_H

#include "rules/rule.h"

typedef struct locl_backprop {
    bool local;      /* the sum of the blocks' losses; else the classifier's */
    bool stopped;    /* between blocks */
    bool idle_heads; /* heads only look on */
} locl_backprop;

void locl_backprop_record(locl_plan *plan, locl_part *part, locl_backprop how);

#endif
