/* One optimiser step over all parameters of a stage, on its device (SPEC 6). Included by sched, which owns
 * the memory of the stage, by run and by check. The parameters are one range with gaps for alignment.
 * Gradients and each state tensor have the same layout.
 *
 *     locl_optim_create(&options, caps, segments, count, arena, &optim, err);   // takes its tables
 *     ... take params, grads and locl_optim_states(&options) times state from arenas; bind them ...
 *     locl_optim_upload(optim, queue, err);
 *     locl_optim_record(cmd, optim, params, grads, state, metrics);              // records the launches
 *
 * One pass reads and writes every value once. lars takes another pass before it, for the norms. With
 * contraction off, sgd gives the same bits on every device. */
#ifndef LOCL_OPTIM_OPTIM_H
#define LOCL_OPTIM_OPTIM_H

#include "device/command_buffer.h"
#include "optim/options.h"

#define LOCL_ADAM_BETA1 0.9
#define LOCL_ADAM_BETA2 0.999
#define LOCL_ADAM_EPSILON 1e-8
#define LOCL_LARS_TRUST 0.001

enum { LOCL_OPTIM_STATES = 2 }; /* most state tensors */

/* One parameter tensor within the range. */
typedef struct locl_optim_segment {
    size_t offset, count; /* in floats */
    float rate;           /* factor on the learning rate of the step: 1, classifier_lr or head_lr */
    bool weight;          /* false: a bias, which has no decay and no trust ratio */
} locl_optim_segment;

/* Return the number of state tensors, and their names in checkpoints: "momentum"; "adam_m", "adam_v". Each
 * has the floats of the parameter range, zeros at first. */
size_t locl_optim_states(const locl_optim_options *options);
const char *locl_optim_state_name(const locl_optim_options *options, size_t index);

typedef struct locl_optim locl_optim;

/* Creates an optimiser. `segments` ascend and do not overlap; they are copied. The tables are taken from
 * `arena`, which outlives the optimiser. LOCL_E_FAILED: no segments, an empty one, or one before the end of
 * the last; LOCL_E_CONFIG: more than 2^32 - 1 values. */
locl_status locl_optim_create(const locl_optim_options *options, const locl_caps *caps,
                              const locl_optim_segment *segments, size_t count, locl_arena *arena,
                              locl_optim **out, locl_error *err);
void locl_optim_release(locl_optim *optim); /* accepts NULL */
/* Uploads the tables. Called once, after the arena was bound and before the first step. Waits. */
locl_status locl_optim_upload(const locl_optim *optim, locl_queue *queue, locl_error *err);

/* Records the update. The replay gives the learning rate and the step, which adam counts. `state` has
 * locl_optim_states() tensors. Where a value or its state is not finite afterwards, `bad` of record 0 of
 * `metrics` (ops/metrics.h) becomes the lowest index of such a segment + 1. The loss has set it to
 * LOCL_METRICS_FINE earlier in the step. lars takes scratch from the workspace of the command buffer. */
void locl_optim_record(locl_command_buffer *cmd, const locl_optim *optim, const locl_tensor *params,
                       const locl_tensor *grads, locl_tensor *const *state, const locl_tensor *metrics);

/* Does the same step in plain C and double; values and state stay floats. `step` counts from 0. Returns the
 * lowest index + 1 of a segment with a value or state that is not finite, or 0. */
int locl_optim_update_ref(const locl_optim_options *options, const locl_optim_segment *segments, size_t count,
                          float *params, const float *grads, float *const *state, unsigned step, float rate);

#endif
