#include "doctor/trial.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/memory.h"
#include "device/call.h"
#include "device/caps.h"
#include "device/program.h"
#include "doctor/known_bad.h"
#include "doctor/tell.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ITEMS = 4096, GROUP = 64, TRANSFER = 8 << 20, PIECE = 32 << 20 };

/* A device that shares the host's memory is asked for at most this, and for at most half of what is free. */
static const uint64_t most_of_host = (uint64_t)2 << 30;

static const char *const update =
    "update or reinstall its driver, or leave the device out (`!P:D` in devices)";

typedef struct trial {
    cl_platform_id platform;
    cl_device_id id;
    locl_caps caps;
    cl_context context;
    cl_command_queue queue; /* with profiling */
    cl_program program;
    cl_mem buffer; /* [ITEMS] int or float */
    char detail[768], remedy[512];
} trial;

/* ---- how a trial ends ---- */

LOCL_PRINTF(4, 5)
static locl_finding_status found(trial *t, locl_finding_status status, const char *remedy, const char *format,
                                 ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(t->detail, sizeof t->detail, format, args);
    va_end(args);
    snprintf(t->remedy, sizeof t->remedy, "%s", remedy);
    return status;
}

static locl_finding_status failed(trial *t, const char *call, cl_int code)
{
    return found(t, LOCL_FINDING_ERROR, update, "%s: %s", call, locl_cl_error_name(code));
}

