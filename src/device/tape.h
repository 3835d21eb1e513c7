/* The commands of a queue, while it is recorded for a timeline: what each is, of which stage and step, and when it ran.
 * A queue without a tape, or with one that is off, costs a comparison for each command. A tape is used by the thread
 * that its queue is used by. */
#ifndef LOCL_DEVICE_TAPE_H
#define LOCL_DEVICE_TAPE_H

#include "device/call.h"

/* Commands that a tape holds at most. More are counted only. */
enum { LOCL_TAPE_MOST = 1 << 20 };

/* What a command belongs to. */
typedef struct locl_tape_place {
    size_t stage, first, last; /* blocks first..last-1 */
    uint64_t step;
} locl_tape_place;

typedef struct locl_tape_mark {
    const char *name; /* of the kernel, the library or the copy; static */
    char section[32]; /* of the kernel; "" for a copy */
    bool copy;
    double bytes; /* read and written, or copied */
    locl_tape_place place;
    double begun, ended; /* as the host saw it, seconds: enqueued; known to be complete */
    bool stamped;        /* the device's stamps count: */
    cl_ulong start, end;
    cl_event event; /* NULL once its times are known */
} locl_tape_mark;

/* A tape, zeroed while it is off and empty. */
typedef struct locl_tape {
    bool on;
    bool host_timed; /* stamps say nothing: the host waits for each command, which gives its time */
    locl_tape_place place;
    double deadline;      /* seconds, as of locl_event_await() */
    locl_tape_mark *mark; /* [count] in the queue's order, owned */
    size_t count, capacity;
    size_t known;    /* marks whose times are known, all before the others */
    size_t left_out; /* commands that found no room */
    cl_ulong last;   /* start of the last command with a stamp */
} locl_tape;

/* Adds a command with its event, which stays the caller's; NULL: a library gave none, and it is left out. `begun`: when
 * it was enqueued. */
locl_status locl_tape_add(locl_tape *tape, locl_device *device, const locl_tape_mark *mark, cl_event event,
                          locl_error *err);
/* Notes the times of all commands that are complete. Never waits. Where stamps turn out to say nothing, the tape is
 * timed by the host from then on. */
locl_status locl_tape_gather(locl_tape *tape, locl_device *device, locl_error *err);
void locl_tape_forget(locl_tape *tape);  /* drops commands that are not complete */
void locl_tape_release(locl_tape *tape); /* frees all and zeroes it */

#endif
