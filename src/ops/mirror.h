/* Mirrors of weights: tensors that become what the weights are by watching what these do, from forward products
 * alone (SPEC 5, rule.feedback). A mirror is shown some rows v at each step and moves by the difference of v W and
 * v M. Records into a command buffer. The reference of the rows is in mirror_ref.c. */
#ifndef LOCL_OPS_MIRROR_H
#define LOCL_OPS_MIRROR_H

#include "device/command_buffer.h"
#include "ops/layer.h"

typedef struct locl_mirror {
    size_t groups, in, out; /* of weight and mirror [groups,in,out] */
    size_t rows;            /* that it is shown at once: locl_mirror_rows_at_once() */
    uint64_t seed;
    size_t block; /* with the layer it names the signs of the rows */
    locl_layer layer;
    const locl_tensor *weight, *mirror;
} locl_mirror;

/* Returns how many of the rows of a sweep are shown at once: `most`, or all where these are few. The columns of
 * the matrix are more than `in` where that is no power of two, and then only a whole sweep is exact. */
size_t locl_mirror_rows_at_once(size_t in, size_t most);

/* Records mirror = weight, by one sweep of rows through the weight. Takes scratch and gives it back. */
void locl_mirror_begin(locl_command_buffer *cmd, const locl_mirror *m);
/* Records mirror += V' (V weight - V mirror) / order with the step's rows V. After a sweep during which the weight
 * did not change the mirror is the weight. Takes scratch and gives it back. */
void locl_mirror_learn(locl_command_buffer *cmd, const locl_mirror *m);

/* The sweeps that follow each other step by step, or the one before the first step. */
typedef enum locl_mirror_sweep { LOCL_SWEEP_BY_STEPS, LOCL_SWEEP_AT_FIRST } locl_mirror_sweep;

/* Records out [rows,in]: the rows that a mirror is shown in the replay's step, from the step's row `first` on. */
void locl_mirror_rows(locl_command_buffer *cmd, const locl_mirror *m, locl_mirror_sweep sweep, size_t first,
                      const locl_tensor *out);
void locl_mirror_rows_ref(const locl_mirror *m, locl_mirror_sweep sweep, size_t first, uint32_t step,
                          float *out);

#endif
