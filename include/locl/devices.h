/* What OpenCL devices there are and what is wrong with them: `locl devices` as a library call.
 *
 *     locl_inventory *inventory;
 *     if (locl_inventory_open(LOCL_INVENTORY_TRY, &inventory, &err) == LOCL_OK) {
 *         for (size_t i = 0; i < locl_inventory_devices(inventory); i++) {
 *             locl_device_entry device;
 *             locl_inventory_describe(inventory, i, &device);
 *             printf("%s %s\n", device.selector, device.name);
 *         }
 *         locl_inventory_close(inventory);
 *     }
 */
#ifndef LOCL_DEVICES_H
#define LOCL_DEVICES_H

#include "locl/export.h"
#include "locl/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum locl_inventory_depth {
    LOCL_INVENTORY_LIST, /* what drivers tell */
    LOCL_INVENTORY_TRY   /* also builds a trial kernel on each device; a failure is a problem of it */
} locl_inventory_depth;

/* The devices as they were when it was opened. */
typedef struct locl_inventory locl_inventory;

typedef struct locl_problem {
    char text[256], remedy[1024];
} locl_problem;

/* Strings and problems are the inventory's, until it is closed. */
typedef struct locl_device_entry {
    const char *selector; /* "0:1": names it in `devices:`, --device and LOCL_DEVICES */
    const char *type;     /* "gpu", "cpu", "accelerator" or "other" */
    const char *name, *vendor, *platform, *platform_version, *version, *driver; /* as its driver says */
    const char *same_as; /* selector of the same hardware under a better platform; NULL: none */
    unsigned units;      /* compute units */
    unsigned clock_mhz;  /* 0: not known */
    uint64_t memory, largest_buffer, local_memory; /* bytes */
    size_t alignment;                              /* bytes, of parts of a buffer */
    size_t work_group;                             /* work-items at most */
    bool cpu;                                      /* runs work-groups of one work-item well */
    bool fp16, fp64, sub_groups, unified_memory, can_partition;
    const locl_problem *problem; /* [problems] */
    size_t problems;
} locl_device_entry;

/* No platform and no device is no error: there are 0 devices then, and the problems say what to install.
 * *out is the caller's until locl_inventory_close(); NULL on error. LOCL_E_OPENCL, LOCL_E_MEMORY. */
LOCL_API locl_status locl_inventory_open(locl_inventory_depth depth, locl_inventory **out, locl_error *err);
LOCL_API void locl_inventory_close(locl_inventory *inventory); /* NULL is fine */

LOCL_API size_t locl_inventory_devices(const locl_inventory *inventory);
/* `index` below locl_inventory_devices(), in the order of their selectors. */
LOCL_API void locl_inventory_describe(const locl_inventory *inventory, size_t index, locl_device_entry *out);
/* Of the machine (no platform at all, no permission on a render node): their number; *out [number] is the
 * inventory's. */
LOCL_API size_t locl_inventory_problems(const locl_inventory *inventory, const locl_problem **out);
/* One JSON object, as `locl devices --json` prints it; *out is the caller's to free(). LOCL_E_MEMORY. */
LOCL_API locl_status locl_inventory_to_json(const locl_inventory *inventory, char **out, locl_error *err);

#ifdef __cplusplus
}
#endif
#endif