#define TRY_CL(t, call, ...)                                                                                 \
    do {                                                                                                     \
        cl_int try_code = call(__VA_ARGS__);                                                                 \
        if (try_code != CL_SUCCESS) {                                                                        \
            return failed(t, #call, try_code);                                                               \
        }                                                                                                    \
    } while (0)

/* ---- the device ---- */

static locl_finding_status try_device(trial *t)
{
    char name[128], driver[128], platform[128], version[128];
    cl_bool available = CL_TRUE, compiler = CL_TRUE;
    cl_device_fp_config floats = 0;
    locl_error err;
    locl_device_text(t->id, CL_DEVICE_NAME, name, sizeof name);
    locl_device_text(t->id, CL_DRIVER_VERSION, driver, sizeof driver);
    locl_platform_text(t->platform, CL_PLATFORM_NAME, platform, sizeof platform);
    locl_platform_text(t->platform, CL_PLATFORM_VERSION, version, sizeof version);
    if (locl_caps_query(t->id, &t->caps, &err) != LOCL_OK) {
        return found(t, LOCL_FINDING_ERROR, update, "%s: %s", name, err.message);
    }
    clGetDeviceInfo(t->id, CL_DEVICE_AVAILABLE, sizeof available, &available, NULL);
    clGetDeviceInfo(t->id, CL_DEVICE_COMPILER_AVAILABLE, sizeof compiler, &compiler, NULL);
    clGetDeviceInfo(t->id, CL_DEVICE_SINGLE_FP_CONFIG, sizeof floats, &floats, NULL);
    if (!available) {
        return found(t, LOCL_FINDING_ERROR, "see whether another program holds it", "%s is not available now",
                     name);
    }
    if (!compiler) {
        return found(t, LOCL_FINDING_ERROR, "install the full driver, with its compiler",
                     "%s has no compiler", name);
    }
    if (!(floats & CL_FP_ROUND_TO_NEAREST) || !(floats & CL_FP_INF_NAN)) {
        return found(t, LOCL_FINDING_WARNING, "hold its kernels against the reference: locl verify",
                     "%s: float32 without round-to-nearest, infinities or NaN", name);
    }
    const locl_known_bad *bad = locl_known_bad_find(platform, version, driver);
    if (bad) {
        return found(t, LOCL_FINDING_WARNING, bad->remedy, "%s, driver %s: %s", name, driver, bad->what);
    }
    return found(t, LOCL_FINDING_OK, "", "%s, a %s with %u compute units, driver %s", name,
                 locl_device_type_name(t->caps.type), t->caps.units, driver);
}

static void release(const trial *t)
{
    if (t->program) {
        clReleaseProgram(t->program);
    }
    if (t->buffer) {
        clReleaseMemObject(t->buffer);
    }
    if (t->queue) {
        clReleaseCommandQueue(t->queue);
    }
    if (t->context) {
        clReleaseContext(t->context);
    }
}

static locl_finding_status try_context(trial *t)
{
    cl_int rc;
    t->context = clCreateContext(NULL, 1, &t->id, NULL, NULL, &rc);
    if (!t->context) {
        return failed(t, "clCreateContext", rc);
    }
    t->queue = clCreateCommandQueue(t->context, t->id, CL_QUEUE_PROFILING_ENABLE, &rc);
    if (!t->queue) {
        return failed(t, "clCreateCommandQueue", rc);
    }
    t->buffer = clCreateBuffer(t->context, CL_MEM_READ_WRITE, ITEMS * sizeof(cl_int), NULL, &rc);
    return t->buffer ? found(t, LOCL_FINDING_OK, "", "context, queue and a buffer")
                     : failed(t, "clCreateBuffer", rc);
}

/* ---- kernels ---- */

static const char *const source =
    "kernel void scale(global float *x) { size_t i = get_global_id(0); x[i] = fma(x[i], 2.0f, 1.0f); }\n"
    "kernel void mirror(global int *x, local int *part) {\n"
    "    size_t i = get_local_id(0), n = get_local_size(0);\n"
    "    part[i] = x[get_global_id(0)];\n"
    "    barrier(CLK_LOCAL_MEM_FENCE);\n"
    "    x[get_global_id(0)] = part[n - 1 - i];\n"
    "}\n"
    "kernel void count(global int *x) { atomic_inc(x + get_global_id(0) % 7); }\n";

static locl_finding_status build(trial *t)
{
    cl_int rc;
    char log[512] = "";
    t->program = clCreateProgramWithSource(t->context, 1, (const char **)&source, NULL, &rc);
    if (!t->program) {
        return failed(t, "clCreateProgramWithSource", rc);
    }
    rc = clBuildProgram(t->program, 1, &t->id, LOCL_PROGRAM_OPTIONS, NULL, NULL);
    if (rc == CL_SUCCESS) {
        return LOCL_FINDING_OK;
    }
    clGetProgramBuildInfo(t->program, t->id, CL_PROGRAM_BUILD_LOG, sizeof log - 1, log, NULL);
    clReleaseProgram(t->program);
    t->program = NULL;
    return found(t, LOCL_FINDING_ERROR, update, "a small kernel does not build: clBuildProgram: %s%s%.300s",
                 locl_cl_error_name(rc), log[0] ? ": " : "", log);
}

/* Launches a kernel on the buffer in `queue`, with `local_bytes` of local memory as its second argument. */
static cl_int launch(trial *t, cl_command_queue queue, const char *name, size_t group, size_t local_bytes,
                     cl_uint waits, const cl_event *wait, cl_event *event)
{
    cl_int rc;
    const size_t items = ITEMS;
    cl_kernel kernel = clCreateKernel(t->program, name, &rc);
    if (!kernel) {
        return rc;
    }
    rc = clSetKernelArg(kernel, 0, sizeof t->buffer, &t->buffer);
    if (rc == CL_SUCCESS && local_bytes) {
        rc = clSetKernelArg(kernel, 1, local_bytes, NULL);
    }
    if (rc == CL_SUCCESS) {
        rc =
            clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &items, group ? &group : NULL, waits, wait, event);
    }
    clReleaseKernel(kernel);
    return rc;
}

static locl_finding_status differs(trial *t, const char *what, size_t at, double got, double want)
{
    return found(t, LOCL_FINDING_ERROR, update, "%s computes wrongly: value %zu is %.9g, should be %.9g",
                 what, at, got, want);
}

