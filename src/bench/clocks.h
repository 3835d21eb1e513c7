/* At what clock a device works, and what keeps it from a higher one, where the system tells: amdgpu, i915 and xe in
 * /sys, NVML for NVIDIA's GPUs, cpufreq or /proc/cpuinfo for processors. Included by suite_energy.c and tests. */
#ifndef LOCL_BENCH_CLOCKS_H
#define LOCL_BENCH_CLOCKS_H

#include "device/device.h"

typedef struct locl_clocks locl_clocks;

/* What was seen since it was asked last. */
typedef struct locl_clocks_seen {
    double mhz; /* mean; NAN: nothing was told */
    char held_back
        [256]; /* "power cap, thermal": what limited the clock at any moment; "": nothing, or nothing is told */
} locl_clocks_seen;

/* Opens the clock of a device, which is looked at ten times a second from now on. NULL: the system does not tell, for
 * the reason in `why`. `system` is "/sys", `processes` "/proc". */
locl_clocks *locl_clocks_open(const locl_device *device, const char *system, const char *processes, char *why,
                              size_t size);
void locl_clocks_close(locl_clocks *clocks); /* NULL is fine */
void locl_clocks_look(locl_clocks *clocks, locl_clocks_seen *out);
const char *locl_clocks_source(const locl_clocks *clocks); /* returns "cpufreq" */
bool locl_clocks_tells_reasons(
    const locl_clocks *clocks); /* whether it would say what holds the clock back */

/* Opens the clocks of processors, and those of a GPU at a PCI address ("0000:03:00.0"). NULL as above. */
locl_clocks *locl_clocks_open_processors(const char *system, const char *processes, char *why, size_t size);
locl_clocks *locl_clocks_open_gpu(const char *system, const char *address, char *why, size_t size);

#endif
