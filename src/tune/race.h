/* Candidates measured in turns, the slow ones dropped on the way. Knows neither products nor devices: who measures and
 * what time it is are given, so that tests decide both. Used by tune.c. */
#ifndef LOCL_TUNE_RACE_H
#define LOCL_TUNE_RACE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

enum { LOCL_TUNE_RACE_MOST = 64, LOCL_TUNE_RACE_ROUNDS = 15, LOCL_TUNE_RACE_LEAST_ROUNDS = 3 };

/* One wins that takes less than this part of the time; the rest is what a measurement in a noisy place may be off
 * by. */
#define LOCL_TUNE_MARGIN 0.97

/* What a candidate takes part in. Number 0 is one of those that are alike. */
typedef enum locl_tune_entry {
    LOCL_TUNE_LEFT_OUT,
    LOCL_TUNE_OTHER,
    LOCL_TUNE_ALIKE /* a group that has a winner of its own, too */
} locl_tune_entry;

typedef struct locl_tune_race {
    size_t
        count; /* candidates, at most LOCL_TUNE_RACE_MOST; number 0 is the one that is kept when in doubt */
    size_t rounds; /* in which each is measured once; at most LOCL_TUNE_RACE_ROUNDS */
    /* From where candidate 0, which is needed anyway, has entered: the others enter until half of it is gone. No round
     * but the first LOCL_TUNE_RACE_LEAST_ROUNDS is begun behind it: with what has entered these are run in any case. */
    double seconds;
    void *user;
    double (*clock)(void *user); /* seconds */
    /* Makes a candidate ready and checks it. An error ends the race. */
    locl_status (*enter)(void *user, size_t index, locl_tune_entry *as, locl_error *err);
    locl_status (*measure)(void *user, size_t index, double *seconds, locl_error *err);
} locl_tune_race;

typedef struct locl_tune_race_result {
    size_t winner,
        alike; /* of all, of those alike; 0 where no other was measured to be faster by the margin */
    size_t entered, rounds; /* candidates that were measured; rounds that were completed */
    /* Medians: candidate 0's, the winners'; 0 where nothing was measured. */
    double own_seconds, seconds, alike_seconds;
} locl_tune_race_result;

/* Runs the race. Candidate i wins when it is the fastest by the median over rounds of its time over
 * candidate 0's, below LOCL_TUNE_MARGIN. */
locl_status locl_tune_race_run(const locl_tune_race *race, locl_tune_race_result *out, locl_error *err);

#endif
