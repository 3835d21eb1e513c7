/* Event files for TensorBoard (run.tensorboard), in <run>/tensorboard/train and /test: what metrics.jsonl tells, once
 * more. Used by the training loop. */
#ifndef LOCL_RUN_EVENTS_H
#define LOCL_RUN_EVENTS_H

#include "base/error.h"
#include "locl/run.h"

#include <limits.h>
#include <stdio.h>

enum { LOCL_EVENT_FILES = 2 }; /* of training, and of tests */

typedef struct locl_events {
    FILE *file[LOCL_EVENT_FILES]; /* NULL: none are written */
    char path[LOCL_EVENT_FILES][PATH_MAX];
} locl_events;

/* Cuts the files of a run's folder back to what they had at `step`, with the last evaluation at `test_step`, and to
 * their first damage, then opens them for more; makes them where they are not there. LOCL_E_IO. */
locl_status locl_events_open(const char *folder, uint64_t step, uint64_t test_step, locl_events *out,
                             locl_error *err);
/* Adds an event, at once visible to readers. images_per_second 0 or below: none. Does nothing where no files are
 * open, as do the next two. */
locl_status locl_events_add(locl_events *events, const locl_result *result, double images_per_second,
                            locl_error *err);
/* Makes sure that what was added is on the disk. */
locl_status locl_events_sync(const locl_events *events, locl_error *err);
void locl_events_close(locl_events *events);

#endif
