/* The measured choice of products before a run's first step (src/tune). Used by run.c, and by src/study for `locl
 * tune`; matrix units by all who open a configuration's devices. */
#ifndef LOCL_RUN_TUNE_H
#define LOCL_RUN_TUNE_H

#include "config/config.h"
#include "sched/pipeline.h"
#include "tune/tune.h"

/* Gives devices the matrix units that `precision` asks for (tune/matrix.h), before anything is recorded for them. */
locl_status locl_run_take_units(const locl_config *config, locl_devices *devices, locl_error *err);
/* Records a pipeline's stages, without running anything, and chooses their products: *list [devices->count] is the
 * caller's until locl_run_tune_free(); the devices outlive it. NULL on error. */
locl_status locl_run_tune_list(const locl_tune_options *options, const locl_pipeline_options *pipeline,
                               locl_devices *devices, locl_tune_list **list, locl_error *err);
void locl_run_tune_free(locl_tune_list *list, size_t devices); /* NULL is fine */
/* Makes the choices of such lists for locl_pipeline_open(): [devices], malloc'd, as is each `known`. NULL: memory ran
 * out. */
locl_gemm_choices *locl_run_tune_choices(const locl_tune_list *list, size_t devices);

#endif
