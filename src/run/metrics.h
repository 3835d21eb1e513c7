/* metrics.jsonl of a run folder: one JSON object per line (docs/command.md). Used by the training loop. */
#ifndef LOCL_RUN_METRICS_H
#define LOCL_RUN_METRICS_H

#include "locl/locl.h"

#include <jansson.h>
#include <stdio.h>

typedef struct locl_metrics {
    FILE *file;
    char *line; /* the last one */
    char path[4096];
} locl_metrics;

/* Cuts the file back to what had been written at `step` with the last evaluation at `test_step`, then opens
 * it for more. A line that was cut short by a kill is removed. */
locl_status locl_metrics_open(const char *path, uint64_t step, uint64_t test_step, locl_metrics *out,
                              locl_error *err);
/* Appends an object, at once visible to readers, and takes it. NULL is out of memory. */
locl_status locl_metrics_append(locl_metrics *metrics, json_t *line, locl_error *err);
/* Makes sure that what was appended is on the disk. */
locl_status locl_metrics_sync(const locl_metrics *metrics, locl_error *err);
void locl_metrics_close(locl_metrics *metrics); /* zeroed is fine */

/* The `images_per_second` of a line that has no rate. */
#define LOCL_METRICS_NO_RATE (-1.0)
/* Returns {"kind": <result's split>, "step", "epoch", "images", loss, error, blocks, "images_per_second"}.
 * The last is null where the rate is 0, not known, and left out for LOCL_METRICS_NO_RATE. NULL when memory
 * runs out. */
json_t *locl_metrics_line(const locl_result *result, uint64_t epoch, double images_per_second);

#endif
