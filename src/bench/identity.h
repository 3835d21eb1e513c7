/* What a device is called in results, the same on every machine that has one like it. Included by report.c. */
#ifndef LOCL_BENCH_IDENTITY_H
#define LOCL_BENCH_IDENTITY_H

#include "device/device.h"

/* Writes it: what results of two files are matched by. Selectors count platforms, and change with what is installed. */
void locl_bench_identity(const locl_device *device, char *out, size_t size);

#endif
