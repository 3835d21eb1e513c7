/* NVIDIA's management library, loaded where it is there, for the energy of its GPUs. Included by energy.c. */
#ifndef LOCL_BENCH_NVML_H
#define LOCL_BENCH_NVML_H

#include <stddef.h>

typedef struct locl_nvml locl_nvml;

/* Opens the GPU at a PCI address. NULL: it cannot be, for the reason in `why`. */
locl_nvml *locl_nvml_open(const char *address, char *why, size_t size);
void locl_nvml_close(locl_nvml *nvml); /* NULL is fine */
/* Returns the joules since its driver was loaded; NAN: it does not tell. */
double locl_nvml_joules(const locl_nvml *nvml);

#endif
