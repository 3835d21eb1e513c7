/* What a device does at most, measured by launches of its own. Timings are held against it. Included by
 * bench, tests and, for its row of the table, by peak_case.c. */
#ifndef LOCL_CHECK_PEAK_H
#define LOCL_CHECK_PEAK_H

#include "device/command_buffer.h"

typedef struct locl_peak {
    double flops;  /* per second, of multiply-adds in registers */
    double bytes;  /* per second, of a copy in the device's memory, read and written */
    double launch; /* seconds of a launch that does nothing */
} locl_peak;

/* Measures a device's peaks, in about a second. */
locl_status locl_peak_measure(locl_device *device, locl_peak *out, locl_error *err);
/* Returns the least time in seconds that an operation of such a cost can take. */
double locl_peak_floor(const locl_peak *peak, double flops, double bytes, double launches);

/* Chains of multiply-adds in one work-item, and values in each. */
enum { LOCL_PEAK_CHAINS = 7 };
size_t locl_peak_lanes(const locl_caps *caps);
/* Records x -> x a + b, `rounds` times in all chains of each of `items` work-items, into out [items]. */
void locl_peak_fma(locl_command_buffer *cmd, size_t items, size_t rounds, float a, float b,
                   const locl_tensor *out);

#endif
