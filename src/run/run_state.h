/* Where a run stands beside its parameters: a checkpoint's metadata string "locl.run". It holds no time, host
 * or path, so runs that went the same way have equal bytes. Used by the training loop and by eval. */
#ifndef LOCL_RUN_RUN_STATE_H
#define LOCL_RUN_RUN_STATE_H

#include "base/arrays.h"
#include "run/tally.h"

typedef struct locl_run_state {
    uint64_t step;         /* steps done */
    uint64_t train_images; /* of the training set: it decides what an epoch is */
    locl_tally window;     /* since the last line of metrics.jsonl */
    locl_tally epoch;      /* since the last epoch began */
    locl_tally test;       /* last evaluation; its step says of when */
    double best_error;     /* after an epoch; lowest so far */
    uint64_t best_step;    /* 0: none yet */
} locl_run_state;

locl_status locl_run_state_save(const locl_run_state *state, locl_arrays *set, locl_error *err);
/* LOCL_E_CHECKPOINT: none, or not of a network of `blocks` blocks. */
locl_status locl_run_state_load(locl_run_state *state, size_t blocks, const locl_arrays *set,
                                locl_error *err);

#endif
