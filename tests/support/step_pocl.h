/* Runs of step_run.h on two devices of PoCL, which programs get by POCL_DEVICES="pthread basic", and placements that
 * share stages between two devices. What is not there skips the test. */
#ifndef TESTS_SUPPORT_STEP_POCL_H
#define TESTS_SUPPORT_STEP_POCL_H

#include "support/step_run.h"

locl_devices *step_pocl_halves(void); /* of the one that can be split: one context */
locl_devices *step_pocl_two(void);    /* both: two contexts */
locl_devices *step_pocl_one(void);

/* Puts up to four batches between two devices and each block on one of them, or on both with shares from 1 to 5. */
void step_place_at_random(step_run *run, unsigned seed);
/* Puts all blocks on both devices, with shares 1 to 2. */
void step_place_everywhere(step_run *run);

#endif
