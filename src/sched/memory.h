/* What stages need on their devices, known from their recordings before anything is allocated there.
 * pipeline_memory.c calls it once stages are recorded. Where they need too much, stages are recorded here for
 * smaller slices of the batch, or other batches, one at a time, to find the largest that fits. */
#ifndef LOCL_SCHED_MEMORY_H
#define LOCL_SCHED_MEMORY_H

#include "sched/stage.h"

/* What one device needs. */
typedef struct locl_memory_need {
    size_t bytes;        /* the workspace and all that its stages keep */
    locl_tensor largest; /* name and bytes of the largest tensor; no memory */
} locl_memory_need;

/* Which stages are on which devices. */
typedef struct locl_memory_plan {
    const locl_stage_options *stage; /* [stages] */
    const size_t *device;            /* [stages] index in `devices` */
    size_t stages;
    const locl_devices *devices;
    uint64_t limit; /* bytes that devices may use, where they have more; 0: all that they have */
} locl_memory_plan;

/* Adds what an arena of the device will take. */
void locl_memory_add(locl_memory_need *need, const locl_arena *arena);
/* Records the stages for batches of `batch` images, in slices of `slice` (0: whole), and writes what all devices
 * need to need [devices->count]. */
locl_status locl_memory_needs(const locl_memory_plan *plan, size_t batch, size_t slice,
                              locl_memory_need *need, locl_error *err);
/* Returns whether devices have what they need. */
bool locl_memory_fits(const locl_memory_plan *plan, const locl_memory_need *need);
/* Returns the most images that can be computed at once: the largest divisor of the batch that fits, 0 if none
 * does. Where the model normalises over the batch it is all or nothing. */
size_t locl_memory_largest_slice(const locl_memory_plan *plan);
/* Checks that devices have what they need. LOCL_E_TOO_LARGE says how much is needed, where, and the slices, or
 * else the batch, that would fit. */
locl_status locl_memory_check(const locl_memory_plan *plan, const locl_memory_need *need, locl_error *err);

#endif
