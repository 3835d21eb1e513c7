/* What locl calls of NVIDIA's management library, for one GPU that does not exist. Loaded by
 * suite_parts_test.c, which sets the numbers that it tells. */
#include <stdatomic.h>
#include <string.h>

int nvmlInit_v2(void);
int nvmlShutdown(void);
int nvmlDeviceGetHandleByPciBusId_v2(const char *address, void **device);
int nvmlDeviceGetTotalEnergyConsumption(void *device, unsigned long long *millijoules);
int nvmlDeviceGetClockInfo(void *device, int which, unsigned *mhz);
int nvmlDeviceGetCurrentClocksThrottleReasons(void *device, unsigned long long *bits);

enum { MILLIJOULES, MHZ, REASONS, NUMBERS };

/* A number below 0 is not supported. */
_Atomic long long fake_nvml[NUMBERS] = {-1, -1, -1};

static char gpu;
static int opened;

static int take(const void *device, int number, unsigned long long *out)
{
    long long value = fake_nvml[number];
    *out = (unsigned long long)value;
    return device != &gpu || !opened || value < 0 ? 3 : 0;
}

int nvmlInit_v2(void)
{
    opened++;
    return 0;
}

int nvmlShutdown(void)
{
    return opened-- > 0 ? 0 : 1;
}

int nvmlDeviceGetHandleByPciBusId_v2(const char *address, void **device)
{
    *device = &gpu;
    return strcmp(address, "0000:06:00.0") ? 6 : 0;
}

int nvmlDeviceGetTotalEnergyConsumption(void *device, unsigned long long *millijoules)
{
    return take(device, MILLIJOULES, millijoules);
}

int nvmlDeviceGetClockInfo(void *device, int which, unsigned *mhz)
{
    unsigned long long value = 0;
    int rc = which == 1 ? take(device, MHZ, &value) : 2;
    *mhz = (unsigned)value;
    return rc;
}

int nvmlDeviceGetCurrentClocksThrottleReasons(void *device, unsigned long long *bits)
{
    return take(device, REASONS, bits);
}
