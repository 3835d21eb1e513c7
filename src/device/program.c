#include "device/program.h"

#include "base/log.h"
#include "base/text.h"
#include "device/call.h"
#include "device/program_disk.h"
#include "device/source.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

typedef struct program_entry {
    char *file, *options; /* as the caller gave them */
    cl_program program;
    struct program_entry *next;
} program_entry;

struct locl_program_cache {
    program_entry *first;
};

/* One lock for all devices. Compilers in drivers are not all thread-safe. Sub-devices that need the same
 * program find it on disk once the first of them has built it. */
static pthread_mutex_t build_lock = PTHREAD_MUTEX_INITIALIZER;

locl_status locl_program_cache_create(locl_device *device, locl_program_cache **out, locl_error *err)
{
    (void)device;
    *out = calloc(1, sizeof **out);
    return *out ? LOCL_OK : locl_fail_memory(err, sizeof **out);
}

static void release_entry(program_entry *entry)
{
    if (entry) {
        if (entry->program) {
            clReleaseProgram(entry->program);
        }
        free(entry->file);
        free(entry->options);
        free(entry);
    }
}

void locl_program_cache_release(locl_program_cache *cache)
{
    while (cache && cache->first) {
        program_entry *next = cache->first->next;
        release_entry(cache->first);
        cache->first = next;
    }
    free(cache);
}

/* Adds the first lines of the build log, as many as a message holds. */
static void add_build_log(locl_text *text, const locl_device *device, cl_program program)
{
    enum { MOST_LINES = 12, MOST_BYTES = 2500 };
    size_t bytes = 0, end = 0;
    char *log = NULL;
    if (clGetProgramBuildInfo(program, device->id, CL_PROGRAM_BUILD_LOG, 0, NULL, &bytes) == CL_SUCCESS &&
        bytes && (log = calloc(1, bytes + 1)) &&
        clGetProgramBuildInfo(program, device->id, CL_PROGRAM_BUILD_LOG, bytes, log, NULL) == CL_SUCCESS) {
        for (int lines = 0; log[end] && end < MOST_BYTES && lines < MOST_LINES; end++) {
            lines += log[end] == '\n';
        }
        while (end && log[end - 1] == '\n') {
            end--;
        }
        locl_text_add(text, "\n%.*s", (int)end, log);
    }
    free(log);
}

static locl_status fail_build(const locl_device *device, const char *file, const char *options,
                              cl_program program, cl_int code, locl_error *err)
{
    locl_text text = {0};
    add_build_log(&text, device, program);
    locl_fail(err, LOCL_E_OPENCL, "clBuildProgram: %s (%d) for %s with \"%s\" on device %s (%s)%s",
              locl_cl_error_name(code), (int)code, file, options, device->selector, device->name,
              text.data ? text.data : "");
    locl_text_free(&text);
    locl_remedy(err, "update the device's driver (%s), or leave the device out: !%s in `devices`",
                device->driver, device->selector);
    return LOCL_E_OPENCL;
}

static locl_status build_source(locl_device *device, const char *file, const char *options,
                                const locl_text *source, cl_program *out, locl_error *err)
{
    cl_int rc;
    const char *text = source->data;
    cl_program program = clCreateProgramWithSource(device->context, 1, &text, &source->length, &rc);
    if (rc != CL_SUCCESS) {
        return locl_fail_cl(err, "clCreateProgramWithSource", rc, device, file);
    }
    rc = clBuildProgram(program, 1, &device->id, options, NULL, NULL);
    if (rc != CL_SUCCESS) {
        locl_status status = fail_build(device, file, options, program, rc, err);
        clReleaseProgram(program);
        return status;
    }
    *out = program;
    return LOCL_OK;
}

static bool build_binary(locl_device *device, const char *options, const unsigned char *binary, size_t size,
                         cl_program *out)
{
    cl_int rc, state = CL_SUCCESS;
    cl_program program =
        clCreateProgramWithBinary(device->context, 1, &device->id, &size, &binary, &state, &rc);
    if (rc != CL_SUCCESS) {
        return false;
    }
    if (state != CL_SUCCESS || clBuildProgram(program, 1, &device->id, options, NULL, NULL) != CL_SUCCESS) {
        clReleaseProgram(program);
        return false;
    }
    *out = program;
    return true;
}

/* Stores a freshly built program on disk. A driver that gives no binary builds again in the next run. */
static void store_binary(const locl_device *device, cl_program program, const locl_text *key)
{
    enum { MOST_DEVICES = 64 };
    cl_device_id ids[MOST_DEVICES];
    size_t sizes[MOST_DEVICES] = {0};
    unsigned char *binaries[MOST_DEVICES] = {0};
    size_t bytes = 0, mine = MOST_DEVICES;
    if (clGetProgramInfo(program, CL_PROGRAM_DEVICES, sizeof ids, ids, &bytes) != CL_SUCCESS ||
        clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, sizeof sizes, sizes, NULL) != CL_SUCCESS) {
        return;
    }
    size_t count = bytes / sizeof ids[0];
    for (size_t i = 0; i < count; i++) {
        mine = ids[i] == device->id ? i : mine;
    }
    if (mine == MOST_DEVICES && count == 1) {
        mine = 0; /* PoCL names the root device for a program of its sub-device */
    }
    if (mine == MOST_DEVICES || !sizes[mine] || !(binaries[mine] = malloc(sizes[mine]))) {
        return;
    }
    if (clGetProgramInfo(program, CL_PROGRAM_BINARIES, count * sizeof binaries[0], binaries, NULL) ==
        CL_SUCCESS) {
        locl_program_disk_write(key, binaries[mine], sizes[mine]);
    }
    free(binaries[mine]);
}

