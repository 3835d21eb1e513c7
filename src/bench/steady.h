/* A race for many rows at once, of which one may fail and the others go on: each is warmed up until it is steady, then
 * timed in rounds of random order until its samples agree. Included by suite.c, its parts and tests.
 *
 * check/race.h is the plain one, in a fixed order, for a few rows that are all as long. */
#ifndef LOCL_BENCH_STEADY_H
#define LOCL_BENCH_STEADY_H

#include "check/race.h"

#include <stdbool.h>
#include <stdint.h>

enum { LOCL_STEADY_LEAST = 9 /* samples of each row, without which nobody can tell much */ };

typedef struct locl_steady_runner {
    locl_race_sample sample;
    void *user;
    double least; /* seconds that a sample should take */
    bool control; /* timed in every round, to see how steady the machine is */
    /* What follows is the race's. */
    size_t replays;  /* in a sample */
    double first;    /* seconds of the very first replay */
    double estimate; /* of one, once it was warmed up */
    size_t warm_up;  /* samples until it was steady, which do not count */
    bool warm;       /* it became steady */
    double *seconds; /* [samples] of one replay, in the order in which they were taken */
    size_t samples;
    bool steady;        /* the samples agree */
    bool too_slow;      /* LOCL_STEADY_LEAST samples would take too long: there are none */
    locl_error *failed; /* what ended it; NULL: nothing */
} locl_steady_runner;

typedef struct locl_steady_options {
    size_t rounds;  /* the most */
    size_t least;   /* and the fewest, usually LOCL_STEADY_LEAST */
    double seconds; /* after which no further round begins but for the fewest */
    double spread;  /* distance of the quartiles, of the median, at which samples agree */
    uint64_t seed;  /* of the order */
    /* Told after every round. May be NULL. An error ends the race. */
    locl_status (*tell)(void *user, size_t round, size_t steady, locl_error *err);
    void *user;
} locl_steady_options;

/* Warms a runner up and finds out how often it is repeated in a sample. It is too slow where `most` seconds do not
 * suffice for its samples. Errors stay in the runner. */
void locl_steady_prepare(locl_steady_runner *runner, double most, size_t samples);
/* Takes samples of all runners that did not fail. */
locl_status locl_steady_run(locl_steady_runner *const *runner, size_t count,
                            const locl_steady_options *options, locl_error *err);
void locl_steady_release(locl_steady_runner *runner); /* zeroed is fine */

/* Returns the spread of values [count], which stay in their order; count is above 0. */
locl_status locl_steady_spread(const double *value, size_t count, locl_spread *out, locl_error *err);
/* Counts the samples that lie more than 1.5 times the distance of the quartiles beyond them. */
size_t locl_steady_outliers(const double *value, size_t count, const locl_spread *spread);

#endif
