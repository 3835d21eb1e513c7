#include "device/call.h"

#include "base/clock.h"
#include "device/tape.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ALLOW_UNRESTRICTED_SIZE ((cl_mem_flags)1 << 23) /* CL_MEM_ALLOW_UNRESTRICTED_SIZE_INTEL */
#define CL_PLATFORM_NOT_FOUND_ICD (-1001)               /* CL_PLATFORM_NOT_FOUND_KHR of cl_khr_icd */

static const struct {
    cl_int code;
    const char *name, *remedy;
} cl_errors[] = {
#define ROW(code)                                                                                            \
    {                                                                                                        \
        code, #code, ""                                                                                      \
    }
#define ROW_REMEDY(code, remedy)                                                                             \
    {                                                                                                        \
        code, #code, remedy                                                                                  \
    }
    ROW(CL_SUCCESS),
    ROW(CL_DEVICE_NOT_FOUND),
    ROW_REMEDY(CL_DEVICE_NOT_AVAILABLE, "another program may hold the device: see `locl devices`"),
    ROW_REMEDY(CL_COMPILER_NOT_AVAILABLE, "this OpenCL driver has no compiler: install the full driver"),
    ROW_REMEDY(CL_MEM_OBJECT_ALLOCATION_FAILURE, "use a smaller batch, or a device with more memory"),
    ROW_REMEDY(CL_OUT_OF_RESOURCES, "use a smaller batch, or free the device of other programs"),
    ROW_REMEDY(CL_OUT_OF_HOST_MEMORY, "free memory on this machine, or use a smaller batch"),
    ROW(CL_PROFILING_INFO_NOT_AVAILABLE),
    ROW(CL_MEM_COPY_OVERLAP),
    ROW(CL_IMAGE_FORMAT_MISMATCH),
    ROW(CL_IMAGE_FORMAT_NOT_SUPPORTED),
    ROW(CL_BUILD_PROGRAM_FAILURE),
    ROW(CL_MAP_FAILURE),
    ROW(CL_MISALIGNED_SUB_BUFFER_OFFSET),
    ROW_REMEDY(CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST, "an earlier command on the device failed"),
    ROW(CL_COMPILE_PROGRAM_FAILURE),
    ROW(CL_LINKER_NOT_AVAILABLE),
    ROW(CL_LINK_PROGRAM_FAILURE),
    ROW(CL_DEVICE_PARTITION_FAILED),
    ROW(CL_KERNEL_ARG_INFO_NOT_AVAILABLE),
    ROW(CL_INVALID_VALUE),
    ROW(CL_INVALID_DEVICE_TYPE),
    ROW(CL_INVALID_PLATFORM),
    ROW(CL_INVALID_DEVICE),
    ROW(CL_INVALID_CONTEXT),
    ROW(CL_INVALID_QUEUE_PROPERTIES),
    ROW(CL_INVALID_COMMAND_QUEUE),
    ROW(CL_INVALID_HOST_PTR),
    ROW(CL_INVALID_MEM_OBJECT),
    ROW(CL_INVALID_IMAGE_FORMAT_DESCRIPTOR),
    ROW(CL_INVALID_IMAGE_SIZE),
    ROW(CL_INVALID_SAMPLER),
    ROW(CL_INVALID_BINARY),
    ROW(CL_INVALID_BUILD_OPTIONS),
    ROW(CL_INVALID_PROGRAM),
    ROW(CL_INVALID_PROGRAM_EXECUTABLE),
    ROW(CL_INVALID_KERNEL_NAME),
    ROW(CL_INVALID_KERNEL_DEFINITION),
    ROW(CL_INVALID_KERNEL),
    ROW(CL_INVALID_ARG_INDEX),
    ROW(CL_INVALID_ARG_VALUE),
    ROW(CL_INVALID_ARG_SIZE),
    ROW(CL_INVALID_KERNEL_ARGS),
    ROW(CL_INVALID_WORK_DIMENSION),
    ROW(CL_INVALID_WORK_GROUP_SIZE),
    ROW(CL_INVALID_WORK_ITEM_SIZE),
    ROW(CL_INVALID_GLOBAL_OFFSET),
    ROW(CL_INVALID_EVENT_WAIT_LIST),
    ROW(CL_INVALID_EVENT),
    ROW(CL_INVALID_OPERATION),
    ROW(CL_INVALID_GL_OBJECT),
    ROW_REMEDY(CL_INVALID_BUFFER_SIZE, "use a smaller batch, or a device with more memory"),
    ROW(CL_INVALID_MIP_LEVEL),
    ROW(CL_INVALID_GLOBAL_WORK_SIZE),
    ROW(CL_INVALID_PROPERTY),
    ROW(CL_INVALID_IMAGE_DESCRIPTOR),
    ROW(CL_INVALID_COMPILER_OPTIONS),
    ROW(CL_INVALID_LINKER_OPTIONS),
    ROW(CL_INVALID_DEVICE_PARTITION_COUNT),
    {CL_PLATFORM_NOT_FOUND_ICD, "CL_PLATFORM_NOT_FOUND_KHR", "install an OpenCL driver: see `locl devices`"},
#undef ROW
#undef ROW_REMEDY
};

