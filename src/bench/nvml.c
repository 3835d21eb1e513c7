#include "bench/nvml.h"

#include <dlfcn.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What is called of it; 0 is success. */
struct locl_nvml {
    void *library, *device;
    int (*end)(void);
    int (*energy)(void *device, unsigned long long *millijoules); /* these three may be NULL */
    int (*clock)(void *device, int which, unsigned *mhz);
    int (*reasons)(void *device, unsigned long long *bits);
};

enum { CLOCK_SM = 1 };

/* nvmlClocksThrottleReason...; an idle GPU is not held back. */
const char *const locl_nvml_reasons[LOCL_NVML_REASONS] = {
    "",        "clock setting",      "power cap",   "slowdown",     "sync boost",
    "thermal", "thermal (hardware)", "power brake", "display clock"};

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
    if (!find(n->library, "nvmlInit_v2", &begin) || !find(n->library, "nvmlShutdown", &n->end) ||
        !find(n->library, "nvmlDeviceGetHandleByPciBusId_v2", &by_address) || begin() != 0) {
        return 0;
    }
    find(n->library, "nvmlDeviceGetTotalEnergyConsumption", &n->energy);
    find(n->library, "nvmlDeviceGetClockInfo", &n->clock);
    if (!find(n->library, "nvmlDeviceGetCurrentClocksEventReasons", &n->reasons)) { /* its name until 2023 */
        find(n->library, "nvmlDeviceGetCurrentClocksThrottleReasons", &n->reasons);
    }
    if (by_address(address, &n->device) != 0) {
        n->end();
        return 0;
    }
    return 1;
}

locl_nvml *locl_nvml_open(const char *address)
{
    void *library = dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL);
    locl_nvml *n = library ? calloc(1, sizeof *n) : NULL;
    if (n) {
        n->library = library;
    }
    if (n && open_device(n, address)) {
        return n;
    }
    if (library) {
        dlclose(library);
    }
    free(n);
    return NULL;
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
    return n->energy && n->energy(n->device, &energy) == 0 ? 1e-3 * (double)energy : NAN;
}

double locl_nvml_mhz(const locl_nvml *n)
{
    unsigned mhz;
    return n->clock && n->clock(n->device, CLOCK_SM, &mhz) == 0 ? (double)mhz : (double)NAN;
}

unsigned long long locl_nvml_held_back(const locl_nvml *n)
{
    unsigned long long bits;
    return n->reasons && n->reasons(n->device, &bits) == 0 ? bits : 0;
}
