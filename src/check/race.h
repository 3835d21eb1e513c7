/* Times runners in turns: whatever slows the machine down meanwhile slows all of them. Included by time.c,
 * peak.c and src/bench.
 *
 *     locl_race_runner r[2] = {{.sample = one, .user = &a, .least = 0.02},
 *                              {.sample = other, .user = &b, .least = 0.02}};
 *     LOCL_TRY_GOTO(status, locl_race_calibrate(r, 2, err));
 *     LOCL_TRY_GOTO(status, locl_race_run(r, 2, &(locl_race_options){.rounds = 9}, err));
 *     ... locl_race_spread(&r[0]).median ...
 * fail:
 *     locl_race_release(r, 2); */
#ifndef LOCL_CHECK_RACE_H
#define LOCL_CHECK_RACE_H

#include "base/error.h"

#include <stddef.h>

/* Replays what is timed so often, waits, and says how long all that took. */
typedef locl_status (*locl_race_sample)(void *user, size_t replays, double *seconds, locl_error *err);

typedef struct locl_race_runner {
    locl_race_sample sample;
    void *user;
    double least;  /* seconds that a sample should take */
    size_t fewest; /* replays of a sample; 0: 1 */
    size_t most;   /* samples that are enough; 0: one in each round */
    /* What follows is the race's. */
    size_t replays;  /* in a sample: a power of two times `fewest` */
    double *seconds; /* [samples] of one replay */
    size_t samples;
} locl_race_runner;

typedef struct locl_race_options {
    size_t rounds;
    double seconds; /* after which no further round begins, but for the third; 0: no limit */
    /* Told after every sample: `done` of `total`. May be NULL. */
    void (*tell)(void *user, size_t done, size_t total);
    void *user;
} locl_race_options;

/* Warms each runner up, and doubles its replays until a sample is long enough. */
locl_status locl_race_calibrate(locl_race_runner *runner, size_t count, locl_error *err);
/* Adds a sample of each runner in each round. */
locl_status locl_race_run(locl_race_runner *runner, size_t count, const locl_race_options *options,
                          locl_error *err);
/* Takes a sample and adds the seconds of one of its replays to *seconds [*samples], which grows and is the caller's. */
locl_status locl_race_add_sample(locl_race_sample sample, void *user, size_t replays, double **seconds,
                                 size_t *samples, locl_error *err);
/* Frees the samples. Zeroed runners are fine. */
void locl_race_release(locl_race_runner *runner, size_t count);

typedef struct locl_spread {
    double best, q1, median, q3; /* the least; quartiles */
    size_t count;
} locl_spread;

/* Returns the spread of at least one value. Sorts the values. */
locl_spread locl_spread_of(double *values, size_t count);
/* Returns the seconds of one replay of a runner that has samples. */
locl_spread locl_race_spread(locl_race_runner *runner);

#endif