enum { CL_ERRORS = sizeof cl_errors / sizeof cl_errors[0] };

const char *locl_cl_error_name(cl_int code)
{
    for (size_t i = 0; i < CL_ERRORS; i++) {
        if (cl_errors[i].code == code) {
            return cl_errors[i].name;
        }
    }
    return "unknown OpenCL error";
}

locl_status locl_fail_cl(locl_error *err, const char *call, cl_int code, const locl_device *device,
                         const char *what)
{
    bool too_large = code == CL_INVALID_BUFFER_SIZE || code == CL_MEM_OBJECT_ALLOCATION_FAILURE;
    locl_status status = too_large ? LOCL_E_TOO_LARGE : LOCL_E_OPENCL;
    locl_fail(err, status, "%s%s%s: %s (%d)%s%s%s%s%s", call, what ? " for " : "", what ? what : "",
              locl_cl_error_name(code), (int)code, device ? " on device " : "",
              device ? device->selector : "", device ? " (" : "", device ? device->name : "",
              device ? ")" : "");
    locl_error_at(err, device ? (int)device->index : -1, -1, -1);
    for (size_t i = 0; i < CL_ERRORS; i++) {
        if (cl_errors[i].code == code && cl_errors[i].remedy[0]) {
            locl_remedy(err, "%s", cl_errors[i].remedy);
        }
    }
    return status;
}

locl_status locl_queue_create(locl_device *device, locl_queue_kind kind, locl_queue *out, locl_error *err)
{
    cl_int rc;
    *out = (locl_queue){.device = device, .profiling = kind == LOCL_QUEUE_PROFILING};
    out->cl = clCreateCommandQueue(device->context, device->id,
                                   out->profiling ? CL_QUEUE_PROFILING_ENABLE : 0, &rc);
    if (rc != CL_SUCCESS) {
        *out = (locl_queue){0};
        return locl_fail_cl(err, "clCreateCommandQueue", rc, device, NULL);
    }
    return LOCL_OK;
}

void locl_queue_release(locl_queue *queue)
{
    if (queue->cl) {
        clReleaseCommandQueue(queue->cl);
    }
    *queue = (locl_queue){0};
}

void locl_host_release(void *memory, locl_status status)
{
    if (status != LOCL_E_DEADLINE) {
        free(memory);
    }
}

locl_status locl_queue_flush(locl_queue *queue, locl_error *err)
{
    cl_int rc = clFlush(queue->cl);
    return rc == CL_SUCCESS ? LOCL_OK : locl_fail_cl(err, "clFlush", rc, queue->device, NULL);
}

/* Waits for all that is enqueued by an event, where clFinish is not to be trusted. */
static locl_status finish_by_event(locl_queue *queue, locl_error *err)
{
    cl_event event = NULL;
    LOCL_TRY(locl_queue_marker(queue, &event, err));
    locl_status status = locl_event_await(queue->device, event, 0, "the end of a queue", err);
    locl_event_release(&event);
    return status;
}

locl_status locl_queue_finish(locl_queue *queue, locl_error *err)
{
    if (!queue->device->caps.finishes) {
        return finish_by_event(queue, err);
    }
    cl_int rc = clFinish(queue->cl);
    return rc == CL_SUCCESS ? LOCL_OK : locl_fail_cl(err, "clFinish", rc, queue->device, NULL);
}

locl_status locl_queue_await(locl_queue *queue, double seconds, const char *what, locl_error *err)
{
    cl_event event = NULL;
    if (!(seconds > 0)) {
        return locl_queue_finish(queue, err);
    }
    LOCL_TRY(locl_queue_marker(queue, &event, err));
    locl_status status = locl_event_await(queue->device, event, seconds, what, err);
    locl_event_release(&event);
    return status;
}

