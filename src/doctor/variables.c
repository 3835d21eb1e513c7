#include "doctor/variables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a variable that is set does. Those that name ICD files are icd.c's. */
static const struct {
    const char *name, *what;
} variables[] = {
    {"CUDA_VISIBLE_DEVICES", "NVIDIA's driver shows those GPUs alone"},
    {"NVIDIA_VISIBLE_DEVICES", "the container was given those of NVIDIA's GPUs alone"},
    {"ROCR_VISIBLE_DEVICES", "ROCm shows those GPUs alone"},
    {"HIP_VISIBLE_DEVICES", "ROCm shows those GPUs alone"},
    {"GPU_DEVICE_ORDINAL", "AMD's OpenCL shows those GPUs alone"},
    {"ZE_AFFINITY_MASK", "Intel's driver shows those GPUs or tiles alone"},
    {"ONEAPI_DEVICE_SELECTOR", "Intel's runtimes show those devices alone"},
    {"POCL_DEVICES", "PoCL shows those of its devices alone"},
    {"RUSTICL_DEVICE_TYPE", "rusticl's devices say that they are of that type"},
    {"OPENCL_LAYERS", "the loader puts those layers between programs and drivers"},
    {"OCL_ICD_PLATFORM_SORT", "platforms come in another order, and 0:0 may be another device"},
    {"LOCL_DEVICES", "locl takes those instead of a configuration's devices"},
    {"LOCL_CAPS", "locl takes devices for weaker than they are"},
    {"LOCL_KERNELS", "locl takes its kernels from that folder"},
};

/* Returns whether a value leaves nothing to be seen. */
static bool hides_all(const char *value)
{
    return !value[0] || !strcmp(value, "-1") || !strcmp(value, "void") || !strcmp(value, "none");
}

void locl_variables_examine(locl_findings *rows)
{
    size_t set = 0;
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        const char *value = getenv(variables[i].name);
        char name[64], remedy[128];
        if (!value || !strcmp(value, "all")) {
            continue;
        }
        set++;
        snprintf(name, sizeof name, "variable %s", variables[i].name);
        snprintf(remedy, sizeof remedy, "unset %s, if that is not meant", variables[i].name);
        locl_findings_add(rows, LOCL_FINDING_WARNING, name, remedy, "is \"%.200s\"%s: %s", value,
                          hides_all(value) ? ", which names none" : "", variables[i].what);
    }
    if (!set) {
        locl_findings_add(rows, LOCL_FINDING_OK, "variables", "", "none is set that hides devices");
    }
}
