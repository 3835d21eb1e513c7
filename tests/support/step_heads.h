/* The reference step's losses: the blocks' heads and the classifier, with labels and without, and what their errors say
 * of the features. For the step_*.c files. */
#ifndef TESTS_SUPPORT_STEP_HEADS_H
#define TESTS_SUPPORT_STEP_HEADS_H

#include "support/step_blocks.h"

/* Runs a block's head and returns its mean loss. `each` [B], when not NULL, gets every image's. */
double step_run_head(step *st, block_run *b, double *each);
/* The same, and adds its loss, logits and gradient to `out`. */
void step_head_and_gradient(step *st, block_run *b, step_set *out);
/* Runs the classifier, adds what it gives to `out` and returns its errors [B,K]. */
double *step_classifier(step *st, const block_run *last, step_set *out);
/* Returns [B,P,width], the mean loss's cotangent of each token, from f [B,width], that of each image's pooled
 * tokens. */
double *step_spread(step *st, const double *f, size_t width);
/* Returns t [B,P,D], the cotangent of the block's output of its head's mean loss. */
double *step_head_cotangent(step *st, const block_run *b);
/* Returns [B,P',D], the cotangent of what leaves the last block, of the classifier's mean loss. */
double *step_classifier_cotangent(step *st, const block_run *last, const double *error);
/* Computes dL [B,P,G] of SPEC 2. */
void step_directional(step *st, const block_run *b, double *jvp);

#endif
