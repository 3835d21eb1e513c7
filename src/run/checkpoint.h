/* Checkpoints of a run folder: checkpoints/last.safetensors, the one before it as previous.safetensors, and
 * best.safetensors. At whatever moment a save is killed, or fails for want of space, the last good one stays.
 * What the tensors mean is up to those who save and load them. */
#ifndef LOCL_RUN_CHECKPOINT_H
#define LOCL_RUN_CHECKPOINT_H

#include "base/arrays.h"

#include <stdbool.h>

/* Returns whether there is a checkpoint, whole or damaged, in the run folder. */
bool locl_checkpoint_exists(const char *run);

/* Saves as last and keeps the old last as previous. LOCL_E_IO leaves the old ones untouched. */
locl_status locl_checkpoint_save(const char *run, const locl_arrays *set, locl_error *err);
locl_status locl_checkpoint_save_best(const char *run, const locl_arrays *set, locl_error *err);

/* Reads last or, where that is missing or damaged, previous (a warning is logged) into an empty set ({0}).
 * LOCL_E_CHECKPOINT when there is no good one. Its message says what is wrong with each. */
locl_status locl_checkpoint_load(const char *run, locl_arrays *set, locl_error *err);

/* A tensor that a file has to hold. */
typedef struct locl_array_want {
    char name[LOCL_ARRAY_NAME];
    locl_dtype dtype;
    size_t rank, dim[LOCL_ARRAY_RANK];
} locl_array_want;

/* Checks that the set holds exactly these tensors, all values finite. LOCL_E_CHECKPOINT names every tensor
 * that is missing, unknown, of another shape or dtype, or not finite. */
locl_status locl_checkpoint_check(const locl_arrays *set, const locl_array_want *want, size_t count,
                                  locl_error *err);

#endif
