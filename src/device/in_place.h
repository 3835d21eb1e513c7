/* Whether a device works on memory of the host where it lies, without a copy of its own, as CPUs and integrated GPUs
 * may. Drivers may copy all the same, so it is tried. Used by sched for channels between contexts. */
#ifndef LOCL_DEVICE_IN_PLACE_H
#define LOCL_DEVICE_IN_PLACE_H

#include "device/call.h"

/* Alignment and unit of size of host memory that drivers take as it is. */
enum { LOCL_PAGE = 4096, LOCL_CACHE_LINE = 64 };

/* Returns whether a device does; tried once, with a page of memory. One without unified memory does not. */
bool locl_device_in_place(locl_device *device);
/* Makes a buffer of the host's memory, which begins at a page, has whole cache lines, and outlives it. */
locl_status locl_buffer_in_place(locl_device *device, size_t bytes, void *host, const char *what, cl_mem *out,
                                 locl_error *err);
/* Enqueue that what the device wrote there is seen by others once *event is complete, and that the device sees what
 * others wrote before the call. */
locl_status locl_buffer_show(locl_queue *queue, cl_mem buffer, size_t bytes, cl_event *event,
                             locl_error *err);
locl_status locl_buffer_look(locl_queue *queue, cl_mem buffer, size_t bytes, locl_error *err);

#endif
