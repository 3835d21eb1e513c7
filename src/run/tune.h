/* The measured choice of products before a run's first step (src/tune). Used by run.c, and by src/study for `locl tune`. */
#ifndef LOCL_RUN_TUNE_H
#define LOCL_RUN_TUNE_H

#include "sched/pipeline.h"
#include "tune/tune.h"

/* Records a pipeline's stages, without running anything, and chooses their products: *list [devices->count] is the
 * caller's until locl_run_tune_free(); the devices outlive it. NULL on error. */
locl_status locl_run_tune_list(const locl_tune_options *options, const locl_pipeline_options *pipeline,
                               locl_devices *devices, locl_tune_list **list, locl_error *err);
void locl_run_tune_free(locl_tune_list *list, size_t devices); /* NULL is fine */
/* Makes the choices of such lists for locl_pipeline_open(): [devices], malloc'd, as is each `known`. NULL: memory ran out. */
locl_gemm_choices *locl_run_tune_choices(const locl_tune_list *list, size_t devices);

#endif
