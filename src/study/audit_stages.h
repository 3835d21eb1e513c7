/* What an audit asks of the stages of a rule: parameters that another rule trained, and a step's gradient by
 * layers. There is no update, so a step can be run again with the same parameters and other draws. */
#ifndef LOCL_STUDY_AUDIT_STAGES_H
#define LOCL_STUDY_AUDIT_STAGES_H

#include "sched/in_turn.h"
#include "study/audit_layers.h"

/* Binds the stages, after the workspace was bound. Parameters are those of `values` or, when that is NULL,
 * the initial ones. Under a rule with another kind of feedback than the values' `held`, feedback keeps its
 * initial values where they have none that fits. Where they lack a mirror, all of the stage's are as they are
 * before a first step from these parameters. Waits. LOCL_E_CHECKPOINT names a tensor that is missing or
 * misshaped. */
locl_status locl_audit_stages_bind(locl_stages *stages, locl_queue *queue, const locl_arrays *values,
                                   locl_feedback held, locl_error *err);

/* Runs one step with the draws of `step` and waits. `buffers` has one entry for each slice of the batch.
 * *seconds is the time of the stages' steps alone. `gradient` [layers->values] gets what the rule gives, unless
 * it is NULL. */
locl_status locl_audit_stages_step(locl_stages *stages, locl_queue *queue, const locl_stages_buffers *buffers,
                                   uint64_t step, const locl_audit_layers *layers, float *gradient,
                                   double *seconds, locl_error *err);

#endif