/* Runs x = 2 x + 1 on the buffer, `times` times, each after the one before it, and checks the result. */
static locl_finding_status run_scale(trial *t, cl_command_queue queue, size_t times)
{
    float value[ITEMS];
    cl_event before = NULL, event = NULL;
    for (size_t i = 0; i < ITEMS; i++) {
        value[i] = (float)i;
    }
    TRY_CL(t, clEnqueueWriteBuffer, queue, t->buffer, CL_TRUE, 0, sizeof value, value, 0, NULL, NULL);
    for (size_t n = 0; n < times; n++) {
        cl_int rc = launch(t, queue, "scale", 0, 0, before ? 1 : 0, before ? &before : NULL, &event);
        if (before) {
            clReleaseEvent(before);
        }
        if (rc != CL_SUCCESS) {
            return failed(t, "clEnqueueNDRangeKernel", rc);
        }
        before = event;
    }
    cl_int rc = clEnqueueReadBuffer(queue, t->buffer, CL_TRUE, 0, sizeof value, value, 1, &before, NULL);
    clReleaseEvent(before);
    if (rc != CL_SUCCESS) {
        return failed(t, "clEnqueueReadBuffer", rc);
    }
    for (size_t i = 0; i < ITEMS; i++) {
        double want = (double)i;
        for (size_t n = 0; n < times; n++) {
            want = 2 * want + 1;
        }
        if ((double)value[i] < want || (double)value[i] > want) {
            return differs(t, "a kernel", i, (double)value[i], want);
        }
    }
    return LOCL_FINDING_OK;
}

static locl_finding_status try_kernel(trial *t)
{
    double begin = locl_clock_seconds();
    locl_finding_status status = build(t);
    status = status == LOCL_FINDING_OK ? run_scale(t, t->queue, 1) : status;
    return status == LOCL_FINDING_OK
               ? found(t, status, "", "built and run in %.2g s", locl_clock_seconds() - begin)
               : status;
}

/* Writes the numbers 0, 1, ... or zeros, runs a kernel on them and reads. */
static locl_finding_status run_on_numbers(trial *t, const char *kernel, size_t group, bool zeros,
                                          cl_int *value)
{
    for (cl_int i = 0; i < ITEMS; i++) {
        value[i] = zeros ? 0 : i;
    }
    TRY_CL(t, clEnqueueWriteBuffer, t->queue, t->buffer, CL_TRUE, 0, ITEMS * sizeof *value, value, 0, NULL,
           NULL);
    TRY_CL(t, launch, t, t->queue, kernel, group, group * sizeof(cl_int), 0, NULL, NULL);
    TRY_CL(t, clEnqueueReadBuffer, t->queue, t->buffer, CL_TRUE, 0, ITEMS * sizeof *value, value, 0, NULL,
           NULL);
    return LOCL_FINDING_OK;
}

static locl_finding_status try_local_memory(trial *t)
{
    cl_int value[ITEMS];
    size_t group = t->caps.work_group < GROUP ? 1 : GROUP;
    locl_finding_status status = run_on_numbers(t, "mirror", group, false, value);
    for (size_t i = 0; status == LOCL_FINDING_OK && i < ITEMS; i++) {
        size_t want = i / group * group + group - 1 - i % group;
        if (value[i] != (cl_int)want) {
            return differs(t, "a kernel with local memory and a barrier", i, value[i], (double)want);
        }
    }
    return status == LOCL_FINDING_OK ? found(t, status, "", "a barrier in groups of %zu, of %llu KiB", group,
                                             (unsigned long long)t->caps.local_memory >> 10)
                                     : status;
}

static locl_finding_status try_atomic(trial *t)
{
    cl_int value[ITEMS];
    locl_finding_status status = run_on_numbers(t, "count", 0, true, value);
    for (size_t i = 0; status == LOCL_FINDING_OK && i < 7; i++) {
        cl_int want = ITEMS / 7 + (i < ITEMS % 7);
        if (value[i] != want) {
            return differs(t, "atomic_inc()", i, value[i], want);
        }
    }
    return status == LOCL_FINDING_OK ? found(t, status, "", "%d increments of 7 counters", ITEMS) : status;
}

