/* How much energy a device took so far, where the system tells: RAPL for processors (/sys/class/powercap), hwmon for
 * GPUs (amdgpu, i915, xe), NVML for NVIDIA's. Included by suite_energy.c and tests. */
#ifndef LOCL_BENCH_ENERGY_H
#define LOCL_BENCH_ENERGY_H

#include "device/device.h"

typedef struct locl_energy locl_energy;

/* Opens the counter of a device. NULL: the system does not tell, for the reason in `why`. `system` is "/sys". */
locl_energy *locl_energy_open(const locl_device *device, const char *system, char *why, size_t size);
void locl_energy_close(locl_energy *energy); /* NULL is fine */
/* Returns the joules since it was opened; NAN where reading failed. To be asked more often than counters wrap around,
 * which takes them a minute at least. */
double locl_energy_joules(locl_energy *energy);
const char *locl_energy_source(const locl_energy *energy); /* returns "RAPL" */

/* Opens the counters of processors, and those of a GPU at a PCI address ("0000:03:00.0"). NULL as above. */
locl_energy *locl_energy_open_rapl(const char *system, char *why, size_t size);
locl_energy *locl_energy_open_hwmon(const char *system, const char *address, char *why, size_t size);
locl_energy *locl_energy_open_nvml(const char *address, char *why, size_t size);

#endif
