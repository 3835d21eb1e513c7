/* Writes down what a stage does: its gradient, its update, its evaluation, and what begins and ends them. Used by
 * stage.c. */
#ifndef LOCL_SCHED_STAGE_RECORD_H
#define LOCL_SCHED_STAGE_RECORD_H

#include "sched/stage.h"

/* Makes all recordings of a stage whose parameters and optimiser have their places. Takes of the workspace are given
 * back; where it fails, what was begun is the stage's to release. */
locl_status locl_stage_record(locl_stage *stage, locl_arena *workspace, locl_error *err);

#endif
