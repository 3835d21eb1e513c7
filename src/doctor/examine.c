#define _GNU_SOURCE /* dlinfo(), RTLD_DEFAULT */
#include "doctor/examine.h"

#include "base/json.h"
#include "device/call.h"
#include "device/caps.h"
#include "doctor/child.h"
#include "doctor/tell.h"
#include "doctor/trial.h"
#include "doctor/verify_child.h"

#include <CL/cl_ext.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

enum { MOST_PLATFORMS = 32, MOST_DEVICES = 64, LOADER_NAME = 3, LOADER_VERSION = 2 };

LOCL_PRINTF(2, 3)
static void tell_failure(const char *remedy, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    locl_tell(json_pack("{s:o, s:s}", "failed", locl_json_text(text), "remedy", remedy));
}

/* ---- what there is ---- */

static json_t *device_json(cl_device_id id)
{
    static const struct {
        const char *name;
        cl_device_info what;
    } texts[] = {{"name", CL_DEVICE_NAME},
                 {"vendor", CL_DEVICE_VENDOR},
                 {"driver", CL_DRIVER_VERSION},
                 {"version", CL_DEVICE_VERSION}};
    char text[256];
    cl_device_type type = 0;
    cl_uint vendor_id = 0;
    json_t *object = json_object();
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        locl_device_text(id, texts[i].what, text, sizeof text);
        json_object_set_new(object, texts[i].name, locl_json_text(text));
    }
    clGetDeviceInfo(id, CL_DEVICE_TYPE, sizeof type, &type, NULL);
    clGetDeviceInfo(id, CL_DEVICE_VENDOR_ID, sizeof vendor_id, &vendor_id, NULL);
    json_object_set_new(object, "type", json_string(locl_device_type_name(type)));
    json_object_set_new(object, "vendor_id", json_integer(vendor_id));
    return object;
}

static cl_uint devices_of(cl_platform_id platform, cl_device_id *ids, cl_int *rc)
{
    cl_uint count = 0;
    *rc = clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, MOST_DEVICES, ids, &count);
    *rc = *rc == CL_DEVICE_NOT_FOUND ? CL_SUCCESS : *rc;
    return *rc == CL_SUCCESS && count < MOST_DEVICES ? count : *rc == CL_SUCCESS ? MOST_DEVICES : 0;
}

static void tell_platform(cl_platform_id platform)
{
    char name[128], version[128];
    cl_device_id ids[MOST_DEVICES];
    cl_int rc;
    locl_tell_doing("asking for a platform's name");
    locl_platform_text(platform, CL_PLATFORM_NAME, name, sizeof name);
    locl_platform_text(platform, CL_PLATFORM_VERSION, version, sizeof version);
    locl_tell_doing("asking platform %.100s for its devices", name);
    cl_uint count = devices_of(platform, ids, &rc);
    json_t *devices = json_array();
    for (cl_uint i = 0; i < count; i++) {
        json_array_append_new(devices, device_json(ids[i]));
    }
    locl_tell(json_pack("{s:{s:o, s:o, s:s, s:o}}", "platform", "name", locl_json_text(name), "version",
                        locl_json_text(version), "error", rc == CL_SUCCESS ? "" : locl_cl_error_name(rc),
                        "devices", devices));
}

/* Says which loader answers, where it has a way to tell. */
static void tell_loader(void)
{
    typedef cl_int (*loader_info)(cl_uint what, size_t size, void *value, size_t *needed);
    char name[128] = "", version[128] = "", text[300];
    loader_info info = NULL;
    void *found = dlsym(RTLD_DEFAULT, "clGetICDLoaderInfoOCLICD");
    memcpy(&info, &found, sizeof info);
    if (info && info(LOADER_NAME, sizeof name - 1, name, NULL) == CL_SUCCESS &&
        info(LOADER_VERSION, sizeof version - 1, version, NULL) == CL_SUCCESS) {
        snprintf(text, sizeof text, "%s %s", name, version);
        locl_tell(json_pack("{s:o}", "loader", locl_json_text(text)));
    }
}

/* Lists all platforms that the loader gives. Returns how many. */
static cl_uint tell_platforms(cl_platform_id *ids, cl_int *rc)
{
    cl_uint count = 0;
    locl_tell_doing("asking for platforms");
    *rc = clGetPlatformIDs(MOST_PLATFORMS, ids, &count);
    count = *rc != CL_SUCCESS ? 0 : count < MOST_PLATFORMS ? count : MOST_PLATFORMS;
    for (cl_uint i = 0; i < count; i++) {
        tell_platform(ids[i]);
    }
    return count;
}

