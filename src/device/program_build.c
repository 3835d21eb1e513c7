#include "device/program_build.h"

#include "base/log.h"
#include "base/text.h"
#include "device/call.h"
#include "device/program.h"
#include "device/program_disk.h"
#include "device/source.h"

#include <stdlib.h>
#include <string.h>

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

/* Builds `source` unless the disk has its binary. A driver that keeps what it built is not asked for one. */
static locl_status build_text(locl_device *device, const char *file, const char *options,
                              const locl_text *source, cl_program *out, locl_error *err)
{
    locl_text key = {0};
    unsigned char *binary = NULL;
    size_t size = 0;
    bool loaded = false, kept = !device->caps.builds_late;
    locl_status status = LOCL_OK;
    add_key(&key, device, options, source);
    kept = kept && !key.failed;
    if (kept && locl_program_disk_read(&key, &binary, &size)) {
        loaded = build_binary(device, options, binary, size, out);
        if (!loaded) {
            locl_log(LOCL_LOG_WARNING, "program cache: %s refuses the binary of %s; rebuilding", device->name,
                     file);
        }
    }
    if (!loaded) {
        status = build_source(device, file, options, source, out, err);
    }
    if (kept && !loaded && status == LOCL_OK) {
        store_binary(device, *out, &key);
    }
    free(binary);
    locl_text_free(&key);
    return status;
}

/* Adds all options of a build: those of every program, those of its device, its own. */
static void add_options(const locl_device *device, const char *options, locl_text *all)
{
    const char *wide = device->wide_from ? " -cl-intel-greater-than-4GB-buffer-required" : "";
    locl_text_add(all, LOCL_PROGRAM_OPTIONS "%s%s%s%s%s", wide, device->build[0] ? " " : "", device->build,
                  options[0] ? " " : "", options);
}

locl_status locl_program_build(locl_device *device, const char *file, const char *options, cl_program *out,
                               locl_error *err)
{
    locl_text source = {0}, all = {0};
    locl_status status = locl_source_expand(file, &source, err);
    add_options(device, options, &all);
    if (status == LOCL_OK) {
        status = all.failed ? locl_fail_memory(err, strlen(options))
                            : build_text(device, file, all.data, &source, out, err);
    }
    locl_text_free(&source);
    locl_text_free(&all);
    return status;
}

locl_status locl_program_build_merged(locl_device *device, const locl_merge_part *parts, size_t count,
                                      cl_program *out, locl_error *err)
{
    locl_text source = {0}, all = {0};
    locl_status status = locl_source_merge(parts, count, &source, err);
    add_options(device, "", &all);
    if (status == LOCL_OK) {
        status = all.failed ? locl_fail_memory(err, sizeof device->build)
                            : build_text(device, "several files", all.data, &source, out, err);
    }
    locl_text_free(&source);
    locl_text_free(&all);
    return status;
}
