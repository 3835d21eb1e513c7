/* How long each of several devices works, for the progress line: from the ends of the stages' batches, which drivers
 * tell of. A batch of a stage runs from the moment when it is enqueued, the device has done what came before, and the
 * stages before have done the batch, to its end. No device keeps times of its commands for it, and nobody waits. */
#ifndef LOCL_SCHED_BUSY_H
#define LOCL_SCHED_BUSY_H

#include "device/call.h"

typedef struct locl_busy locl_busy;

locl_status locl_busy_open(size_t lanes, size_t stages, locl_busy **out, locl_error *err);
/* Ends it once the drivers have told of all that is watched. Accepts NULL. */
void locl_busy_close(locl_busy *busy);
/* Says that a stage reads what the stage `source` makes. */
void locl_busy_join(locl_busy *busy, size_t source, size_t stage);
/* Watches what a stage enqueued for its batch n since `enqueued`, which `end` marks the end of. */
locl_status locl_busy_watch(locl_busy *busy, locl_device *device, size_t lane, size_t stage, uint64_t n,
                            double enqueued, cl_event end, locl_error *err);
double locl_busy_seconds(locl_busy *busy, size_t lane); /* so far */

#endif
