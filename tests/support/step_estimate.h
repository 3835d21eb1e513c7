/* The reference step's forward gradients (SPEC 2, 5). For the step_*.c files. */
#ifndef TESTS_SUPPORT_STEP_ESTIMATE_H
#define TESTS_SUPPORT_STEP_ESTIMATE_H

#include "support/step_blocks.h"

/* Adds the estimates of a block's layers along one pass's draws, by the derivatives dl [B,P,G] of the loss of block
 * `loss`. */
void step_estimate(step *st, const block_run *b, const block_run *loss, const double *dl, size_t pass,
                   step_set *out);

#endif
