/* Notices that steps have become slower and stay so. Pure: it is told the time. */
#ifndef LOCL_RUN_WATCH_H
#define LOCL_RUN_WATCH_H

#include <stdbool.h>
#include <stddef.h>

typedef struct locl_watch {
    double usual;     /* seconds of a step; 0: not known yet */
    double last;      /* when the step before ended */
    bool going;       /* there was one, and no pause since */
    double seconds;   /* of the window under way */
    size_t steps;     /* in it */
    unsigned slow;    /* windows in a row that were slower */
    double not_until; /* the time before which nothing is noticed */
} locl_watch;

/* Counts a step that ended at `now`, in seconds. Returns true once several windows in a row were a fifth slower than
 * usual. What is usual is the fastest window so far. */
bool locl_watch_step(locl_watch *watch, double now);
/* Leaves out the time up to the end of the next step. */
void locl_watch_pause(locl_watch *watch);
/* Takes `usual` as usual from now on, and notices nothing before `not_until`. */
void locl_watch_reset(locl_watch *watch, double usual, double not_until);

#endif
