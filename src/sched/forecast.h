/* Placement by what was measured, and what it leads one to expect. */
#ifndef LOCL_SCHED_FORECAST_H
#define LOCL_SCHED_FORECAST_H

#include "sched/measure.h"

/* What a pipeline is expected to do once all its devices are busy. */
typedef struct locl_forecast {
    double seconds;                /* of a step; 0: not known */
    double busy[LOCL_MAX_DEVICES]; /* seconds of them in which each device works */
} locl_forecast;

/* Places the stages of a pipeline that would be opened so, in whole images. *out is the caller's, on error too. */
locl_status locl_placement_measured(const locl_pipeline_options *options, const locl_devices *devices,
                                    const locl_stage_times *measured, locl_placement *out, locl_error *err);
/* Returns the seconds of a step that a device works on its share of a stage. */
double locl_forecast_work(const locl_stage_times *measured, const locl_placement *placement, size_t stage,
                          size_t device);
void locl_forecast_of(const locl_stage_times *measured, const locl_placement *placement, locl_forecast *out);

#endif
