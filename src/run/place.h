/* `placement: auto`: stages placed by what was measured of them, now or before. Used by runs, plans and benchmarks. */
#ifndef LOCL_RUN_PLACE_H
#define LOCL_RUN_PLACE_H

#include "config/config.h"
#include "sched/forecast.h"

typedef struct locl_placed {
    locl_placement
        placement; /* zeroed: devices were not measured, as there is one, or a person placed the stages */
    locl_stage_times times;
    locl_forecast forecast; /* of the placement */
} locl_placed;

/* Reads what stages take on the devices, or measures it where the store lacks it. The configuration's shape is known.
 * *out is the caller's to release, on error too. Devices that cannot be measured, for want of memory, are a log event:
 * there are no stages in *out then, and stages are placed by estimates. */
locl_status locl_run_stage_times(const locl_config *config, const locl_pipeline_options *options,
                                 locl_devices *devices, locl_measure_tell tell, void *user,
                                 locl_stage_times *out, locl_error *err);
/* Measures what the store lacks, where `options` names no placement and there are several devices, and places the
 * stages. The configuration's shape is known. *out is the caller's to release, on error too. */
locl_status locl_run_place(const locl_config *config, const locl_pipeline_options *options,
                           locl_devices *devices, locl_measure_tell tell, void *user, locl_placed *out,
                           locl_error *err);
void locl_run_place_release(locl_placed *placed); /* zeroed is fine */
/* Says in a line whether the devices work as a pipeline or data-parallel, and why. "" for one device. */
void locl_run_place_text(const locl_pipeline_options *options, const locl_devices *devices, char *text,
                         size_t size);

#endif