/* ---- memory ---- */

static locl_finding_status copy_there_and_back(trial *t, cl_mem from, cl_mem to, unsigned char *bytes)
{
    unsigned char *back = bytes + TRANSFER;
    uint32_t state = 1;
    for (size_t i = 0; i < TRANSFER; i++) {
        state = state * 1664525U + 1013904223U;
        bytes[i] = (unsigned char)(state >> 24);
        back[i] = 0;
    }
    TRY_CL(t, clEnqueueWriteBuffer, t->queue, from, CL_TRUE, 0, TRANSFER, bytes, 0, NULL, NULL);
    TRY_CL(t, clEnqueueCopyBuffer, t->queue, from, to, 0, 0, TRANSFER, 0, NULL, NULL);
    TRY_CL(t, clEnqueueReadBuffer, t->queue, to, CL_TRUE, 0, TRANSFER, back, 0, NULL, NULL);
    for (size_t i = 0; i < TRANSFER; i++) {
        if (bytes[i] != back[i]) {
            return differs(t, "a transfer", i, back[i], bytes[i]);
        }
    }
    return found(t, LOCL_FINDING_OK, "", "%d MiB written, copied and read back unchanged", TRANSFER >> 20);
}

static locl_finding_status try_transfer(trial *t)
{
    cl_int rc = CL_SUCCESS;
    unsigned char *bytes = malloc(2 * (size_t)TRANSFER);
    cl_mem from = clCreateBuffer(t->context, CL_MEM_READ_WRITE, TRANSFER, NULL, &rc);
    cl_mem to = from ? clCreateBuffer(t->context, CL_MEM_READ_WRITE, TRANSFER, NULL, &rc) : NULL;
    locl_finding_status status =
        !to      ? failed(t, "clCreateBuffer", rc)
        : !bytes ? found(t, LOCL_FINDING_SKIPPED, "end other programs", "no memory on the host")
                 : copy_there_and_back(t, from, to, bytes);
    if (from) {
        clReleaseMemObject(from);
    }
    if (to) {
        clReleaseMemObject(to);
    }
    free(bytes);
    return status;
}

/* Writes all of a buffer, piece by piece, and reads the last of it. */
static cl_int fill(const trial *t, cl_mem buffer, uint64_t bytes, const unsigned char *piece)
{
    unsigned char last = 0;
    cl_int rc = CL_SUCCESS;
    for (uint64_t at = 0; at < bytes && rc == CL_SUCCESS; at += PIECE) {
        uint64_t n = bytes - at < PIECE ? bytes - at : PIECE;
        rc = clEnqueueWriteBuffer(t->queue, buffer, CL_TRUE, at, n, piece, 0, NULL, NULL);
        locl_tell_doing("trying: largest buffer");
    }
    if (rc == CL_SUCCESS) {
        rc = clEnqueueReadBuffer(t->queue, buffer, CL_TRUE, bytes - 1, 1, &last, 0, NULL, NULL);
    }
    return rc == CL_SUCCESS && last != piece[0] ? CL_MEM_OBJECT_ALLOCATION_FAILURE : rc;
}

/* Allocates `bytes` and uses all of them. */
static cl_int allocate(const trial *t, uint64_t bytes)
{
    cl_int rc;
    unsigned char *piece = malloc(PIECE);
    cl_mem buffer = piece ? clCreateBuffer(t->context, CL_MEM_READ_WRITE, bytes, NULL, &rc) : NULL;
    if (buffer) {
        memset(piece, 0xC1, PIECE);
        rc = fill(t, buffer, bytes, piece);
        clReleaseMemObject(buffer);
    } else if (!piece) {
        rc = CL_OUT_OF_HOST_MEMORY;
    }
    free(piece);
    return rc;
}

