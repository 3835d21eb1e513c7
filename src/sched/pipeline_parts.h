/* The inside of a pipeline: shared by the pipeline_*.c files, nobody else. pipeline.c opens and closes it,
 * pipeline_place.c says what goes where, pipeline_record.c records it and joins it by channels, pipeline_memory.c says
 * whether there is room, pipeline_info.c tells of it and saves. pipeline_run.c runs it with the help of
 * pipeline_choose.c (which stage is next), pipeline_step.c (one batch of a stage), pipeline_team.c (stages that devices
 * share), pipeline_keep.c (what is kept of chosen steps) and pipeline_report.c (what the handler gets to see).
 * pipeline_blame.c says which device a failed run failed for.
 *
 * A stage that several devices share is here a stage for each of them, one after the other, of the same blocks and
 * other rows of every batch, with a locl_team for all of them.
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
 *     (pipeline_choose.c). */
#ifndef LOCL_SCHED_PIPELINE_PARTS_H
#define LOCL_SCHED_PIPELINE_PARTS_H

#include "device/build.h"
#include "sched/busy.h"
#include "sched/channel.h"
#include "sched/exchange.h"
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
    bool stuck;            /* its queues did not empty within the deadline */
} locl_lane;

typedef struct locl_team locl_team;

/* A stage in the pipeline: where it runs and what it has under way. */
typedef struct locl_pipeline_stage {
    locl_stage stage;
    size_t index;
    size_t number; /* of the stage; those that share one have the same */
    size_t row;    /* the first of the stages in a row on its lane: passing.h */
    locl_lane *lane;
    locl_inlet inlet;
    locl_outlet outlet;
    locl_channel *input, *output; /* from the stage before, or the loader; to the next one */
    size_t inputs, outputs;
    locl_team *team;            /* NULL: this device has the stage for itself, or it is not trained */
    locl_step_metrics *records; /* [LOCL_METRIC_SLOTS][record_count], read back */
    size_t record_count;
    size_t record_at;                     /* of its records in those of a batch */
    cl_event finished[LOCL_METRIC_SLOTS]; /* of the last steps; NULL once waited for */
    uint64_t next;                        /* batches begun in this run; under the lock */
    uint64_t taken;     /* steps whose new parameters it has got from the stage's owner; under the lock */
    uint64_t collected; /* batches whose records are on the host */
    float *
        kept; /* parameters and optimiser state after a step that is kept (pipeline_keep.c), owned; NULL: none yet */
    bool keeps;                /* what its worker does next ends such a step; set under the lock */
    double enqueued;           /* since when its worker enqueues what is under way, seconds */
    locl_profile_row *profile; /* of locl_pipeline_profile() */
} locl_pipeline_stage;

/* A stage that several devices share while it is trained. Each of them computes the gradient of its rows of a step.
 * The first one, the owner, adds them up in their order and updates the parameters. A step begins on a device once
 * it has the parameters of the step before. The counts are of steps of this run, under the lock. */
struct locl_team {
    locl_pipeline_stage *member; /* [members] adjacent ones of the pipeline's, the owner first */
    size_t members;
    locl_exchange *exchange; /* [members - 1], owned: of the owner with each of the others */
    uint64_t gathered;       /* all gradients are with the owner */
    uint64_t updated;        /* the update is enqueued */
    uint64_t published;      /* the new parameters are on their way's end */
};

