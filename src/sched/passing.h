/* What stages in a row on one lane hand from one to the next. They pass one batch at a time, through two buffers
 * that all their channels share in turns, so that this memory does not grow with depth:
 *
 *     stage 0 -> [first] -> stage 1 -> [second] -> stage 2 -> [first] -> stage 3
 *
 * That costs no time: the lane's queue runs them one after another anyway. pipeline_choose.c lets the first of them
 * begin a batch only when none is on its way between the others. Used by the pipeline. */
#ifndef LOCL_SCHED_PASSING_H
#define LOCL_SCHED_PASSING_H

#include "sched/memory.h"

typedef struct locl_passing {
    locl_arena *arena[2]; /* owned; NULL until there are two stages in the row */
} locl_passing;

/* Gives the arena from which the channel to stage `index`, which is not the row's first, takes its buffers.
 * Stages next to each other have different ones. What is taken from one lies over what was taken before. */
locl_status locl_passing_arena(locl_passing *passing, const locl_caps *caps, size_t index, locl_arena **out,
                               locl_error *err);
locl_status locl_passing_bind(const locl_passing *passing, locl_device *device, locl_error *err);
size_t locl_passing_bytes(const locl_passing *passing);
/* Adds what it takes of the device. */
void locl_passing_add(const locl_passing *passing, locl_memory_need *need);
void locl_passing_close(locl_passing *passing); /* zeroed is fine */

#endif