static locl_finding_status try_largest(trial *t)
{
    const double gib = 1024.0 * 1024.0 * 1024.0;
    uint64_t said = t->caps.largest_buffer & ~(uint64_t)3, most = said;
    bool host = t->caps.unified_memory || (t->caps.type & CL_DEVICE_TYPE_CPU);
    uint64_t free_bytes = locl_memory_available().bytes;
    if (host) {
        uint64_t half = free_bytes / 2 & ~(uint64_t)3;
        most = most < half ? most : half;
        most = most < most_of_host ? most : most_of_host;
    }
    cl_int rc = CL_SUCCESS;
    uint64_t bytes = most;
    while (bytes >= TRANSFER && (rc = allocate(t, bytes)) != CL_SUCCESS) {
        bytes = bytes / 2 & ~(uint64_t)3;
    }
    if (bytes < TRANSFER) {
        return failed(t, "clCreateBuffer, even of some MiB", rc);
    }
    if (bytes < most) {
        return found(t, LOCL_FINDING_WARNING,
                     "end other programs that use the device, or take a smaller data.microbatch",
                     "%.2f GiB in one buffer, of %.2f GiB that the driver promises", (double)bytes / gib,
                     (double)said / gib);
    }
    return most < said ? found(t, LOCL_FINDING_OK, "",
                               "%.2f GiB in one buffer, of %.2f GiB that the driver promises; more is "
                               "not tried, for the sake of the host's memory",
                               (double)bytes / gib, (double)said / gib)
                       : found(t, LOCL_FINDING_OK, "", "%.2f GiB in one buffer, all that the driver promises",
                               (double)bytes / gib);
}

/* ---- queues ---- */

static const char *const times_only =
    "none needed to train; do not trust the times of --profile and --trace on it";

static locl_finding_status judge_stamps(trial *t, const cl_ulong stamp[4], double seconds)
{
    static const char *const names[4] = {"queued", "submitted", "started", "ended"};
    for (int i = 0; i < 4; i++) {
        if (!stamp[i]) {
            return found(t, LOCL_FINDING_WARNING, times_only, "the stamp of when a command was %s is 0",
                         names[i]);
        }
        if (i && stamp[i] < stamp[i - 1]) {
            return found(t, LOCL_FINDING_WARNING, times_only, "a command %s before it was %s", names[i],
                         names[i - 1]);
        }
    }
    double told = 1e-9 * (double)(stamp[3] - stamp[2]);
    if (told > 2 * seconds + 1e-3) {
        return found(t, LOCL_FINDING_WARNING, times_only,
                     "a command took %.2g s by its stamps, %.2g s by the host's clock", told, seconds);
    }
    return found(t, LOCL_FINDING_OK, "", "in order; %.2g s of %.2g s", told, seconds);
}

static locl_finding_status try_profiling(trial *t)
{
    static const cl_profiling_info what[4] = {CL_PROFILING_COMMAND_QUEUED, CL_PROFILING_COMMAND_SUBMIT,
                                              CL_PROFILING_COMMAND_START, CL_PROFILING_COMMAND_END};
    cl_ulong stamp[4] = {0};
    cl_event event = NULL;
    double begin = locl_clock_seconds();
    TRY_CL(t, launch, t, t->queue, "scale", 0, 0, 0, NULL, &event);
    cl_int rc = clWaitForEvents(1, &event);
    double seconds = locl_clock_seconds() - begin;
    for (int i = 0; i < 4 && rc == CL_SUCCESS; i++) {
        rc = clGetEventProfilingInfo(event, what[i], sizeof stamp[i], &stamp[i], NULL);
    }
    clReleaseEvent(event);
    if (rc != CL_SUCCESS) {
        return found(t, LOCL_FINDING_WARNING, times_only, "a command's times are not told: %s",
                     locl_cl_error_name(rc));
    }
    return judge_stamps(t, stamp, seconds);
}