locl_status locl_buffer_create(locl_device *device, size_t bytes, const char *what, cl_mem *out,
                               locl_error *err)
{
    cl_mem_flags flags = CL_MEM_READ_WRITE;
    cl_int rc;
    *out = NULL;
    if (bytes > device->caps.largest_buffer) {
        const double mib = 1024.0 * 1024.0;
        locl_fail(err, LOCL_E_TOO_LARGE,
                  "%s needs a buffer of %.1f MiB (%zu bytes), device %s (%s) allows %.1f MiB "
                  "(CL_DEVICE_MAX_MEM_ALLOC_SIZE)",
                  what ? what : "a tensor", (double)bytes / mib, bytes, device->selector, device->name,
                  (double)device->caps.largest_buffer / mib);
        locl_remedy(err, "use a smaller batch, or a device with a larger limit (see `locl devices`)%s",
                    device->caps.wide_buffers ? ", or large_buffers: true for it (docs/devices.md)" : "");
        return LOCL_E_TOO_LARGE;
    }
    if (device->wide_from && bytes >= device->wide_from) {
        flags |= ALLOW_UNRESTRICTED_SIZE;
    }
    *out = clCreateBuffer(device->context, flags, bytes, NULL, &rc);
    if (rc != CL_SUCCESS) {
        *out = NULL;
        return locl_fail_cl(err, "clCreateBuffer", rc, device, what);
    }
    return LOCL_OK;
}

locl_status locl_buffer_part(locl_device *device, cl_mem whole, size_t offset, size_t bytes, const char *what,
                             cl_mem *out, locl_error *err)
{
    cl_buffer_region region = {offset, bytes};
    cl_int rc;
    *out = clCreateSubBuffer(whole, CL_MEM_READ_WRITE, CL_BUFFER_CREATE_TYPE_REGION, &region, &rc);
    if (rc != CL_SUCCESS) {
        *out = NULL;
        return locl_fail_cl(err, "clCreateSubBuffer", rc, device, what);
    }
    return LOCL_OK;
}

locl_status locl_buffer_retain(locl_device *device, cl_mem buffer, locl_error *err)
{
    cl_int rc = clRetainMemObject(buffer);
    return rc == CL_SUCCESS ? LOCL_OK : locl_fail_cl(err, "clRetainMemObject", rc, device, NULL);
}

void locl_buffer_release(cl_mem *buffer)
{
    if (*buffer) {
        clReleaseMemObject(*buffer);
    }
    *buffer = NULL;
}

/* A copy under way to the tape of its queue. */
typedef struct taped_copy {
    locl_queue *queue;
    cl_event own;    /* made for the tape alone */
    cl_event *event; /* to be filled in: the caller's, `own`, or NULL where nobody wants one */
    locl_tape_mark mark;
} taped_copy;

static bool is_taped(const locl_queue *queue)
{
    return queue->tape && queue->tape->on;
}

/* Begins a copy whose caller wants `event`, or NULL. */
static void begin_copy(taped_copy *copy, locl_queue *queue, const char *name, size_t bytes, cl_event *event)
{
    *copy = (taped_copy){.queue = queue, .event = event};
    if (is_taped(queue)) {
        copy->event = event ? event : &copy->own;
        copy->mark = (locl_tape_mark){
            .name = name, .copy = true, .bytes = (double)bytes, .begun = locl_clock_seconds()};
    }
}

/* Ends it once it is enqueued: with `code`, by the function `call`. */
static locl_status end_copy(taped_copy *copy, const char *call, cl_int code, locl_error *err)
{
    locl_queue *queue = copy->queue;
    locl_status status = LOCL_OK;
    if (code != CL_SUCCESS) {
        return locl_fail_cl(err, call, code, queue->device, NULL);
    }
    if (is_taped(queue)) {
        status = locl_tape_add(queue->tape, queue->device, &copy->mark, *copy->event, err);
        locl_event_release(&copy->own);
    }
    return status;
}

locl_status locl_buffer_write(locl_queue *queue, cl_mem buffer, size_t offset, size_t bytes, const void *host,
                              locl_blocking blocking, const cl_event *wait, cl_event *event, locl_error *err)
{
    taped_copy copy;
    begin_copy(&copy, queue, "upload", bytes, event);
    cl_int rc = clEnqueueWriteBuffer(queue->cl, buffer, blocking ? CL_TRUE : CL_FALSE, offset, bytes, host,
                                     wait ? 1 : 0, wait, copy.event);
    return end_copy(&copy, "clEnqueueWriteBuffer", rc, err);
}

