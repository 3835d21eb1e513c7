/* When the tensors of a workspace are in use: what a plan of memory shows, and how much of it is needed at once.
 * Used by sched and run. */
#ifndef LOCL_DEVICE_LIFETIME_H
#define LOCL_DEVICE_LIFETIME_H

#include "device/command_buffer.h"

/* A tensor that was taken (no view of one), and the launches that use it first and last. */
typedef struct locl_lifetime {
    const locl_tensor *tensor;
    size_t first, last;
} locl_lifetime;

/* Lists the tensors of `arena` that `commands` [count] use, which run one after another. Launches are counted over
 * all of them. *out [*lifetimes] is the caller's to free(), in the order of taking. */
locl_status locl_lifetimes_of(const locl_arena *arena, locl_command_buffer *const *commands, size_t count,
                              locl_lifetime **out, size_t *lifetimes, locl_error *err);

/* Returns the most bytes that are in use at once. *launch is when that is first so. */
size_t locl_lifetimes_peak(const locl_lifetime *list, size_t count, size_t *launch);

#endif
