#include "device/in_place.h"

#include <stdlib.h>
#include <string.h>

locl_status locl_buffer_in_place(locl_device *device, size_t bytes, void *host, const char *what, cl_mem *out,
                                 locl_error *err)
{
    cl_int rc;
    *out = clCreateBuffer(device->context, CL_MEM_READ_WRITE | CL_MEM_USE_HOST_PTR, bytes, host, &rc);
    if (rc != CL_SUCCESS) {
        *out = NULL;
        return locl_fail_cl(err, "clCreateBuffer", rc, device, what);
    }
    return LOCL_OK;
}

/* Maps and unmaps: what a driver has to do then makes both sides see the same. *mapped (may be NULL) is where it
 * lies. */
static locl_status synchronise(locl_queue *queue, cl_mem buffer, size_t bytes, cl_map_flags flags,
                               void **mapped, cl_event *event, locl_error *err)
{
    cl_int rc;
    void *at = clEnqueueMapBuffer(queue->cl, buffer, CL_FALSE, flags, 0, bytes, 0, NULL, NULL, &rc);
    if (rc != CL_SUCCESS) {
        return locl_fail_cl(err, "clEnqueueMapBuffer", rc, queue->device, NULL);
    }
    if (mapped) {
        *mapped = at;
    }
    rc = clEnqueueUnmapMemObject(queue->cl, buffer, at, 0, NULL, event);
    return rc == CL_SUCCESS ? LOCL_OK : locl_fail_cl(err, "clEnqueueUnmapMemObject", rc, queue->device, NULL);
}

locl_status locl_buffer_show(locl_queue *queue, cl_mem buffer, size_t bytes, cl_event *event, locl_error *err)
{
    return synchronise(queue, buffer, bytes, CL_MAP_READ, NULL, event, err);
}

locl_status locl_buffer_look(locl_queue *queue, cl_mem buffer, size_t bytes, locl_error *err)
{
    return synchronise(queue, buffer, bytes, CL_MAP_WRITE_INVALIDATE_REGION, NULL, NULL, err);
}

/* What the host has at `host` the device has to see, and the other way round, with `value` in all bytes. */
static locl_status exchange(locl_queue *queue, cl_mem buffer, void *host, void *scratch, int value,
                            bool *seen, locl_error *err)
{
    void *mapped = NULL;
    memset(host, value, LOCL_PAGE);
    memset(scratch, ~value, LOCL_PAGE);
    LOCL_TRY(synchronise(queue, buffer, LOCL_PAGE, CL_MAP_WRITE_INVALIDATE_REGION, &mapped, NULL, err));
    LOCL_TRY(locl_buffer_read(queue, buffer, 0, LOCL_PAGE, scratch, LOCL_BLOCKING, NULL, NULL, err));
    *seen = mapped == host && !memcmp(scratch, host, LOCL_PAGE);
    memset(scratch, value + 1, LOCL_PAGE);
    LOCL_TRY(locl_buffer_write(queue, buffer, 0, LOCL_PAGE, scratch, LOCL_BLOCKING, NULL, NULL, err));
    LOCL_TRY(synchronise(queue, buffer, LOCL_PAGE, CL_MAP_READ, &mapped, NULL, err));
    LOCL_TRY(locl_queue_finish(queue, err));
    *seen = *seen && mapped == host && !memcmp(scratch, host, LOCL_PAGE);
    return LOCL_OK;
}

/* Tries with a page of memory. `memory` has two. */
static bool try(locl_device *device, char *memory)
{
    enum { TRIED = 0x5a };
    locl_queue queue = {0};
    cl_mem buffer = NULL;
    locl_error ignored;
    bool seen = false;
    locl_status status = locl_queue_create(device, LOCL_QUEUE_PLAIN, &queue, &ignored);
    if (status == LOCL_OK) {
        status = locl_buffer_in_place(device, LOCL_PAGE, memory, "a page", &buffer, &ignored);
    }
    if (status == LOCL_OK) {
        status = exchange(&queue, buffer, memory, memory + LOCL_PAGE, TRIED, &seen, &ignored);
    }
    locl_buffer_release(&buffer);
    locl_queue_release(&queue);
    return status == LOCL_OK && seen;
}

bool locl_device_in_place(locl_device *device)
{
    void *memory = NULL;
    if (device->in_place == LOCL_IN_PLACE_UNKNOWN && device->caps.unified_memory &&
        !posix_memalign(&memory, LOCL_PAGE, (size_t)2 * LOCL_PAGE)) {
        device->in_place = try(device, memory) ? LOCL_IN_PLACE_YES : LOCL_IN_PLACE_NO;
        free(memory);
    }
    return device->caps.unified_memory && device->in_place == LOCL_IN_PLACE_YES;
}
