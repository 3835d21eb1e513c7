/* What stages need on their devices, known from their recordings before anything is allocated there.
 * pipeline.c calls it once it has recorded its stages. Where they need too much, stages are recorded here for
 * other batches, one at a time, to find the largest that fits. */
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
} locl_memory_plan;

/* Adds what an arena of the device will take. */
void locl_memory_add(locl_memory_need *need, const locl_arena *arena);
/* Records the stages for batches of `batch` images and writes what all devices need to need
 * [devices->count]. */
locl_status locl_memory_needs(const locl_memory_plan *plan, size_t batch, locl_memory_need *need,
                              locl_error *err);
/* Checks that devices have what they need. LOCL_E_TOO_LARGE says how much is needed, where, and the batch
 * that would fit. */
locl_status locl_memory_check(const locl_memory_plan *plan, const locl_memory_need *need, locl_error *err);

#endif