struct locl_pipeline {
    locl_pipeline_options options;
    locl_devices *devices;
    locl_build *build; /* from locl_pipeline_begin() to locl_pipeline_finish(); else NULL */
    locl_lane *lane;   /* [lanes] */
    size_t lanes;
    locl_placement placement;
    locl_pipeline_stage *stage; /* [stages] */
    locl_channel *channel;      /* [channels] in the order of the stages that they lead to */
    locl_team *team;            /* [teams] */
    locl_passing *passing;      /* [stages]: of the row that stage i begins */
    size_t stages, channels, teams;
    size_t records; /* of a batch: those of all stages */
    locl_feed feed;
    locl_trace *trace;
    locl_busy *busy;                    /* NULL: there is one lane only */
    double waited_seconds, run_seconds; /* of the last run */
    bool started[LOCL_STEP_KINDS];      /* a first batch is complete, so all its kernels are built */
    bool lost; /* a device was still busy when the last run ended, after LOCL_E_DEADLINE */
    bool ran;  /* its queues may still have work, of which it owns the memory */
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
    uint64_t fetched;                 /* batches that the loader gave, under the lock, as is the next */
    bool fetching;                    /* a worker waits for the loader */
    locl_step_metrics *record;        /* [LOCL_REPORT_RING][pipeline->records] */
    locl_step_metrics *sum;           /* [records] of the step's slices so far; the calling thread's alone */
    double *loss;                     /* [records] sum over their images */
    size_t records;                   /* blocks + 1 */
    size_t arrived[LOCL_REPORT_RING]; /* stages that reported */
    uint64_t reported;                /* batches handed to the handler */
    double arrival[LOCL_REPORT_RING]; /* when the last of them did, seconds */
    uint64_t
        keep_once;    /* step that is kept because run->keep asked for one; LOCL_KEEP_NONE; under the lock */
    uint64_t keeping; /* step that the stages' `kept` are of, or will be; LOCL_KEEP_NONE; under the lock */
    const locl_pipeline_stage *spoiler; /* the first whose records of the step are not finite; NULL: none */
} locl_progress;

/* pipeline_place.c. Chooses the devices of each stage, by the options' placement or policy. `stage` [stages]
 * as they will be opened. *out is the caller's, on error too. */
locl_status locl_pipeline_place(const locl_pipeline_options *options, const locl_devices *devices,
                                const locl_stage_options *stage, size_t stages, locl_placement *out,
                                locl_error *err);

/* Writes what stages keep between steps to bytes [stages], and what devices have to limits [devices], and makes the
 * problem refer to them. */
locl_status locl_pipeline_room(const locl_devices *devices, const locl_stage_options *stage,
                               locl_placement_problem *problem, double *bytes, double *limits,
                               locl_error *err);

/* pipeline_record.c. Places and records all stages, and joins them. */
locl_status locl_pipeline_record(locl_pipeline *pipeline, locl_error *err);

/* pipeline_memory.c. LOCL_E_TOO_LARGE where a device has less memory than was recorded. */
locl_status locl_pipeline_check_memory(const locl_pipeline *pipeline, locl_error *err);

/* pipeline_step.c. What a worker does next: the next batch of a stage, the same once the loader gave it, the update of
 * a stage that devices share, taking the parameters that another device updated, or waiting for a batch that others
 * wait for. */
typedef enum locl_task_kind {
    LOCL_TASK_STEP,
    LOCL_TASK_FETCH,
    LOCL_TASK_UPDATE,
    LOCL_TASK_TAKE,
    LOCL_TASK_COLLECT
} locl_task_kind;
typedef struct locl_task {
    locl_task_kind kind;
    locl_pipeline_stage *stage; /* NULL: nothing left to do */
} locl_task;
/* Returns the batch that a task is about. */
uint64_t locl_task_batch(const locl_progress *progress, locl_task task);
/* Does a task that is ready. Before a batch it waits for the one RUN_AHEAD before it, so that at most so many are
 * under way. Called without the lock. */
locl_status locl_progress_do(locl_progress *progress, locl_task task, locl_error *err);
/* Returns whether the first stage's next batch is ready to be fetched from the loader by this device. Under the
 * lock. */
bool locl_progress_may_fetch(const locl_progress *progress, const locl_pipeline_stage *stage);
/* Waits for all that a lane's stages have under way. */
locl_status locl_progress_drain(locl_progress *progress, const locl_lane *lane, locl_error *err);

/* pipeline_choose.c. Returns what the lane does next, of the latest stage that has something to do. Nothing, with
 * *finished, once they all are. Under the lock, as is the next. */
