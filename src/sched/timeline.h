/* What the commands of every queue and the threads of the host did in some steps of training, on one clock: that of the
 * host. Devices' stamps are converted by two measurements, one before the steps and one after them. Used by `--trace`.
 *
 *     timeline.c        keeps tapes of the queues and spans of the host's threads
 *     timeline_write.c  writes them in the format of Chrome's and Perfetto's viewers (docs/trace.md)
 *
 * A timeline outlives the pipelines that it is given to, one after the other. */
#ifndef LOCL_SCHED_TIMELINE_H
#define LOCL_SCHED_TIMELINE_H

#include "device/stamps.h"
#include "device/tape.h"
#include "sched/channel.h"
#include "sched/options.h"
#include "sched/trace.h"

#include <pthread.h>

/* Spans of the host's threads that are kept at most. */
enum { LOCL_TIMELINE_MOST_SPANS = 1 << 20 };

/* The queues of a device, as in locl_lane_queues. */
typedef enum locl_timeline_queue {
    LOCL_TIMELINE_COMPUTE,
    LOCL_TIMELINE_TO_DEVICE,
    LOCL_TIMELINE_TO_HOST,
    LOCL_TIMELINE_QUEUES
} locl_timeline_queue;

/* Threads of the host. */
typedef enum locl_timeline_thread {
    LOCL_TIMELINE_LOADER,
    LOCL_TIMELINE_REPORT,
    LOCL_TIMELINE_WORKER /* of a device */
} locl_timeline_thread;

typedef struct locl_timeline_span {
    locl_timeline_thread thread;
    int device;       /* of a worker; else -1 */
    const char *name; /* static */
    int stage;        /* -1: none */
    int64_t step;     /* from 0 */
    double start, end;
} locl_timeline_span;

/* A device of the timeline; zeroed where no pipeline used it. */
typedef struct locl_timeline_device {
    locl_device *device;
    bool lost; /* not asked for the time any more */
    locl_stamps before, after;
    locl_tape tape[LOCL_TIMELINE_QUEUES];
} locl_timeline_device;

/* A thread's last event, from which its next span goes on. */
typedef struct locl_timeline_last {
    bool any;
    locl_trace_kind kind;
    double time;
} locl_timeline_last;

typedef struct locl_timeline {
    uint64_t first, end; /* steps first..end-1 are recorded */
    locl_timeline_device device[LOCL_MAX_DEVICES];
    uint64_t read; /* events of the pipeline's trace that were read */
    bool training; /* what they tell of is */
    locl_timeline_last worker[LOCL_MAX_DEVICES], report;
    pthread_mutex_t lock;     /* for the spans, which the loader adds to as well */
    locl_timeline_span *span; /* [spans] */
    size_t spans, capacity, left_out;
} locl_timeline;

locl_status locl_timeline_open(uint64_t first, uint64_t end, locl_timeline **out, locl_error *err);
void locl_timeline_close(locl_timeline *timeline); /* accepts NULL; its pipelines are closed */

/* Notes that a device was lost. The timeline has to be written before its devices are closed. */
void locl_timeline_lose(locl_timeline *timeline, size_t device);

/* Has a device's profiling queues recorded from now on, for a pipeline whose own trace (trace.h) begins. Measures the
 * device's clock at the first time. */
locl_status locl_timeline_attach(locl_timeline *timeline, locl_lane_queues *queues, locl_error *err);
/* Says what the commands that a device's worker enqueues next belong to. Outside of the recorded steps, and with
 * `training` false, they are left out. */
void locl_timeline_place(const locl_timeline *timeline, locl_lane_queues *queues, bool training,
                         const locl_tape_place *place);
/* Notes the times of a device's commands that are complete. */
locl_status locl_timeline_gather(locl_lane_queues *queues, locl_error *err);
/* Drops a device's commands that are not complete, once its run has ended. */
void locl_timeline_forget(locl_lane_queues *queues);
/* Makes spans of the pipeline's new events. On the thread that reports. */
void locl_timeline_follow(locl_timeline *timeline, const locl_trace *trace);
/* Adds a span of the loader's thread, which made a batch of that step. */
void locl_timeline_loaded(locl_timeline *timeline, uint64_t step, double start, double end);

/* Measures the devices' clocks a second time and writes the file, whole or not at all. LOCL_E_IO. */
locl_status locl_timeline_write(locl_timeline *timeline, const char *path, locl_error *err);

#endif
