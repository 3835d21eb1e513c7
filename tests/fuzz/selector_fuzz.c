/* Device selectors ("gpu,!0:1"), on a made-up machine of two platforms: no OpenCL call. */
#include "fuzz/fuzz.h"

#include "device/select.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEVICES = 4, MOST_CHOICES = 1 << 16 };

static void fill(locl_device_info *info, size_t platform, size_t device, cl_device_type type,
                 const char *name)
{
    info->platform_index = platform;
    info->device_index = device;
    snprintf(info->selector, sizeof info->selector, "%zu:%zu", platform, device);
    snprintf(info->platform, sizeof info->platform, "%s",
             platform ? "NVIDIA CUDA" : "Portable Computing Language");
    snprintf(info->vendor, sizeof info->vendor, "%s", platform ? "NVIDIA Corporation" : "GenuineIntel");
    snprintf(info->name, sizeof info->name, "%s", name);
    info->caps.type = type;
    info->caps.cpu = type == CL_DEVICE_TYPE_CPU;
    info->caps.units = 8;
    info->caps.clock_mhz = 2000;
    info->caps.memory = (cl_ulong)1 << 34;
    info->caps.can_partition = info->caps.cpu;
}

static void choose(const locl_device_spec *specs, size_t spec_count)
{
    locl_device_info info[DEVICES] = {0};
    locl_inventory machine = {.info = info, .count = DEVICES, .platforms = 2};
    locl_device_choice *choice;
    size_t count;
    locl_error err = {0};
    fill(&info[0], 0, 0, CL_DEVICE_TYPE_CPU, "pthread-skylake");
    fill(&info[1], 1, 0, CL_DEVICE_TYPE_GPU, "GeForce RTX 3060");
    fill(&info[2], 1, 1, CL_DEVICE_TYPE_GPU, "GeForce RTX 3060");
    fill(&info[3], 1, 2, CL_DEVICE_TYPE_ACCELERATOR, "Board");
    locl_status status = locl_select(&machine, specs, spec_count, &choice, &count, &err);
    if (status != LOCL_OK) {
        fuzz_check_error(status, &err);
        FUZZ_CHECK(status == LOCL_E_CONFIG || status == LOCL_E_NODEVICE);
        return;
    }
    FUZZ_CHECK(count > 0 && count < MOST_CHOICES);
    for (size_t i = 0; i < count; i++) {
        FUZZ_CHECK(choice[i].info >= info && choice[i].info < info + DEVICES);
        FUZZ_CHECK(choice[i].split == 0 || choice[i].part < choice[i].split);
    }
    free(choice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    locl_device_spec *specs;
    size_t count;
    locl_error err = {0};
    char *text = malloc(size + 1);
    FUZZ_CHECK(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    locl_status status = locl_device_specs_parse(text, &specs, &count, &err);
    free(text);
    if (status != LOCL_OK) {
        fuzz_check_error(status, &err);
        return 0;
    }
    for (size_t i = 0; i < count; i++) {
        status = locl_device_spec_check(&specs[i], &err);
        FUZZ_CHECK(status == LOCL_OK || status == LOCL_E_CONFIG);
    }
    choose(specs, count);
    free(specs);
    return 0;
}
