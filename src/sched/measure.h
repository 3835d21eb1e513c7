/* What stages take on devices, measured with a few steps on made-up images while all devices work at once, as they will
 * in a pipeline: halves of a CPU share its memory. Used by src/run to place stages, and by src/bench. */
#ifndef LOCL_SCHED_MEASURE_H
#define LOCL_SCHED_MEASURE_H

#include "sched/pipeline.h"

/* How fast a device copies, while all do. */
typedef struct locl_link_speed {
    double latency;  /* seconds of a smallest copy to the host and back */
    double per_byte; /* seconds, one way to the host and one way back */
} locl_link_speed;

typedef struct locl_stage_times {
    size_t stages, devices;
    locl_placement_cost *cost; /* [stages][devices], owned */
    locl_link_speed *link;     /* [devices], owned */
} locl_stage_times;

/* Hears how many measurements are done; on the calling thread. May be NULL. */
typedef void (*locl_measure_tell)(void *user, size_t done, size_t total);

/* Measures the stages of a pipeline that would be opened so, on each of the devices. Of stages of the same shape one
 * is measured. Takes the memory of one stage on each device. *out is the caller's to release, on error too.
 * LOCL_E_TOO_LARGE: a device has no room for a whole stage. */
locl_status locl_measure(const locl_pipeline_options *options, locl_devices *devices, locl_measure_tell tell,
                         void *user, locl_stage_times *out, locl_error *err);
void locl_measure_release(locl_stage_times *measured); /* zeroed is fine */

#endif
