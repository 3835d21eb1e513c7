/* All stages of a rule on one device, run one after another as in training, but without the update: so a step
 * can be run again with the same parameters and other draws. Used by locl audit. */
#ifndef LOCL_STUDY_CHAIN_H
#define LOCL_STUDY_CHAIN_H

#include "study/audit_layers.h"
#include "sched/stage.h"

typedef struct locl_chain {
    locl_stage *stage; /* [stages], owned */
    size_t stages;
} locl_chain;

/* Device memory that chains of one model and batch can share: they take turns. */
typedef struct locl_chain_buffers {
    const locl_tensor *x, *labels; /* [B,P,C]; int32 [B] */
    const locl_tensor *between[2]; /* outputs of stages, in turns: [locl_chain_widest()] floats */
} locl_chain_buffers;

/* Plans the stages: nothing is allocated on the device. `like` has everything but the stage's blocks; what it
 * points to outlives the chain. */
locl_status locl_chain_open(const locl_stage_options *like, locl_device *device, locl_arena *workspace,
                            locl_chain *out, locl_error *err);
void locl_chain_close(locl_chain *chain); /* zeroed is fine */
/* After the workspace was bound. Parameters are those of `values` or, when that is NULL, the initial ones;
 * under a rule with another kind of feedback than the values' `held`, feedback keeps its initial values where
 * they have none that fits. Waits. LOCL_E_CHECKPOINT names a tensor that is missing or misshaped. */
locl_status locl_chain_bind(locl_chain *chain, locl_queue *queue, const locl_arrays *values,
                            locl_feedback held, locl_error *err);

size_t locl_chain_widest(const locl_chain *chain); /* floats of the largest output of a stage */
double locl_chain_flops(const locl_chain *chain);  /* of a step, counted by hand */

/* One step with the draws of `step`; waits. *seconds: of the stages' steps, without what follows. `gradient`
 * (unless NULL) [layers->values]: what the rule gives. */
locl_status locl_chain_step(locl_chain *chain, locl_queue *queue, const locl_chain_buffers *buffers,
                            uint64_t step, const locl_audit_layers *layers, float *gradient, double *seconds,
                            locl_error *err);

#endif
