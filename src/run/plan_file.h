/* plan.json of a run folder: which devices, engines and stages fixed the order of every sum. A resumed run
 * takes placement and engines from it, so that it ends bit for bit where an uninterrupted one does. Used by
 * run.c only. */
#ifndef LOCL_RUN_PLAN_FILE_H
#define LOCL_RUN_PLAN_FILE_H

#include "device/device.h"
#include "config/config.h"
#include "sched/pipeline.h"

locl_status locl_plan_file_write(const char *path, const locl_config *config, const locl_devices *devices,
                                 const locl_pipeline *pipeline, locl_error *err);
/* Puts the file's engines into the devices and its placement into *placement: malloc'd, [*count], NULL when
 * the run is to be planned anew. That is a log event, where the file is missing or does not fit; so are
 * devices other than the file's. */
locl_status locl_plan_file_apply(const char *path, locl_devices *devices, locl_placement_entry **placement,
                                 size_t *count, locl_error *err);

#endif
