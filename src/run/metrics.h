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
 * it for more. A line that was cut short by a kill goes. */
locl_status locl_metrics_open(const char *path, uint64_t step, uint64_t test_step, locl_metrics *out,
                              locl_error *err);
/* Appends an object (takes it; NULL is out of memory), at once visible to readers. */
locl_status locl_metrics_append(locl_metrics *metrics, json_t *line, locl_error *err);
/* What was appended is on the disk. */
locl_status locl_metrics_sync(locl_metrics *metrics, locl_error *err);
void locl_metrics_close(locl_metrics *metrics); /* zeroed is fine */

/* Of a line that has no rate. */
#define LOCL_METRICS_NO_RATE (-1.0)
/* {"kind": <result's split>, "step", "epoch", loss, error, blocks, "images_per_second"}; the last is null
 * where it is 0, not known. NULL when memory runs out. */
json_t *locl_metrics_line(const locl_result *result, uint64_t epoch, double images_per_second);

#endif
