/* What devices need to have for stages, known from their recordings before anything is allocated there.
 * pipeline_memory.c adds it up once stages are recorded. */
#ifndef LOCL_SCHED_MEMORY_H
#define LOCL_SCHED_MEMORY_H

#include "device/arena.h"
#include "device/select.h"

/* What one device needs. */
typedef struct locl_memory_need {
    size_t bytes;              /* the workspace and all that its stages keep */
    locl_tensor largest;       /* name and bytes of the largest tensor; no memory */
    size_t stage, stage_bytes; /* the stage that keeps most for itself, and how much */
} locl_memory_need;

typedef enum locl_memory_lack { LOCL_LACK_NONE, LOCL_LACK_BUFFER, LOCL_LACK_MEMORY } locl_memory_lack;

/* Adds what an arena of the device will take. */
void locl_memory_add(locl_memory_need *need, const locl_arena *arena);
/* Returns the bytes that all devices need that share the device's memory: sub-devices that of their root. */
size_t locl_memory_shared(const locl_devices *devices, const locl_memory_need *need, size_t device);
/* Returns what a device may use, of whose memory `limit` bytes at most are to be used (0: all). */
uint64_t locl_memory_limit(const locl_devices *devices, uint64_t limit, size_t device);
/* Returns what a device lacks; need [devices->count]. */
locl_memory_lack locl_memory_lacks(const locl_devices *devices, uint64_t limit, const locl_memory_need *need,
                                   size_t device);
/* Returns whether all devices have what they need. */
bool locl_memory_fits(const locl_devices *devices, uint64_t limit, const locl_memory_need *need);

#endif
