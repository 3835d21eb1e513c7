/* What a run keeps in the host's memory, to go on from where a device is lost: what a checkpoint of some step would
 * hold. Taken while the pipeline goes on, and between its runs. Used by the training loop. */
#ifndef LOCL_RUN_SNAPSHOT_H
#define LOCL_RUN_SNAPSHOT_H

#include "base/arrays.h"
#include "run/run_state.h"
#include "sched/pipeline.h"

#include <stdbool.h>

/* {0} while there is none. */
typedef struct locl_snapshot {
    locl_arrays set;      /* parameters, optimiser state and position */
    locl_run_state state; /* the position */
    double begun;         /* when the taking began; 0: no step came since */
    double next;          /* when another one is worth what it costs */
} locl_snapshot;

/* Copies a pipeline's parameters and optimiser state, which belong to `state`. The snapshot before goes only once the
 * new one is whole. LOCL_E_NUMERIC, with the device: values that are not finite. */
locl_status locl_snapshot_take(locl_snapshot *snapshot, locl_pipeline *pipeline, const locl_run_state *state,
                               locl_error *err);
/* Does the same within `kept` of a pipeline's run, with what its stages had after the step. */
locl_status locl_snapshot_take_kept(locl_snapshot *snapshot, const locl_pipeline *pipeline,
                                    const locl_run_state *state, locl_error *err);
void locl_snapshot_release(locl_snapshot *snapshot); /* zeroed is fine */

/* Notes that a step was done at `now`, in seconds. The first one after a snapshot between runs tells what it cost, the
 * filling of the pipeline with it, unless kernels were built in it. */
typedef enum locl_step_speed { LOCL_STEP_USUAL, LOCL_STEP_BUILDS } locl_step_speed;
void locl_snapshot_stepped(locl_snapshot *snapshot, double now, locl_step_speed speed);
/* Returns whether another one is due after `step` steps: every `every` ones or, if that is 0, so that all of them
 * together cost less than 1 %. */
bool locl_snapshot_due(const locl_snapshot *snapshot, unsigned every, uint64_t step, double now);

#endif
