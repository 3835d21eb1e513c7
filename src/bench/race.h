/* The race of a benchmark, in which the device's peaks and whatever else is timed take turns. Included by src/bench
 * alone. */
#ifndef LOCL_BENCH_RACE_H
#define LOCL_BENCH_RACE_H

#include "bench/bench.h"
#include "check/peak.h"

/* How the row of a peak is called, and its figure made from seconds. */
typedef struct locl_peak_row {
    const char *name, *unit;
    locl_report_sense sense;
    double scale;
} locl_peak_row;
locl_peak_row locl_peak_row_of(locl_peak_kind kind, const locl_op_counts *count);

typedef struct locl_bench_race {
    locl_op_runner peak[LOCL_PEAKS];
    locl_race_runner *runner; /* [LOCL_PEAKS + entered], the peaks first */
    size_t entered, room;
    locl_peak peaks; /* once it was run: medians */
} locl_bench_race;

/* Opens a race with `room` for so many runners beside the peaks. The caller closes it, on error too. */
locl_status locl_bench_race_open(const locl_bench_job *job, size_t room, locl_bench_race *out,
                                 locl_error *err);
void locl_bench_race_close(locl_bench_race *race); /* zeroed is fine */
/* Enters a runner, of which there are at most `room`. Returns its index, from 0. */
size_t locl_bench_race_enter(locl_bench_race *race, locl_race_runner runner);
/* Finds out how often each runner is repeated in a sample. Comes before the race is run. */
locl_status locl_bench_race_calibrate(locl_bench_race *race, locl_error *err);
/* Times the peaks and all that was entered. */
locl_status locl_bench_race_run(locl_bench_race *race, locl_bench_job *job, locl_error *err);
/* Forgets what was entered, so that another race may follow. The samples of the peaks stay. */
void locl_bench_race_clear(locl_bench_race *race);
/* Adds the rows of the peaks, of all races, to the report. */
void locl_bench_race_report(locl_bench_race *race, locl_bench_job *job);
/* Returns the seconds of one replay of what was entered. */
locl_spread locl_bench_race_spread(locl_bench_race *race, size_t index);

#endif
