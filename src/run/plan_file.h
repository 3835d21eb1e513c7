/* plan.json of a run folder: which devices, engines and stages fixed the order of every sum. A resumed run
 * takes placement, engines and choices from it, so that it ends bit for bit where an uninterrupted one does. */
#ifndef LOCL_RUN_PLAN_FILE_H
#define LOCL_RUN_PLAN_FILE_H

#include "device/device.h"
#include "config/config.h"
#include "sched/pipeline.h"

#include <jansson.h>

/* What a plan says. Zeroed, it says nothing, and the run is planned anew. */
typedef struct locl_plan {
    locl_placement_entry *placement; /* [placements] */
    size_t placements;
    locl_gemm_choices *products; /* [devices] */
    size_t devices;
} locl_plan;

void locl_plan_release(locl_plan *plan);

/* Writes the pipeline's, with CLBlast's parameters from the plan that it was opened with, what chose the devices (or
 * NULL), and the devices `used` from which step on (used.h). */
locl_status locl_plan_file_write(const char *path, const locl_config *config, const locl_devices *devices,
                                 const locl_pipeline *pipeline, const locl_plan *plan, const char *given,
                                 json_t *used, locl_error *err);
/* Returns what chose the devices, as selectors in YAML, the caller's to free(); NULL where the file does not say. */
char *locl_plan_file_given(const char *path);

/* Puts the file's engines into the devices and the rest into *out. Where the file is missing or does not fit,
 * *out is zeroed and an event logged. Devices other than the file's log an event, too. */
locl_status locl_plan_file_apply(const char *path, locl_devices *devices, locl_plan *out, locl_error *err);

#endif
