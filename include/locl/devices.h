/* Lists the OpenCL devices and what is wrong with them, as `locl devices` does.
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
    LOCL_INVENTORY_LIST, /* asks the drivers only */
    LOCL_INVENTORY_TRY   /* also builds a trial kernel on each; a failure is a problem of the device */
} locl_inventory_depth;

/* The devices at the time of locl_inventory_open(). */
typedef struct locl_inventory locl_inventory;

typedef struct locl_problem {
    char text[256], remedy[1024];
} locl_problem;

/* One device. Strings and problems are the inventory's, until it is closed. */
typedef struct locl_device_entry {
    const char *selector; /* "0:1": names it in `devices:`, --device and LOCL_DEVICES */
    const char *stable;   /* names it for good, as long as it and its driver stay: "pci:0000:03:00.0" */
    const char *pci, *uuid,
        *board;       /* PCI address, UUID and AMD's name of the board; "" where the driver tells none */
    const char *type; /* "gpu", "cpu", "accelerator" or "other" */
    const char *name, *vendor, *platform, *platform_version, *version, *driver; /* from the driver */
    const char *same_as; /* selector of the same hardware under a better platform, or NULL */
    unsigned units;      /* compute units */
    unsigned lanes;      /* float32 values that a unit works on in a cycle, estimated */
    unsigned clock_mhz;  /* 0: not known */
    uint64_t memory, largest_buffer, local_memory; /* bytes */
    size_t alignment;                              /* bytes, to which parts of a buffer are aligned */
    size_t work_group;                             /* most work-items of a work-group */
    bool cpu;                                      /* runs work-groups of one work-item well */
    bool fp16, fp64, sub_groups, unified_memory, can_partition;
    const char
        *matrix; /* its matrix unit, for precision: matrix: "none", "mma", "mfma" or "dpas" (docs/gpus.md) */
    double peak; /* float32 operations a second, estimated: units x lanes x clock x 2 */
    double
        rate; /* the most that was measured of a product, operations a second; 0: none was (docs/devices.md) */
    const locl_problem *problem; /* [problems] */
    size_t problems;
} locl_device_entry;

/* Finds the devices. No platform and no device is no error: there are 0 devices then, and the problems say
 * what to install. *out is the caller's until locl_inventory_close(); NULL on error. LOCL_E_OPENCL,
 * LOCL_E_MEMORY. */
LOCL_API locl_status locl_inventory_open(locl_inventory_depth depth, locl_inventory **out, locl_error *err);
LOCL_API void locl_inventory_close(locl_inventory *inventory); /* accepts NULL */

LOCL_API size_t locl_inventory_devices(const locl_inventory *inventory);
/* Describes device `index`, below locl_inventory_devices(), in the order of selectors. */
LOCL_API void locl_inventory_describe(const locl_inventory *inventory, size_t index, locl_device_entry *out);
/* Returns the number of problems of the machine itself, such as no platform at all or no permission on a
 * render node. *out [number] is the inventory's. */
LOCL_API size_t locl_inventory_problems(const locl_inventory *inventory, const locl_problem **out);
/* Whether a device is taken by selectors, and why. */
typedef struct locl_device_match {
    bool taken;
    char places[128]; /* its places in the list of chosen devices: "0 1"; "" if it is not taken */
    char why[256];    /* "its type is gpu" */
} locl_device_match;

/* Says of each device whether `selectors`, as in --device, take it: match [locl_inventory_devices()]. LOCL_E_CONFIG:
 * the selectors are malformed. LOCL_E_NODEVICE: one of them takes none. */
LOCL_API locl_status locl_inventory_match(const locl_inventory *inventory, const char *selectors,
                                          locl_device_match *match, locl_error *err);
/* Writes the same as a JSON object. *out is the caller's to free(). */
LOCL_API locl_status locl_inventory_match_to_json(const locl_inventory *inventory, const char *selectors,
                                                  char **out, locl_error *err);

/* Writes the inventory as one JSON object, as `locl devices --json` prints it. *out is the caller's to
 * free(). LOCL_E_MEMORY. */
LOCL_API locl_status locl_inventory_to_json(const locl_inventory *inventory, char **out, locl_error *err);

/* Returns whether a device of this process did not answer in time, and was left what it holds. Some drivers wait for
 * such a device when a process exits: it should write what it has buffered and end with _exit(). */
LOCL_API bool locl_devices_silent(void);

#ifdef __cplusplus
}
#endif
#endif