locl_status locl_buffer_read(locl_queue *queue, cl_mem buffer, size_t offset, size_t bytes, void *host,
                             locl_blocking blocking, const cl_event *wait, cl_event *event, locl_error *err)
{
    taped_copy copy;
    begin_copy(&copy, queue, "read back", bytes, event);
    cl_int rc = clEnqueueReadBuffer(queue->cl, buffer, blocking ? CL_TRUE : CL_FALSE, offset, bytes, host,
                                    wait ? 1 : 0, wait, copy.event);
    return end_copy(&copy, "clEnqueueReadBuffer", rc, err);
}

locl_status locl_buffer_map(locl_queue *queue, cl_mem buffer, size_t bytes, void **host, locl_error *err)
{
    cl_int rc;
    if (!queue->device->caps.maps) {
        *host = malloc(bytes);
        return *host ? LOCL_OK : locl_fail_memory(err, bytes);
    }
    *host = clEnqueueMapBuffer(queue->cl, buffer, CL_TRUE, CL_MAP_WRITE_INVALIDATE_REGION, 0, bytes, 0, NULL,
                               NULL, &rc);
    return rc == CL_SUCCESS ? LOCL_OK : locl_fail_cl(err, "clEnqueueMapBuffer", rc, queue->device, NULL);
}

locl_status locl_buffer_unmap(locl_queue *queue, cl_mem buffer, size_t bytes, void *host, locl_error *err)
{
    if (!queue->device->caps.maps) {
        locl_status status = locl_buffer_write(queue, buffer, 0, bytes, host, LOCL_BLOCKING, NULL, NULL, err);
        free(host);
        return status;
    }
    cl_int rc = clEnqueueUnmapMemObject(queue->cl, buffer, host, 0, NULL, NULL);
    return rc == CL_SUCCESS ? LOCL_OK : locl_fail_cl(err, "clEnqueueUnmapMemObject", rc, queue->device, NULL);
}

locl_status locl_buffer_copy(locl_queue *queue, cl_mem from, size_t from_offset, cl_mem to, size_t to_offset,
                             size_t bytes, cl_event *event, locl_error *err)
{
    taped_copy copy;
    begin_copy(&copy, queue, "copy", bytes, event);
    cl_int rc = clEnqueueCopyBuffer(queue->cl, from, to, from_offset, to_offset, bytes, 0, NULL, copy.event);
    return end_copy(&copy, "clEnqueueCopyBuffer", rc, err);
}

locl_status locl_buffer_fill(locl_queue *queue, cl_mem buffer, size_t offset, size_t bytes,
                             const void *pattern, size_t pattern_bytes, locl_error *err)
{
    size_t most = queue->device->caps.largest_fill / pattern_bytes * pattern_bytes;
    most = most ? most : pattern_bytes;
    size_t done = bytes < most ? bytes : most;
    cl_int rc = clEnqueueFillBuffer(queue->cl, buffer, pattern, pattern_bytes, offset, done, 0, NULL, NULL);
    if (rc != CL_SUCCESS) {
        return locl_fail_cl(err, "clEnqueueFillBuffer", rc, queue->device, NULL);
    }
    while (done < bytes) { /* what is filled is copied behind itself */
        size_t piece = bytes - done < most ? bytes - done : most;
        LOCL_TRY(locl_buffer_copy(queue, buffer, offset, buffer, offset + done, piece, NULL, err));
        done += piece;
    }
    return LOCL_OK;
}

locl_status locl_queue_wait_for(locl_queue *queue, cl_event event, locl_error *err)
{
    cl_int rc = clEnqueueBarrierWithWaitList(queue->cl, 1, &event, NULL);
    return rc == CL_SUCCESS ? LOCL_OK
                            : locl_fail_cl(err, "clEnqueueBarrierWithWaitList", rc, queue->device, NULL);
}

locl_status locl_queue_marker(locl_queue *queue, cl_event *event, locl_error *err)
{
    cl_int rc = clEnqueueMarkerWithWaitList(queue->cl, 0, NULL, event);
    return rc == CL_SUCCESS ? LOCL_OK
                            : locl_fail_cl(err, "clEnqueueMarkerWithWaitList", rc, queue->device, NULL);
}

