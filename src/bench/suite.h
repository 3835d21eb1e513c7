/* The suite of one device: rows of several parts, all of which race at once (steady.h). Each part has a file. Included
 * by suite.c and its parts. */
#ifndef LOCL_BENCH_SUITE_H
#define LOCL_BENCH_SUITE_H

#include "bench/bench.h"
#include "bench/steady.h"
#include "check/peak.h"

enum { LOCL_SUITE_ROWS = 96 };

/* Seconds that a sample of steps should take. */
#define LOCL_SUITE_STEP_SECONDS 0.25

/* What a row is, from what it is timed by, and what it is held against. */
typedef struct locl_suite_row {
    const char *kind, *unit;
    char name[96];
    char work[160]; /* what is computed, as only the same is compared with; "": its name says all */
    locl_report_sense sense;
    double scale;                                    /* of seconds, or over them */
    double floor_flops, floor_bytes, floor_launches; /* whose times at the peaks are the floor; all 0: none */
    double images;                                   /* trained on in a replay; 0: none */
    bool peak;                                       /* it is one: its fraction is 1 */
    locl_fields fields;                              /* beside what the suite adds */
    locl_bench_outcome outcome;
    char *reason; /* owned */
    locl_steady_runner runner;
} locl_suite_row;

typedef struct locl_suite {
    locl_bench_job *job;
    locl_steady_options options;
    locl_suite_row *row[LOCL_SUITE_ROWS]; /* [rows], each owned */
    size_t rows;
    double flops, bytes, launch; /* the peaks as far as they are known: per second; seconds. 0: unknown */
    bool failed;                 /* memory ran out, which sticks */
} locl_suite;

/* Adds a row and returns it, to be timed by `sample`; NULL once there is no room or memory. */
locl_suite_row *locl_suite_add(locl_suite *suite, const locl_suite_row *row, locl_race_runner runner);
/* Adds a row whose figures [count] there are already; they are copied. */
locl_suite_row *locl_suite_put(locl_suite *suite, const locl_suite_row *row, const double *value,
                               size_t count);
/* Adds a row that is not timed, and says why. */
void locl_suite_miss(locl_suite *suite, const char *kind, const char *name, locl_bench_outcome outcome,
                     const char *format, ...) LOCL_PRINTF(5, 6);
/* Adds a row that failed: skipped where it is too large for the device. */
void locl_suite_fail(locl_suite *suite, const char *kind, const char *name, const locl_error *err);
/* Add a field to a row, which may be NULL. */
void locl_suite_number(locl_suite *suite, locl_suite_row *row, const char *name, double value);
void locl_suite_text(locl_suite *suite, locl_suite_row *row, const char *name, const char *text);
/* Returns the seconds that a row may take for all its samples. */
double locl_suite_share(const locl_suite *suite);

/* A part of the suite. Its rows are timed between open and close. */
typedef struct locl_suite_part {
    const char *kind; /* of its rows */
    /* Adds rows. What fails for one alone is a row; an error is one for all of the part. *state is closed then, too. */
    locl_status (*open)(locl_suite *suite, void **state, locl_error *err);
    void (*close)(void *state); /* NULL is fine */
} locl_suite_part;

extern const locl_suite_part locl_suite_peaks, locl_suite_transfers, locl_suite_products, locl_suite_kernels,
    locl_suite_trainings;

/* Runs the suite on each of the devices of the report in a process of its own, and on all of them together in
 * another. */
locl_status locl_bench_suite_children(const locl_bench_source *source, uint64_t seed, locl_report *report,
                                      locl_error *err);
/* Measures the energy and the clock of a step of the headline, once its race is over, and adds a row for each. */
void locl_suite_energy(locl_suite *suite);
/* Adds host, options and fingerprint. */
locl_status locl_suite_describe(const locl_bench_source *source, uint64_t seed, locl_report *report,
                                locl_error *err);

#endif
