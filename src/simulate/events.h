/* The pipeline's order of events, without devices: which part of which stage begins when, by what each takes. Pure. */
#ifndef LOCL_SIMULATE_EVENTS_H
#define LOCL_SIMULATE_EVENTS_H

#include "sched/placement.h"

/* A device's way to the others. */
typedef struct locl_events_link {
    double latency, per_byte; /* seconds, of a copy to or from the host */
    bool overlap;             /* the device computes meanwhile */
} locl_events_link;

typedef struct locl_events {
    const locl_placement_problem *problem; /* with cost; `carry` and `exchange` are not used: links say it */
    const locl_placement *placement;
    const locl_events_link *link; /* [devices] */
    const double *batch_bytes;    /* [stages] of a batch that enters the stage, with its labels */
    const double *values_bytes;   /* [stages] of the stage's parameters, or gradients */
    size_t depth;                 /* batches that a stage may be ahead of the one that reads it */
} locl_events;

typedef struct locl_events_result {
    double seconds;     /* from one step's end to the next one's, once all devices are busy */
    double *busy;       /* [devices] seconds of a step, the caller's */
    double *sent, *got; /* [devices] bytes of a step, the caller's */
} locl_events_result;

/* Runs enough steps to see a steady rate. LOCL_E_MEMORY. */
locl_status locl_events_run(const locl_events *events, locl_events_result *out, locl_error *err);

#endif
