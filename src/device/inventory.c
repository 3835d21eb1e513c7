#include "device/inventory.h"

#include "device/call.h"
#include "device/caps.h"
#include "device/identity.h"
#include "device/problem.h"
#include "device/quirks.h"
#include "device/rank.h"
#include "device/rate.h"
#include "device/trial.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CL_PLATFORM_NOT_FOUND_ICD (-1001) /* CL_PLATFORM_NOT_FOUND_KHR of cl_khr_icd */

const char *const locl_install_remedy =
    "install a driver: pocl-opencl-icd for any CPU (`./locl.sh` does), intel-opencl-icd or mesa-opencl-icd "
    "for "
    "Intel GPUs, nvidia-opencl-icd with NVIDIA's driver, mesa-opencl-icd, rocm-opencl-icd or ROCm's "
    "rocm-opencl-runtime for AMD GPUs; see docs/devices.md";

void locl_inventory_add_variables(locl_text *remedy)
{
    static const char *const names[] = {
        "OCL_ICD_VENDORS",     "OCL_ICD_FILENAMES",   "OPENCL_VENDOR_PATH",   "POCL_DEVICES",
        "RUSTICL_ENABLE",      "RUSTICL_DEVICE_TYPE", "CUDA_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES",
        "HIP_VISIBLE_DEVICES", "GPU_DEVICE_ORDINAL",  "ZE_AFFINITY_MASK",     "ONEAPI_DEVICE_SELECTOR",
    };
    bool any = false;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = getenv(names[i]);
        if (value) {
            locl_text_add(remedy, "%s%s (now \"%.60s\")", any ? ", " : "unset ", names[i], value);
            any = true;
        }
    }
    if (any) {
        locl_text_add(remedy, ", which can hide devices; or ");
    }
}

/* Adds a problem of the machine whose cause may be a variable. */
LOCL_PRINTF(3, 4)
static void add_hidden(locl_inventory *inventory, const char *remedy, const char *format, ...)
{
    char message[sizeof inventory->problem[0].text];
    locl_text text = {0};
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    locl_inventory_add_variables(&text);
    locl_text_add(&text, "%s", remedy);
    locl_problem_add(inventory->problem, &inventory->problems, text.failed ? remedy : text.data, "%s",
                     message);
    locl_text_free(&text);
}

static bool same_hardware(const locl_device_info *a, const locl_device_info *b)
{
    if (a->platform_index == b->platform_index ||
        locl_rank_type(a->caps.type) != locl_rank_type(b->caps.type)) {
        return false;
    }
    if (a->caps.type & CL_DEVICE_TYPE_CPU) {
        return true;
    }
    if (a->pci[0] && b->pci[0]) {
        return !strcmp(a->pci, b->pci);
    }
    double ratio = (double)a->caps.memory / ((double)b->caps.memory + 1.0);
    return a->vendor_id && a->vendor_id == b->vendor_id && ratio > 0.8 && ratio < 1.25;
}

/* Whether a device of `platform` has `better` as its twin already. A device has at most one twin per
 * platform, since two equal cards under two platforms are two pairs. */
static bool pairs_already(const locl_inventory *inventory, const locl_device_info *better, size_t platform)
{
    for (size_t i = 0; i < inventory->count; i++) {
        const locl_device_info *info = &inventory->info[i];
        if (info->twin == better && info->platform_index == platform &&
            !(info->caps.type & CL_DEVICE_TYPE_CPU)) {
            return true;
        }
    }
    return false;
}

void locl_inventory_find_twins(locl_inventory *inventory)
{
    for (size_t i = 0; i < inventory->count; i++) {
        locl_device_info *info = &inventory->info[i];
        info->twin = NULL;
        for (size_t j = 0; j < inventory->count; j++) {
            const locl_device_info *other = &inventory->info[j];
            if (locl_device_better(other, info) && same_hardware(info, other) &&
                (!info->twin || locl_device_better(other, info->twin)) &&
                !pairs_already(inventory, other, info->platform_index)) {
                info->twin = other;
            }
        }
        if (info->twin) {
            locl_problem_add(info->problem, &info->problems,
                             "use one of the two; `auto`, `all` and the like count them once",
                             "the same hardware as %s (%s, platform %s)", info->twin->selector,
                             info->twin->name, info->twin->platform);
        }
    }
}

