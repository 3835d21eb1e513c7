/* Computes the learning rate of a step (SPEC 6) on the host. The command buffer gets it as
 * locl_bindings.rate. */
#ifndef LOCL_OPTIM_SCHEDULE_H
#define LOCL_OPTIM_SCHEDULE_H

#include "optim/options.h"

#include <stdint.h>

/* Returns the rate of the blocks in step `step`, from 0, of `epochs` times `steps_per_epoch`. The factors for
 * heads and classifier come on top (optim.h). Past the end linear and warmup_cosine give 0, staircase its
 * last value. */
double locl_schedule_rate(const locl_optim_options *options, uint64_t step, uint64_t steps_per_epoch,
                          uint64_t epochs);

#endif
