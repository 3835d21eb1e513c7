#include "bench/nvml.h"

#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is called of it; 0 is success. */
struct locl_nvml {
    void *library, *device;
    int (*end)(void);
    int (*energy)(void *device, unsigned long long *millijoules);
};

/* Finds a function; objects and functions have the same pointers under POSIX. */
static int find(void *library, const char *name, void *out)
{
    void *found = dlsym(library, name);
    memcpy(out, &found, sizeof found);
    return found != NULL;
}

static int open_device(locl_nvml *n, const char *address)
{
    int (*begin)(void), (*by_address)(const char *address, void **device);
    unsigned long long energy;
    if (!find(n->library, "nvmlInit_v2", &begin) || !find(n->library, "nvmlShutdown", &n->end) ||
        !find(n->library, "nvmlDeviceGetHandleByPciBusId_v2", &by_address) ||
        !find(n->library, "nvmlDeviceGetTotalEnergyConsumption", &n->energy) || begin() != 0) {
        return 0;
    }
    if (by_address(address, &n->device) != 0 || n->energy(n->device, &energy) != 0) {
        n->end();
        return 0;
    }
    return 1;
}

locl_nvml *locl_nvml_open(const char *address, char *why, size_t size)
{
    void *library = dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL);
    locl_nvml *n = library ? calloc(1, sizeof *n) : NULL;
    if (!n) {
        return NULL; /* why: as hwmon said */
    }
    n->library = library;
    if (!open_device(n, address)) {
        snprintf(why, size, "NVML does not tell the energy of the GPU at %s", address);
        dlclose(library);
        free(n);
        return NULL;
    }
    return n;
}

void locl_nvml_close(locl_nvml *n)
{
    if (n) {
        n->end();
        dlclose(n->library);
        free(n);
    }
}

double locl_nvml_joules(const locl_nvml *n)
{
    unsigned long long energy;
    return n->energy(n->device, &energy) == 0 ? 1e-3 * (double)energy : NAN;
}
