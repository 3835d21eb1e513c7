/* What a device does at most, measured by launches of its own. Timings are held against it. Included by
 * src/bench, programs, tests and, for its row of the table, by peak_case.c. */
#ifndef LOCL_CHECK_PEAK_H
#define LOCL_CHECK_PEAK_H

#include "check/time.h"

/* What is launched for each of the three. */
typedef enum locl_peak_kind { LOCL_PEAK_FLOPS, LOCL_PEAK_COPY, LOCL_PEAK_LAUNCH, LOCL_PEAKS } locl_peak_kind;

typedef struct locl_peak {
    double flops;  /* per second, of multiply-adds in registers */
    double bytes;  /* per second, of a copy in the device's memory, read and written */
    double launch; /* seconds of a launch that does nothing */
} locl_peak;

/* Measures a device's peaks, in about a second. */
locl_status locl_peak_measure(locl_device *device, locl_peak *out, locl_error *err);
/* Opens the three, in the order of locl_peak_kind, to be timed beside other things in a race. The caller closes
 * them, on error too. */
locl_status locl_peak_open(locl_device *device, locl_op_runner runner[LOCL_PEAKS], locl_error *err);
void locl_peak_close(locl_op_runner runner[LOCL_PEAKS]);
/* Returns what it means that they took so many seconds. */
locl_peak locl_peak_of(const locl_op_runner runner[LOCL_PEAKS], const double seconds[LOCL_PEAKS]);
/* Returns the least time in seconds that an operation of such a cost can take. */
double locl_peak_floor(const locl_peak *peak, double flops, double bytes, double launches);

/* Chains of multiply-adds in one work-item, of 32 bits, and values in each. */
enum { LOCL_PEAK_CHAINS = 7 };
size_t locl_peak_chains(size_t bits); /* of numbers of so many bits */
/* Says how many work-items and rounds keep a device busy for milliseconds. */
void locl_peak_size(const locl_caps *caps, size_t *items, size_t *rounds);
size_t locl_peak_lanes(const locl_caps *caps);
/* Records x -> x a + b in numbers of so many bits (16, 32, 64; the device has them), `rounds` times in all chains of
 * each of `items` work-items, into out [items]. */
void locl_peak_fma(locl_command_buffer *cmd, size_t bits, size_t items, size_t rounds, float a, float b,
                   const locl_tensor *out);

#endif