static void list_together(void)
{
    cl_platform_id ids[MOST_PLATFORMS];
    cl_int rc;
    tell_platforms(ids, &rc);
    tell_loader();
}

/* ---- one driver ---- */

static void tell_library(void *library)
{
    struct link_map *map = NULL;
    char path[PATH_MAX];
    if (dlinfo(library, RTLD_DI_LINKMAP, &map) == 0 && map && map->l_name[0]) {
        const char *real = realpath(map->l_name, path);
        locl_tell(json_pack("{s:o}", "library", locl_json_text(real ? real : map->l_name)));
    }
}

/* Says why the loader gave no platform of a library that it did load. */
static void tell_why_none(void *library, cl_int loader_code)
{
    clIcdGetPlatformIDsKHR_fn ask = NULL;
    cl_uint count = 0;
    void *found = dlsym(library, "clIcdGetPlatformIDsKHR");
    memcpy(&ask, &found, sizeof ask);
    locl_tell_doing("asking the driver itself for platforms");
    cl_int rc = ask ? ask(0, NULL, &count) : loader_code;
    if (rc == CL_SUCCESS && count > 0) {
        tell_failure("reinstall the driver's package, or remove the ICD file",
                     "has %u platforms, but the loader takes none of them", count);
    } else {
        tell_failure("see that the driver's hardware and kernel driver are there, reinstall its package, or "
                     "remove the ICD file",
                     "is loaded, but gives no platform (%s)",
                     rc == CL_SUCCESS ? "it says that it has none" : locl_cl_error_name(rc));
    }
}

static void examine_icd(const char *name)
{
    cl_platform_id ids[MOST_PLATFORMS];
    cl_int rc;
    locl_tell_doing("being loaded");
    void *library = dlopen(name, RTLD_LAZY | RTLD_LOCAL);
    if (!library) {
        const char *why = dlerror();
        tell_failure("", "%s", why ? why : "dlopen() fails");
        return;
    }
    tell_library(library);
    if (!dlsym(library, "clGetExtensionFunctionAddress")) {
        tell_failure(
            "name the driver's library in the ICD file: reinstall the driver's package, or remove the file",
            "is a library, but no OpenCL driver: it has no clGetExtensionFunctionAddress()");
        return;
    }
    if (!tell_platforms(ids, &rc)) {
        tell_why_none(library, rc);
    }
}

static void examine_device(const char *platform, const char *device)
{
    cl_platform_id platforms[MOST_PLATFORMS];
    cl_device_id ids[MOST_DEVICES];
    cl_uint count = 0, p = (cl_uint)strtoul(platform, NULL, 10), d = (cl_uint)strtoul(device, NULL, 10);
    cl_int rc;
    locl_tell_doing("being loaded");
    rc = clGetPlatformIDs(MOST_PLATFORMS, platforms, &count);
    if (rc == CL_SUCCESS && p < count && d < devices_of(platforms[p], ids, &rc)) {
        locl_trial_run(platforms[p], ids[d]);
    } else {
        tell_failure("run it again", "is not there any more");
    }
}

/* ---- the process ---- */

/* Makes this process one that can be lost: no core file, first to go when memory runs out, gone with its parent. */
static void become_expendable(void)
{
    const struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd >= 0) {
        if (write(fd, "1000", 4) < 0) {
            /* then as others */
        }
        close(fd);
    }
}

bool locl_doctor_is_child(int argc, char **argv, int *code)
{
    if (argc < 4 || strcmp(argv[1], LOCL_CHILD_ARGUMENT) != 0) {
        return false;
    }
    int fd = atoi(argv[2]);
    become_expendable();
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    locl_tell_through(fd);
    if (!strcmp(argv[3], LOCL_EXAMINE_ICD) && argc > 4) {
        examine_icd(argv[4]);
    } else if (!strcmp(argv[3], LOCL_EXAMINE_DEVICE) && argc > 5) {
        examine_device(argv[4], argv[5]);
    } else if (!strcmp(argv[3], LOCL_EXAMINE_SELECT) && argc > 4) {
        locl_verify_select(argv[4]);
    } else if (!strcmp(argv[3], LOCL_EXAMINE_VERIFY) && argc > 6) {
        locl_verify_device(argv[4], argv[5], argv[6]);
    } else {
        list_together();
    }
    locl_tell(json_pack("{s:b}", "done", 1));
    locl_tell_doing("ending");
    *code = 0;
    return true;
}
