/* What a network's stages ask of devices, and what backpropagation in a pipeline of micro-batches would make of it.
 * Pure. */
#ifndef LOCL_SIMULATE_WORK_H
#define LOCL_SIMULATE_WORK_H

#include "locl/simulate.h"
#include "model/model.h"
#include "simulate/cluster.h"
#include "simulate/events.h"

/* Stages by what they ask: blocks, or all blocks as one. Arrays are the caller's to release. */
typedef struct locl_work {
    size_t stages, devices, batch;
    locl_placement_cost *cost;          /* [stages][devices] */
    locl_events_link *link;             /* [devices] */
    double *batch_bytes, *values_bytes; /* [stages] */
    double *bytes;                      /* [stages] that a stage keeps on its device */
    double *memory;                     /* [devices] bytes */
    double *limits;                     /* [devices] of them for what stages keep */
} locl_work;

/* Makes an empty one. The caller releases *out, on error too. */
locl_status locl_work_create(size_t stages, size_t devices, size_t batch, locl_work *out, locl_error *err);
void locl_work_release(locl_work *work); /* zeroed is fine */

/* How many blocks a stage has. */
typedef enum locl_work_cut { LOCL_WORK_BLOCKS, LOCL_WORK_WHOLE } locl_work_cut;
/* Computes it from the shapes and the devices' rates. */
locl_status locl_work_of(const locl_model *model, const locl_cluster *cluster, size_t batch,
                         locl_work_cut cut, locl_precision precision, locl_work *out, locl_error *err);

enum { LOCL_SCHEDULES = 3 };
/* Finds what backpropagation takes under each schedule of micro-batches, on whole blocks of the devices. */
locl_status locl_work_schedules(const locl_model *model, const locl_cluster *cluster, size_t batch,
                                locl_simulation_schedule out[LOCL_SCHEDULES], locl_error *err);

#endif
