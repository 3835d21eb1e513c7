/* The inside of a pipeline: shared by pipeline.c (opens it) and pipeline_run.c (runs it), nobody else. */
#ifndef LOCL_SCHED_PIPELINE_PARTS_H
#define LOCL_SCHED_PIPELINE_PARTS_H

#include "sched/channel.h"
#include "sched/pipeline.h"
#include "sched/stage.h"

#include <pthread.h>

/* One device that has stages. */
typedef struct locl_lane {
    locl_device *device;
    locl_lane_queues queues;
    locl_arena *workspace; /* shared by its stages */
} locl_lane;

/* A stage in the pipeline: where it runs and what it has under way. */
typedef struct locl_pipeline_stage {
    locl_stage stage;
    locl_lane *lane;
    locl_channel input;         /* from the stage before, or the loader */
    locl_step_metrics *records; /* [LOCL_METRIC_SLOTS][records], read back */
    size_t record_count;
    cl_event finished[LOCL_METRIC_SLOTS]; /* of the last steps; NULL once waited for */
    uint64_t next;                        /* batches begun in this run; under the lock */
    uint64_t collected;                   /* batches whose records are on the host */
    double alone_seconds; /* its steps, begun to done, in the last run if that was sequential */
} locl_pipeline_stage;

struct locl_pipeline {
    locl_pipeline_options options;
    locl_devices *devices;
    locl_lane *lane; /* [lanes] */
    size_t lanes;
    locl_pipeline_stage *stage; /* [stages] */
    size_t stages;
    double waited_seconds, run_seconds; /* of the last run */
    bool started[2]; /* a batch has been evaluated, trained on: all its kernels are there */
};

#endif
