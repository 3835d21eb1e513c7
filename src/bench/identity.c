#include "bench/identity.h"

#include <stdio.h>
#include <string.h>

void locl_bench_identity(const locl_device *device, char *out, size_t size)
{
    const char *part = strchr(device->selector, '/');
    snprintf(out, size, "%s / %s%s%s", device->platform_name, device->name, part ? " " : "",
             part ? part : "");
}
