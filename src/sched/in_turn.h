/* Stages one after another, each waited for before the next begins. Sequential runs of a pipeline, locl audit
 * and locl probe go through their stages so. */
#ifndef LOCL_SCHED_IN_TURN_H
#define LOCL_SCHED_IN_TURN_H

#include "sched/stage.h"

/* Does stage `index`'s step and returns when it is done. */
typedef locl_status (*locl_in_turn_visit)(void *user, size_t index, locl_error *err);

/* Visits stages 0..stages-1. */
locl_status locl_in_turn(size_t stages, locl_in_turn_visit visit, void *user, locl_error *err);

/* All stages of a rule on one device, for single steps that are looked at closely. */
typedef struct locl_stages {
    locl_stage *stage; /* [count], owned */
    size_t count;
} locl_stages;

/* Device memory that the stages of several rules of one model and batch can share: they take turns. Of a batch,
 * or of a slice of it where stages compute batches in slices. */
typedef struct locl_stages_buffers {
    const locl_tensor *x, *labels; /* [b,P,C]; int32 [b] */
    const locl_tensor *between[2]; /* outputs of stages, in turns: [locl_stages_widest()] floats */
} locl_stages_buffers;

/* Records the stages. Nothing is allocated on the device. `options` [count] are as locl_stage_cut_options()
 * cuts them. What they point to outlives the stages. */
locl_status locl_stages_open(const locl_stage_options *options, size_t count, locl_device *device,
                             locl_arena *workspace, locl_stages *out, locl_error *err);
void locl_stages_close(locl_stages *stages); /* zeroed is fine */
/* Allocates, builds and sets initial parameters, after the workspace was bound. Waits. */
locl_status locl_stages_bind(locl_stages *stages, locl_queue *queue, locl_error *err);

size_t locl_stages_widest(const locl_stages *stages); /* floats of the largest output of a stage */
double locl_stages_flops(const locl_stages *stages);  /* of a training step, counted by hand */

/* Looks at what stage `index` left on the device, before the next one overwrites the workspace. */
typedef locl_status (*locl_stages_look)(void *user, size_t index, locl_error *err);

/* Runs slice `slice` of a training step with the draws of `step` and waits. The slices of a step follow each
 * other, from 0. A step that is not cut is slice 0. `look` may be NULL. *seconds is the time of the stages'
 * steps, without the looks. */
locl_status locl_stages_step(locl_stages *stages, locl_queue *queue, const locl_stages_buffers *buffers,
                             uint64_t step, size_t slice, locl_stages_look look, void *user, double *seconds,
                             locl_error *err);
/* Evaluates a slice in the same way. */
locl_status locl_stages_evaluate(locl_stages *stages, locl_queue *queue, const locl_stages_buffers *buffers,
                                 locl_stages_look look, void *user, locl_error *err);

#endif