static void add_key(locl_text *key, const locl_device *device, const char *options, const locl_text *source)
{
    locl_text_add(key,
                  "platform %s\nplatform version %s\ndevice %s\ndevice version %s\ndriver %s\noptions %s\n",
                  device->platform_name, device->platform_version, device->name, device->version,
                  device->driver, options);
    locl_text_add_bytes(key, source->data, source->length);
}

static locl_status build(locl_device *device, const char *file, const char *options, cl_program *out,
                         locl_error *err)
{
    locl_text source = {0}, key = {0};
    unsigned char *binary = NULL;
    size_t size = 0;
    bool loaded = false;
    locl_status status = locl_source_expand(file, &source, err);
    if (status == LOCL_OK) {
        add_key(&key, device, options, &source);
        if (!key.failed && locl_program_disk_read(&key, &binary, &size)) {
            loaded = build_binary(device, options, binary, size, out);
            if (!loaded) {
                locl_log(LOCL_LOG_WARNING, "program cache: %s refuses the binary of %s; rebuilding",
                         device->name, file);
            }
        }
        if (!loaded) {
            status = build_source(device, file, options, &source, out, err);
        }
        if (!loaded && status == LOCL_OK && !key.failed) {
            store_binary(device, *out, &key);
        }
    }
    free(binary);
    locl_text_free(&source);
    locl_text_free(&key);
    return status;
}

static program_entry *find_entry(const locl_program_cache *cache, const char *file, const char *options)
{
    program_entry *entry = cache->first;
    while (entry && (strcmp(entry->file, file) != 0 || strcmp(entry->options, options) != 0)) {
        entry = entry->next;
    }
    return entry;
}

static locl_status get_locked(locl_device *device, const char *file, const char *options, cl_program *out,
                              locl_error *err)
{
    program_entry *entry = find_entry(device->programs, file, options);
    if (entry) {
        *out = entry->program;
        return LOCL_OK;
    }
    locl_status status = LOCL_OK;
    locl_text all = {0};
    locl_text_add(&all, LOCL_PROGRAM_OPTIONS "%s%s", options[0] ? " " : "", options);
    entry = calloc(1, sizeof *entry);
    if (entry) {
        entry->file = strdup(file);
        entry->options = strdup(options);
    }
    if (!entry || !entry->file || !entry->options || all.failed) {
        status = locl_fail_memory(err, sizeof *entry + strlen(file) + strlen(options));
        goto fail;
    }
    LOCL_TRY_GOTO(status, build(device, file, all.data, &entry->program, err));
    entry->next = device->programs->first;
    device->programs->first = entry;
    *out = entry->program;
    entry = NULL;
fail:
    release_entry(entry);
    locl_text_free(&all);
    return status;
}

locl_status locl_program_get(locl_device *device, const char *file, const char *options, cl_program *out,
                             locl_error *err)
{
    *out = NULL;
    pthread_mutex_lock(&build_lock);
    locl_status status = get_locked(device, file, options ? options : "", out, err);
    pthread_mutex_unlock(&build_lock);
    return status;
}

locl_status locl_kernel_create(locl_device *device, const char *file, const char *name, const char *options,
                               size_t items, cl_kernel *out, locl_error *err)
{
    cl_program program;
    cl_int rc;
    size_t most = 0;
    *out = NULL;
    LOCL_TRY(locl_program_get(device, file, options, &program, err));
    cl_kernel kernel = clCreateKernel(program, name, &rc);
    if (rc != CL_SUCCESS) {
        return locl_fail_cl(err, "clCreateKernel", rc, device, name);
    }
    rc = clGetKernelWorkGroupInfo(kernel, device->id, CL_KERNEL_WORK_GROUP_SIZE, sizeof most, &most, NULL);
    if (rc != CL_SUCCESS) {
        clReleaseKernel(kernel);
        return locl_fail_cl(err, "clGetKernelWorkGroupInfo", rc, device, name);
    }
    most = most < device->caps.work_group ? most : device->caps.work_group;
    if (items > most) {
        clReleaseKernel(kernel);
        locl_fail(err, LOCL_E_TOO_LARGE,
                  "kernel %s of %s needs work-groups of %zu, device %s (%s) allows %zu for it "
                  "(CL_KERNEL_WORK_GROUP_SIZE)",
                  name, file, items, device->selector, device->name, most);
        return locl_remedy(err, "leave the device out: !%s in `devices`", device->selector);
    }
    *out = kernel;
    return LOCL_OK;
}
