/* NVIDIA's management library, loaded where it is there, for the energy and the clocks of its GPUs. Included by
 * energy.c and clocks.c. */
#ifndef LOCL_BENCH_NVML_H
#define LOCL_BENCH_NVML_H

enum { LOCL_NVML_REASONS = 9 };

typedef struct locl_nvml locl_nvml;

/* Opens the GPU at a PCI address. NULL: the library is not there, or does not know it. */
locl_nvml *locl_nvml_open(const char *address);
void locl_nvml_close(locl_nvml *nvml); /* NULL is fine */
/* Returns the joules since its driver was loaded; NAN: it does not tell. */
double locl_nvml_joules(const locl_nvml *nvml);
/* Returns the clock of its multiprocessors in MHz; NAN: it does not tell. */
double locl_nvml_mhz(const locl_nvml *nvml);
/* Returns why that is no higher, a bit for each of locl_nvml_reasons. */
unsigned long long locl_nvml_held_back(const locl_nvml *nvml);
/* Names of the bits from 0 on; "": it says nothing about the clock's limit. */
extern const char *const locl_nvml_reasons[LOCL_NVML_REASONS];

#endif
