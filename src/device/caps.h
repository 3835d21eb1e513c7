/* Reads the capabilities of a device, and lowers them. Included by the files of src/device that find and
 * choose devices. All others read device->caps. */
#ifndef LOCL_DEVICE_CAPS_H
#define LOCL_DEVICE_CAPS_H

#include "device/device.h"

/* Every cap except the type: name, C type. Used for LOCL_CAPS and for printing. */
#define LOCL_CAPS_NUMBERS(X)                                                                                 \
    X(units, cl_uint)                                                                                        \
    X(lanes, cl_uint)                                                                                        \
    X(clock_mhz, cl_uint)                                                                                    \
    X(memory, cl_ulong)                                                                                      \
    X(largest_buffer, cl_ulong)                                                                              \
    X(local_memory, cl_ulong)                                                                                \
    X(alignment, size_t)                                                                                     \
    X(work_group, size_t)
#define LOCL_CAPS_FLAGS(X)                                                                                   \
    X(cpu, bool)                                                                                             \
    X(fp16, bool)                                                                                            \
    X(fp64, bool)                                                                                            \
    X(sub_groups, bool)                                                                                      \
    X(unified_memory, bool)                                                                                  \
    X(can_partition, bool)
/* Those that are lowered but never shown. */
#define LOCL_CAPS_HIDDEN(X)                                                                                  \
    X(builds_late, bool)                                                                                     \
    X(whole_blocks, bool)                                                                                    \
    X(largest_fill, size_t)                                                                                  \
    X(maps, bool)                                                                                            \
    X(finishes, bool)                                                                                        \
    X(overlaps, bool)                                                                                        \
    X(wide_items, bool)                                                                                      \
    X(wide_chunks, bool)

locl_status locl_caps_query(cl_device_id id, locl_caps *out, locl_error *err);
/* Lowers caps by `text`, as in LOCL_CAPS: "cpu=0,largest_buffer=1000000,work_group=64". A value that claims
 * more than the device has (for alignment: a smaller one) changes nothing. LOCL_E_CONFIG for an unknown cap,
 * a value that is no number, or an alignment that is no power of two. */
locl_status locl_caps_lower(locl_caps *caps, const char *text, locl_error *err);

/* Copies a CL_DEVICE_* or CL_PLATFORM_* text, terminated and without blanks at its ends; "" where the query
 * fails. */
void locl_device_text(cl_device_id id, cl_device_info what, char *out, size_t size);
void locl_platform_text(cl_platform_id id, cl_platform_info what, char *out, size_t size);
/* Whether the device's platform has exactly that name. */
bool locl_device_is_of_platform(cl_device_id id, const char *name);
const char *locl_device_type_name(cl_device_type type); /* returns "gpu", "cpu", "accelerator" or "other" */

#endif
