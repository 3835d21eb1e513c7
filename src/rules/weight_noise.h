/* Perturbed weights: what fg-w and lg-fg-w share (SPEC 3). A pass draws one direction for all weights and
 * biases of the blocks' layers, carries one tangent forward, and scales the draws by the directional
 * derivatives. */
#ifndef LOCL_RULES_WEIGHT_NOISE_H
#define LOCL_RULES_WEIGHT_NOISE_H

#include "rules/rule.h"

/* The tag of a parameter's draws in a pass. */
uint32_t locl_weight_draw_tag(const locl_param *param, uint32_t pass);

/* `local`: each block's and group's own loss trains it (all layers by the last block's under losses.block:
 * false); else the classifier's loss trains all. */
void locl_weight_noise_record(locl_plan *plan, locl_part *part, bool local);

#endif
