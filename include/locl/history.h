/* What a run measured while it trained, read back: the lines of its metrics.jsonl, and what its configuration says of
 * it. What `locl plot RUN` draws. Nothing else is opened, and the run may still be training.
 *
 *     locl_history *history;
 *     if (locl_history_read("runs/fashion-mnist", &history, &err) == LOCL_OK) {
 *         for (size_t i = 0; i < history->lines; i++) {
 *             ... history->line[i].step, history->line[i].classifier.error ...
 *         }
 *         locl_history_free(history);
 *     }
 */
#ifndef LOCL_HISTORY_H
#define LOCL_HISTORY_H

#include "locl/export.h"
#include "locl/run.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A line of metrics.jsonl: means over `images`. Values that were not finite are NaN. */
typedef struct locl_history_line {
    bool test;      /* of the test set; false: of training since the line before */
    uint64_t step;  /* steps done, rising for each of the two kinds */
    uint64_t epoch; /* of that step, from 1 */
    uint64_t images;
    double images_per_second; /* 0: not known, and for tests */
    double
        seconds; /* of training up to here, by the rates of the lines: neither evaluating nor building kernels
                     * counts. NaN where no line has a rate */
    locl_score classifier;
    const locl_score *block; /* [blocks] of the history */
} locl_history_line;

/* Strings and lines are the history's. */
typedef struct locl_history {
    const char *folder;      /* as it was given, without slashes at its end */
    const char *network;     /* preset, or "network"; as the next two "" where config.yaml cannot be read */
    const char *rule, *data; /* "lg-fg-a, exact_last"; "mnist" */
    bool heads;              /* blocks have heads that are trained: not under the rule bp */
    size_t blocks;
    uint64_t steps_per_epoch;      /* 0: no epoch has ended yet */
    const locl_history_line *line; /* [lines], in the order of the file; at least one */
    size_t lines;
} locl_history;

/* Reads the history of a run's folder. Damaged lines, as one that a copy or a full disk has cut, are left out, as are
 * lines out of order; of them, and of values that are not finite, log events warn. *out is the caller's until
 * locl_history_free(); NULL on error. LOCL_E_DATA: no folder of a run, or nothing measured in it. */
LOCL_API locl_status locl_history_read(const char *folder, locl_history **out, locl_error *err);
LOCL_API void locl_history_free(locl_history *history); /* accepts NULL */

#ifdef __cplusplus
}
#endif
#endif
