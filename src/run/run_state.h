/* Where a run stands beside its parameters: a checkpoint's metadata string "locl.run". It holds no time, host
 * or path, so runs that went the same way have equal bytes. */
#ifndef LOCL_RUN_RUN_STATE_H
#define LOCL_RUN_RUN_STATE_H

#include "base/arrays.h"
#include "run/tally.h"

typedef struct locl_run_state {
    uint64_t step;         /* steps done */
    uint64_t train_images; /* images of the training set, which decide what an epoch is */
    locl_tally window;     /* since the last line of metrics.jsonl */
    locl_tally epoch;      /* since the last epoch began */
    locl_tally test;       /* last evaluation, made after its `step` */
    double best_error;     /* lowest after an epoch so far */
    uint64_t best_step;    /* 0: none yet */
} locl_run_state;

locl_status locl_run_state_save(const locl_run_state *state, locl_arrays *set, locl_error *err);
/* Reads a set's state. LOCL_E_CHECKPOINT: none, or not of a network of `blocks` blocks. */
locl_status locl_run_state_load(locl_run_state *state, size_t blocks, const locl_arrays *set,
                                locl_error *err);

#endif