static locl_status read_device(cl_platform_id platform, size_t platform_index, cl_device_id id,
                               size_t device_index, locl_device_info *info, locl_error *err)
{
    info->platform_index = platform_index;
    info->device_index = device_index;
    info->platform_id = platform;
    info->id = id;
    snprintf(info->selector, sizeof info->selector, "%zu:%zu", platform_index, device_index);
    locl_platform_text(platform, CL_PLATFORM_NAME, info->platform, sizeof info->platform);
    locl_platform_text(platform, CL_PLATFORM_VERSION, info->platform_version, sizeof info->platform_version);
    locl_device_text(id, CL_DEVICE_VENDOR, info->vendor, sizeof info->vendor);
    locl_device_text(id, CL_DEVICE_NAME, info->name, sizeof info->name);
    locl_device_text(id, CL_DRIVER_VERSION, info->driver, sizeof info->driver);
    locl_device_text(id, CL_DEVICE_VERSION, info->version, sizeof info->version);
    clGetDeviceInfo(id, CL_DEVICE_VENDOR_ID, sizeof info->vendor_id, &info->vendor_id, NULL);
    LOCL_TRY(locl_caps_query(id, &info->caps, err));
    info->rate = locl_rate_read(info);
    locl_identity_read(info);
    return LOCL_OK;
}

/* Turns the error of a broken driver into a problem, so that the other drivers are still used. */
static locl_status keep_going(locl_inventory *inventory, size_t platform, const locl_error *failure,
                              locl_error *err)
{
    if (failure->status == LOCL_E_MEMORY) {
        return locl_fail(err, LOCL_E_MEMORY, "%s", failure->message);
    }
    locl_problem_add(inventory->problem, &inventory->problems, "reinstall or update its driver",
                     "platform %zu: %s", platform, failure->message);
    return LOCL_OK;
}

static locl_status read_platform(locl_inventory *inventory, cl_platform_id platform, size_t index,
                                 locl_error *err)
{
    cl_device_id ids[64];
    cl_uint count = 0;
    cl_int rc = clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, sizeof ids / sizeof ids[0], ids, &count);
    if (rc == CL_DEVICE_NOT_FOUND || (rc == CL_SUCCESS && !count)) {
        char name[128];
        locl_platform_text(platform, CL_PLATFORM_NAME, name, sizeof name);
        add_hidden(
            inventory,
            "check that the driver finds its hardware (Mesa's rusticl: set RUSTICL_ENABLE, for example "
            "radeonsi or llvmpipe) and can write its cache (PoCL: $XDG_CACHE_HOME or ~/.cache), or remove "
            "the package",
            "platform %zu (%s) has no devices", index, name);
        return LOCL_OK;
    }
    if (rc != CL_SUCCESS) {
        return locl_fail_cl(err, "clGetDeviceIDs", rc, NULL, NULL);
    }
    count = count < sizeof ids / sizeof ids[0] ? count : (cl_uint)(sizeof ids / sizeof ids[0]);
    locl_device_info *more = realloc(inventory->info, (inventory->count + count) * sizeof *more);
    if (!more) {
        return locl_fail_memory(err, (inventory->count + count) * sizeof *more);
    }
    inventory->info = more;
    for (cl_uint i = 0; i < count; i++) {
        locl_device_info *info = &inventory->info[inventory->count];
        locl_error failure;
        *info = (locl_device_info){0};
        if (read_device(platform, index, ids[i], i, info, &failure) == LOCL_OK) {
            inventory->count++;
        } else {
            LOCL_TRY(keep_going(inventory, index, &failure, err));
        }
    }
    return LOCL_OK;
}

