/* The progress of a run for a person: one live line on a terminal, lines every few seconds elsewhere, and a
 * line for each epoch. Used by `locl train`, `locl eval` and `locl audit`. */
#ifndef LOCL_CLI_PROGRESS_H
#define LOCL_CLI_PROGRESS_H

#include "cli/verb.h"

#include <stdio.h>

typedef enum locl_progress_style {
    LOCL_PROGRESS_QUIET,
    LOCL_PROGRESS_LINES,
    LOCL_PROGRESS_LIVE,
    LOCL_PROGRESS_JSON /* the lines of metrics.jsonl */
} locl_progress_style;

typedef struct locl_progress {
    FILE *out;
    locl_progress_style style;
    double shown; /* when the last line was printed, seconds */
    double built; /* since when kernels are being built, seconds; 0: they are not */
    int width;    /* of the live line that stands there, 0: none */
} locl_progress;

/* Starts progress, live where `out` is a terminal or --progress is given. --json and --quiet come first. */
void locl_progress_start(locl_progress *progress, FILE *out, const locl_cli_common *common);
/* Handles a run's event, as a locl_run_handler. `user` is the locl_progress. */
void locl_progress_event(void *user, const locl_run_event *event);
/* Shows any text as the live line, where there is one, at most ten times a second. */
void locl_progress_show(locl_progress *progress, const char *text);
/* Takes the live line away, before something else is printed. */
void locl_progress_clear(locl_progress *progress);

#endif
