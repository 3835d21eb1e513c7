/* The clock of a device's profiling stamps against the host's. Each driver counts from a start of its own, and some
 * give stamps that say nothing. Used by tapes (tape.h). */
#ifndef LOCL_DEVICE_STAMPS_H
#define LOCL_DEVICE_STAMPS_H

#include "device/call.h"

/* One measurement: the device's clock was at `stamp` when the host's, locl_clock_seconds(), was at `host`. */
typedef struct locl_stamps {
    bool usable; /* false: zero, constant, not monotonic, or of another rate than the host's clock */
    cl_ulong stamp;
    double host;  /* seconds */
    double error; /* seconds that `host` is wrong by at most */
} locl_stamps;

/* Measures with some small writes, each of which must lie between its enqueuing and its end as the host saw them. Takes
 * some milliseconds, with a queue of its own. Stamps that say nothing are no error. */
locl_status locl_stamps_measure(locl_device *device, locl_stamps *out, locl_error *err);
/* Converts a stamp to the host's clock, by a measurement before it and one after it. */
double locl_stamps_to_host(const locl_stamps *before, const locl_stamps *after, cl_ulong stamp);

#endif
