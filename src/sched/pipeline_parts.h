/* The inside of a pipeline: shared by the pipeline_*.c files, nobody else. pipeline.c opens and closes it,
 * pipeline_place.c says what goes where, pipeline_memory.c whether there is room, pipeline_info.c tells of it and
 * saves, pipeline_run.c runs it with the help of pipeline_step.c (one batch of a stage) and pipeline_report.c (what
 * the handler gets to see).
 *
 * Batches are counted as they pass through the channels. Where they are cut into slices (micro-batches), batch n
 * of a training run here is slice n % slices of step n / slices.
 *
 * A step's records (ops/metrics.h) pass through two rings. Batch n's place in them belongs to
 *   stage->metrics, records, finished [n % LOCL_METRIC_SLOTS], one for each stage
 *     the device, from the enqueuing of batch n: the step writes the metrics, a read copies them into
 *     `records`, `finished` marks the end;
 *     the worker, once collect() has waited for `finished`: it hands them on and has the slot for batch n +
 *     LOCL_METRIC_SLOTS. It begins no batch before that RUN_AHEAD batches back was collected.
 *   progress->record, arrived [n % REPORT_RING], one for the run
 *     the workers, each of them its stages' part, under the lock, until all stages have `arrived`;
 *     the calling thread, until it counts batch n as `reported`. No stage begins batch n + REPORT_RING before
 *     (is_ready). */
#ifndef LOCL_SCHED_PIPELINE_PARTS_H
#define LOCL_SCHED_PIPELINE_PARTS_H

#include "device/build.h"
#include "sched/channel.h"
#include "sched/passing.h"
#include "sched/pipeline.h"
#include "sched/stage.h"

#include <pthread.h>

/* Most batches of a stage under way, and most batches between the first begun and the last reported. */
enum { LOCL_RUN_AHEAD = 2, LOCL_REPORT_RING = 64 };
_Static_assert((int)LOCL_RUN_AHEAD <= (int)LOCL_CHANNEL_DEPTH,
               "a batch goes back to the loader when its step is complete");
_Static_assert((int)LOCL_RUN_AHEAD < (int)LOCL_METRIC_SLOTS, "a slot is free when its step is begun");

/* One device that has stages. */
typedef struct locl_lane {
    locl_device *device;
    locl_lane_queues queues;
    locl_arena *workspace; /* shared by its stages */
} locl_lane;

/* A stage in the pipeline: where it runs and what it has under way. */
typedef struct locl_pipeline_stage {
    locl_stage stage;
    size_t index;
    size_t row; /* the first of the stages in a row on its lane: passing.h */
    locl_lane *lane;
    locl_channel *input, *output; /* from the stage before, or the loader; to the next one, or NULL */
    locl_step_metrics *records;   /* [LOCL_METRIC_SLOTS][record_count], read back */
    size_t record_count;
    cl_event finished[LOCL_METRIC_SLOTS]; /* of the last steps; NULL once waited for */
    uint64_t next;                        /* batches begun in this run; under the lock */
    uint64_t collected;                   /* batches whose records are on the host */
    locl_profile_row *profile;            /* of locl_pipeline_profile() */
} locl_pipeline_stage;

struct locl_pipeline {
    locl_pipeline_options options;
    locl_devices *devices;
    locl_build *build; /* from locl_pipeline_begin() to locl_pipeline_finish(); else NULL */
    locl_lane *lane;   /* [lanes] */
    size_t lanes;
    locl_pipeline_stage *stage; /* [stages] */
    locl_channel *channel;      /* [stages]: number i is stage i's input */
    locl_passing *passing;      /* [stages]: of the row that stage i begins */
    double *alone_seconds; /* [stages] of its steps, begun to done, in the last run if that was sequential */
    size_t stages;
    locl_trace *trace;
    double waited_seconds, run_seconds; /* of the last run */
    bool started[LOCL_STEP_KINDS];      /* a first batch is complete, so all its kernels are built */
    bool lost; /* a device was still busy when the last run ended, after LOCL_E_DEADLINE */
};

/* A run under way. */
typedef struct locl_progress {
    locl_pipeline *pipeline;
    const locl_pipeline_run *run;
    locl_step_kind kind;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    uint64_t count; /* batches of this run, lowered when the source ends or a stop is asked for */
    bool failed;
    locl_error error;
    size_t slices, images;            /* of a step; of each slice */
    locl_step_metrics *record;        /* [LOCL_REPORT_RING][records] */
    locl_step_metrics *sum;           /* [records] of the step's slices so far; the calling thread's alone */
    double *loss;                     /* [records] sum over their images */
    size_t records;                   /* blocks + 1 */
    size_t arrived[LOCL_REPORT_RING]; /* stages that reported */
    uint64_t reported;                /* batches handed to the handler */
} locl_progress;

/* pipeline_place.c. Chooses the device of each stage, by the options' placement or policy. `stage` [stages]
 * as they will be opened. */
locl_status locl_pipeline_place(const locl_pipeline_options *options, const locl_devices *devices,
                                const locl_stage_options *stage, size_t stages, size_t *device,
                                locl_error *err);

/* pipeline_memory.c. LOCL_E_TOO_LARGE where a device has less memory than was recorded. */
locl_status locl_pipeline_check_memory(const locl_pipeline *pipeline, locl_error *err);

/* pipeline_step.c. Enqueues one batch of a stage. Before that waits for the one RUN_AHEAD before it, so that
 * at most so many are under way and the loader has that batch back. Called without the lock. */
locl_status locl_progress_advance(locl_progress *progress, locl_pipeline_stage *stage, locl_error *err);
/* Waits for all that a lane's stages have under way. */
locl_status locl_progress_drain(locl_progress *progress, const locl_lane *lane, locl_error *err);

/* pipeline_report.c. Hands complete reports to the handler, in order. */
typedef enum locl_report_mode { LOCL_REPORT_COMPLETE, LOCL_REPORT_TO_THE_END } locl_report_mode;
void locl_progress_report(locl_progress *progress, locl_report_mode mode);

/* Returns the step that batch n belongs to. */
uint64_t locl_progress_step(const locl_progress *progress, uint64_t n);

/* pipeline_run.c. Ends the run with this error, unless it has one. */
void locl_progress_fail(locl_progress *progress, const locl_error *error);
/* Waits until nothing is under way any more. Returns false where a deadline passed instead. */
bool locl_pipeline_settle(locl_pipeline *pipeline);

#endif