static locl_status read_platforms(locl_inventory *inventory, locl_error *err)
{
    cl_platform_id ids[32];
    cl_uint count = 0;
    cl_int rc = clGetPlatformIDs(sizeof ids / sizeof ids[0], ids, &count);
    if (rc == CL_PLATFORM_NOT_FOUND_ICD || (rc == CL_SUCCESS && !count)) {
        add_hidden(inventory, locl_install_remedy, "no OpenCL platform found");
        return LOCL_OK;
    }
    if (rc != CL_SUCCESS) {
        return locl_fail_cl(err, "clGetPlatformIDs", rc, NULL, NULL);
    }
    inventory->platforms = count < sizeof ids / sizeof ids[0] ? count : sizeof ids / sizeof ids[0];
    for (size_t i = 0; i < inventory->platforms; i++) {
        locl_error failure;
        if (read_platform(inventory, ids[i], i, &failure) != LOCL_OK) {
            LOCL_TRY(keep_going(inventory, i, &failure, err));
        }
    }
    return LOCL_OK;
}

/* Checks /dev/dri/renderD*, through which GPUs are reached. Without the right to open them a driver shows
 * nothing. */
static void check_render_nodes(locl_inventory *inventory)
{
    DIR *folder = opendir("/dev/dri");
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        char path[300];
        snprintf(path, sizeof path, "/dev/dri/%s", entry->d_name);
        if (!strncmp(entry->d_name, "renderD", 7) && access(path, R_OK | W_OK)) {
            locl_problem_add(
                inventory->problem, &inventory->problems,
                "add yourself to the group that owns it: sudo usermod -aG render $USER, then log in again",
                "no permission to use the GPU at %s", path);
        }
    }
    if (folder) {
        closedir(folder);
    }
}

static void check_device(locl_device_info *info)
{
    cl_device_fp_config floats = 0;
    cl_bool available = CL_TRUE, compiler = CL_TRUE;
    clGetDeviceInfo(info->id, CL_DEVICE_AVAILABLE, sizeof available, &available, NULL);
    clGetDeviceInfo(info->id, CL_DEVICE_COMPILER_AVAILABLE, sizeof compiler, &compiler, NULL);
    if (!available) {
        locl_problem_add(info->problem, &info->problems, "see whether another program holds it",
                         "its driver says that it is not available now");
    }
    if (!compiler) {
        locl_problem_add(info->problem, &info->problems, "install the full driver, with its compiler",
                         "its driver has no compiler for kernels");
    }
    clGetDeviceInfo(info->id, CL_DEVICE_SINGLE_FP_CONFIG, sizeof floats, &floats, NULL);
    if (!(floats & CL_FP_ROUND_TO_NEAREST) || !(floats & CL_FP_INF_NAN)) {
        locl_problem_add(info->problem, &info->problems,
                         "check results with `LOCL_DEVICES=P:D ./locl.sh test ops`",
                         "float32 without round-to-nearest, infinities or NaN");
    }
    if (!(floats & CL_FP_DENORM)) {
        locl_problem_add(info->problem, &info->problems,
                         "none needed: only values below 1.2e-38 are affected",
                         "float32 denormals are flushed to 0");
    }
}

locl_status locl_inventory_open(locl_inventory_depth depth, locl_inventory **out, locl_error *err)
{
    LOCL_OWN_ERROR(err);
    *out = NULL;
    locl_inventory *inventory = calloc(1, sizeof *inventory);
    if (!inventory) {
        return locl_fail_memory(err, sizeof *inventory);
    }
    locl_status status = read_platforms(inventory, err);
    if (status != LOCL_OK) {
        locl_inventory_close(inventory);
        return status;
    }
    if (inventory->platforms && !inventory->count) {
        add_hidden(inventory, locl_install_remedy, "no platform has a device that locl can use");
    }
    locl_inventory_find_twins(inventory);
    locl_identity_name(inventory);
    check_render_nodes(inventory);
    for (size_t i = 0; i < inventory->count; i++) {
        check_device(&inventory->info[i]);
        locl_quirks_tell(&inventory->info[i]);
        if (depth == LOCL_INVENTORY_TRY) {
            locl_trial_run(&inventory->info[i]);
        }
    }
    if (depth == LOCL_INVENTORY_TRY) {
        locl_quirks_probe_half(inventory);
    }
    *out = inventory;
    return LOCL_OK;
}

void locl_inventory_close(locl_inventory *inventory)
{
    if (inventory) {
        free(inventory->info);
        free(inventory);
    }
}
