/* The inside of training: shared by train.c, the loop, and train_loss.c, what becomes of it when a device is lost. */
#ifndef LOCL_RUN_TRAIN_PARTS_H
#define LOCL_RUN_TRAIN_PARTS_H

#include "run/events.h"
#include "run/loss.h"
#include "run/metrics.h"

/* How much of the recent time each of several devices worked. */
typedef struct locl_device_shares {
    double mark[LOCL_MAX_DEVICES]; /* seconds of work when that time began */
    double busy[LOCL_MAX_DEVICES];
    bool known;
} locl_device_shares;

typedef struct locl_trainer {
    locl_run *run;
    locl_loader *loader;
    locl_metrics metrics;
    locl_events events;        /* for TensorBoard, if asked for */
    locl_rate recent, line;    /* of the last second or so, and since the last line */
    double speed;              /* images/s, recent */
    locl_device_shares shares; /* of it, in which each device worked */
    locl_watch watch;          /* for `rebalance: auto` */
    locl_snapshot snapshot;
    locl_arrays before; /* the classifier, where the run ends within an epoch with a readout */
    bool slower;        /* steps have become slower */
    atomic_bool pause;  /* the segment ends early, for that */
    atomic_bool keep;   /* a snapshot is due */
    bool steady;        /* the first step of this process is done, so all kernels are built */
    uint64_t saved;     /* step of the last checkpoint */
    bool stands;        /* there is a checkpoint */
    bool lost;          /* a device was */
    bool reading;       /* the classifier learns, or is tested after that: the snapshot is from before */
    locl_status status; /* of what failed in a handler */
    locl_error *err;
    locl_error trace; /* of the timeline's file */
} locl_trainer;

/* train.c. Tells the handler; `train` and `json` may be NULL. */
void locl_trainer_tell(locl_trainer *trainer, locl_run_moment moment, const locl_result *train,
                       const char *json);
/* Opens the loader and the metrics where the run's state is, and closes them. The memory that a device without an
 * answer may yet read stays. */
locl_status locl_trainer_open(locl_trainer *trainer);
void locl_trainer_close(locl_trainer *trainer);
/* Writes the snapshot as the last checkpoint. */
locl_status locl_trainer_write_snapshot(locl_trainer *trainer);

/* train_loss.c. Goes on from the snapshot without the device that trainer->err says is lost. */
locl_status locl_trainer_recover(locl_trainer *trainer);
/* Returns whether a run that ends with `status` does so for a lost device, with a snapshot to save. */
bool locl_trainer_ends_lost(const locl_trainer *trainer, locl_status status);
/* Saves the snapshot of such a run, unless it is the checkpoint already. */
locl_status locl_trainer_stop_lost(locl_trainer *trainer);

#endif
