/* The reference step's exact ways back: through layers, and those of the rules that send errors back. For the step_*.c
 * files. */
#ifndef TESTS_SUPPORT_STEP_BACK_H
#define TESTS_SUPPORT_STEP_BACK_H

#include "support/step_blocks.h"

/* Returns the cotangent of z from that of post. With `exact` it goes through the LN whatever norm_grad says. */
double *step_through_activation(step *st, const layer_run *l, const double *t, bool exact);
/* Returns the cotangent of what reaches a layer, before its LN, from that of z. */
double *step_through_layer(step *st, const layer_run *l, const double *q);
/* Adds `scale` times a layer's gradient, from the cotangent of z. */
void step_layer_gradient(const step *st, size_t block, const layer_run *l, const double *q, double scale,
                         step_set *out);
/* Adds the gradients of dfa: every layer's output gets the classifier's error through its own matrix [K,width]. */
void step_update_directly(step *st, const block_run *b, const double *error, step_set *out);
/* Sends the losses' cotangents back block by block as the rule says. */
void step_go_back(step *st, const block_run *run, const double *error, step_set *out);

#endif