static locl_finding_status try_out_of_order(trial *t)
{
    cl_int rc;
    cl_command_queue_properties able = 0;
    clGetDeviceInfo(t->id, CL_DEVICE_QUEUE_PROPERTIES, sizeof able, &able, NULL);
    if (!(able & CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE)) {
        return found(t, LOCL_FINDING_SKIPPED, "none needed: locl uses queues in order",
                     "the device has none");
    }
    cl_command_queue queue =
        clCreateCommandQueue(t->context, t->id, CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE, &rc);
    if (!queue) {
        return failed(t, "clCreateCommandQueue", rc);
    }
    locl_finding_status status = run_scale(t, queue, 8);
    clReleaseCommandQueue(queue);
    if (status != LOCL_FINDING_OK) {
        char why[sizeof t->detail];
        snprintf(why, sizeof why, "%s", t->detail);
        return found(t, LOCL_FINDING_WARNING, "none needed: locl uses queues in order", "%s", why);
    }
    return found(t, LOCL_FINDING_OK, "", "commands wait for those that they follow");
}

static locl_finding_status run_on_part(trial *t, cl_device_id part)
{
    trial own = {.platform = t->platform, .id = part, .caps = t->caps};
    locl_finding_status status = try_context(&own);
    status = status == LOCL_FINDING_OK ? build(&own) : status;
    status = status == LOCL_FINDING_OK ? run_scale(&own, own.queue, 1) : status;
    if (status == LOCL_FINDING_OK) {
        status = found(t, status, "", "a kernel runs on one of two equal halves");
    } else {
        status = found(t, LOCL_FINDING_WARNING, "do not split it (`split` in devices)",
                       "on one of two halves: %s", own.detail);
    }
    release(&own);
    return status;
}

static locl_finding_status try_sub_devices(trial *t)
{
    cl_uint count = 0, half = t->caps.units / 2;
    const cl_device_partition_property equally[] = {CL_DEVICE_PARTITION_EQUALLY,
                                                    (cl_device_partition_property)half, 0};
    cl_device_id part[4] = {NULL};
    if (!t->caps.can_partition || !half) {
        return found(t, LOCL_FINDING_SKIPPED, "none needed unless it is to be split",
                     "the device has no equal parts");
    }
    cl_int rc = clCreateSubDevices(t->id, equally, 4, part, &count);
    if (rc != CL_SUCCESS || !count) {
        return found(t, LOCL_FINDING_WARNING, "do not split it (`split` in devices)",
                     "clCreateSubDevices: %s", locl_cl_error_name(rc));
    }
    locl_finding_status status = run_on_part(t, part[0]);
    for (cl_uint i = 0; i < count && i < 4; i++) {
        clReleaseDevice(part[i]);
    }
    return status;
}

/* ---- all ---- */

/* In this order: one that crashes ends those that follow. `needs`: 0 nothing, 1 a context, 2 kernels. */
static const struct {
    const char *name;
    locl_finding_status (*run)(trial *t);
    int needs;
} trials[] = {
    {"device", try_device, 0},
    {"context", try_context, 0},
    {"kernel", try_kernel, 1},
    {"transfer", try_transfer, 1},
    {"local memory", try_local_memory, 2},
    {"atomic", try_atomic, 2},
    {"profiling", try_profiling, 2},
    {"out-of-order queue", try_out_of_order, 2},
    {"sub-devices", try_sub_devices, 2},
    {"largest buffer", try_largest, 1},
};

void locl_trial_run(cl_platform_id platform, cl_device_id id)
{
    trial t = {.platform = platform, .id = id};
    for (size_t i = 0; i < sizeof trials / sizeof *trials; i++) {
        locl_finding_status status;
        locl_tell_doing("trying: %s", trials[i].name);
        t.detail[0] = t.remedy[0] = '\0';
        if ((trials[i].needs > 0 && !t.buffer) || (trials[i].needs > 1 && !t.program)) {
            status = found(&t, LOCL_FINDING_SKIPPED, "see the row above that failed",
                           "not tried, since %s failed", t.buffer ? "a kernel" : "a context");
        } else {
            status = trials[i].run(&t);
        }
        const locl_finding row = {trials[i].name, status, t.detail, t.remedy};
        locl_tell(json_pack("{s:o}", "row", locl_finding_json(&row)));
    }
    locl_tell_doing("releasing what was tried");
    release(&t);
}