/* Flushes the queue of an event. Waiting for an event does that, polling does not. */
static locl_status flush_queue_of(locl_device *device, cl_event event, locl_error *err)
{
    cl_command_queue queue = NULL;
    cl_int rc = clGetEventInfo(event, CL_EVENT_COMMAND_QUEUE, sizeof queue, &queue, NULL);
    if (rc != CL_SUCCESS) {
        return locl_fail_cl(err, "clGetEventInfo", rc, device, NULL);
    }
    rc = queue ? clFlush(queue) : CL_SUCCESS;
    return rc == CL_SUCCESS ? LOCL_OK : locl_fail_cl(err, "clFlush", rc, device, NULL);
}

static locl_status fail_deadline(const locl_device *device, double seconds, const char *what, locl_error *err)
{
    locl_devices_note_silent();
    locl_fail(err, LOCL_E_DEADLINE, "waited %.3g s for %s: the device has not finished it", seconds, what);
    locl_error_at(err, (int)device->index, -1, -1);
    return locl_remedy(err,
                       "see whether the device still works (`locl devices`, the system's log) and start "
                       "again; if it is only slow, a longer deadline (LOCL_DEADLINE, in seconds; 0: none)");
}

static locl_status poll_event(locl_device *device, cl_event event, double seconds, const char *what,
                              locl_error *err)
{
    const long shortest = 20000, longest = 1000000; /* nanoseconds between two polls */
    struct timespec pause = {0, shortest};
    double start = locl_clock_seconds();
    bool done = false;
    LOCL_TRY(flush_queue_of(device, event, err));
    for (;;) {
        LOCL_TRY(locl_event_done(device, event, &done, err));
        if (done) {
            return LOCL_OK;
        }
        if (locl_clock_seconds() - start >= seconds) {
            return fail_deadline(device, seconds, what, err);
        }
        nanosleep(&pause, NULL);
        pause.tv_nsec = pause.tv_nsec < longest / 2 ? 2 * pause.tv_nsec : longest;
    }
}

locl_status locl_event_await(locl_device *device, cl_event event, double seconds, const char *what,
                             locl_error *err)
{
    bool done;
    if (seconds > 0) {
        return poll_event(device, event, seconds, what, err);
    }
    cl_int rc = clWaitForEvents(1, &event);
    if (rc == CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST) {
        LOCL_TRY(locl_event_done(device, event, &done, err)); /* reports the command's own error */
    }
    return rc == CL_SUCCESS ? LOCL_OK : locl_fail_cl(err, "clWaitForEvents", rc, device, NULL);
}

locl_status locl_event_wait(locl_device *device, cl_event event, locl_error *err)
{
    return locl_event_await(device, event, device->deadline, "a command", err);
}

locl_status locl_event_done(locl_device *device, cl_event event, bool *done, locl_error *err)
{
    cl_int state = CL_QUEUED;
    cl_int rc = clGetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof state, &state, NULL);
    *done = false;
    if (rc != CL_SUCCESS) {
        return locl_fail_cl(err, "clGetEventInfo", rc, device, NULL);
    }
    if (state < 0) {
        return locl_fail_cl(err, "a command on the device", state, device, NULL);
    }
    *done = state == CL_COMPLETE;
    return LOCL_OK;
}

locl_status locl_event_call(locl_device *device, cl_event event, locl_event_teller tell, void *user,
                            locl_error *err)
{
    cl_int rc = clSetEventCallback(event, CL_COMPLETE, tell, user);
    return rc == CL_SUCCESS ? LOCL_OK : locl_fail_cl(err, "clSetEventCallback", rc, device, NULL);
}

void locl_event_release(cl_event *event)
{
    if (*event) {
        clReleaseEvent(*event);
    }
    *event = NULL;
}

locl_status locl_event_times(locl_device *device, cl_event event, cl_ulong *start, cl_ulong *end,
                             locl_error *err)
{
    cl_int rc = clGetEventProfilingInfo(event, CL_PROFILING_COMMAND_START, sizeof *start, start, NULL);
    if (rc == CL_SUCCESS) {
        rc = clGetEventProfilingInfo(event, CL_PROFILING_COMMAND_END, sizeof *end, end, NULL);
    }
    return rc == CL_SUCCESS ? LOCL_OK : locl_fail_cl(err, "clGetEventProfilingInfo", rc, device, NULL);
}
