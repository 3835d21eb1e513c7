/* Devices that a few measured steps cannot tell apart. Pure. */
#ifndef LOCL_SCHED_ALIKE_H
#define LOCL_SCHED_ALIKE_H

#include "sched/placement.h"

/* Takes devices for equally fast whose times for all stages are within a tenth of the fastest of them: each gets the
 * mean of what they take for a stage, as shares by their differences would be by chance. Copies (exchange, carry) stay
 * each device's own. cost: [stages][devices], at most LOCL_MAX_DEVICES. */
void locl_pool_alike(size_t stages, size_t devices, locl_placement_cost *cost);

#endif