locl_task locl_progress_choose(locl_progress *progress, const locl_lane *lane, bool *finished);
/* Returns the task of a stage's next batch. */
locl_task locl_progress_step_task(const locl_progress *progress, locl_pipeline_stage *stage);

/* pipeline_report.c. Hands complete reports to the handler, in order. */
typedef enum locl_report_mode { LOCL_REPORT_COMPLETE, LOCL_REPORT_TO_THE_END } locl_report_mode;
void locl_progress_report(locl_progress *progress, locl_report_mode mode);

/* pipeline_team.c. Whether a stage's update, or the taking of new parameters, is ready. Under the lock. */
bool locl_team_may_update(const locl_progress *progress, const locl_pipeline_stage *stage);
bool locl_team_may_take(const locl_pipeline_stage *stage);
/* Whether a stage has the parameters for its next batch. Under the lock. */
bool locl_team_may_step(const locl_progress *progress, const locl_pipeline_stage *stage);
bool locl_team_is_owner(const locl_pipeline_stage *stage);           /* whole stages are their own */
locl_exchange *locl_team_exchange(const locl_pipeline_stage *stage); /* with its owner, of one that is not */
/* Enqueues what belongs to sending a gradient, to adding the others', to sending new parameters and taking them. */
locl_status locl_team_send_gradient(const locl_pipeline_stage *stage, locl_error *err);
locl_status locl_team_take_gradients(const locl_pipeline_stage *stage, locl_error *err);
locl_status locl_team_publish(const locl_pipeline_stage *stage, locl_error *err);
locl_status locl_team_take_parameters(const locl_pipeline_stage *stage, locl_error *err);
/* Waits for the transfers of shared stages while a run goes on: its own thread for each. */
typedef struct locl_courier {
    locl_progress *progress;
    locl_team *team;
    pthread_t thread;
} locl_courier;
void *locl_team_carry(void *courier);
/* Waits for a device's gradient in a sequential run. After the last device goes through the rest of the step. */
locl_status locl_team_in_turn(locl_progress *progress, const locl_pipeline_stage *stage, locl_error *err);

/* pipeline_keep.c. What is kept of chosen steps while others go on. `kept` of the stages belongs to
 *   the workers, from the moment when one of them begins the last batch of such a step, each its stages' part;
 *   the calling thread, once that step's report is complete, until run->kept() returns.
 * No stage ends the next such step before that (locl_keep_may_begin). */
#define LOCL_KEEP_NONE UINT64_MAX
/* Allocates `kept`, once. */
locl_status locl_keep_open(locl_pipeline *pipeline, locl_error *err);
void locl_keep_close(locl_pipeline_stage *stage);
/* Whether a stage may begin batch n. Under the lock, as is the next. */
bool locl_keep_may_begin(const locl_progress *progress, uint64_t n);
/* Whether a batch of a stage, which is under way, holds up the handing over of a step that is kept. */
bool locl_keep_waits_for(const locl_progress *progress, const locl_pipeline_stage *stage);
/* Notes whether a task, which is begun, ends a step that is kept. */
void locl_keep_begin(locl_progress *progress, locl_task task);
/* Hands what was kept of a step over, if it was, after its report. */
locl_status locl_keep_deliver(locl_progress *progress, uint64_t step, locl_error *err);
/* Chooses the step that is kept, if one is asked for. Under the lock. */
void locl_keep_choose(locl_progress *progress);

/* Returns the step that batch n belongs to. */
uint64_t locl_progress_step(const locl_progress *progress, uint64_t n);

/* pipeline_run.c. Counts one more in *counter, which the lock guards, and wakes those who wait for it. */
void locl_progress_count(locl_progress *progress, uint64_t *counter);
/* Ends the run with this error, unless it has one. */
void locl_progress_fail(locl_progress *progress, const locl_error *error);
/* Waits until nothing is under way any more. Returns false where a deadline passed instead. */
bool locl_pipeline_settle(locl_pipeline *pipeline);

/* pipeline_blame.c. Of a run that has failed and in which nobody works any more: finds the device that the others wait
 * for, and makes the error name that one. */
void locl_progress_blame(locl_progress *progress);

#endif
