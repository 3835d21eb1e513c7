/* The user's file of devices: named sets of them, and settings that hold wherever a device is used.
 * $XDG_CONFIG_HOME/locl/devices.yaml, ~/.config/locl/devices.yaml, or what LOCL_DEVICE_FILE names ("" for none). A
 * configuration may name a file with more sets. See docs/devices.md.
 *
 *     sets:
 *       lab: [pci:0000:03:00.0, {type: gpu, memory: 8 GiB}]
 *     settings:
 *       pci:0000:03:00.0: {engine: native, headroom: 512 MiB, share: 2, build: -cl-mad-enable}
 */
#ifndef LOCL_DEVICE_DEVICE_FILE_H
#define LOCL_DEVICE_DEVICE_FILE_H

#include "device/select.h"

typedef struct locl_device_set {
    char *name;
    locl_device_spec *specs; /* [count] */
    size_t count;
} locl_device_set;

typedef struct locl_device_setting {
    char device[LOCL_SELECTOR];    /* a name for good */
    char engine[16];               /* of products, where a run's selector names none; or "" */
    char headroom[LOCL_CONDITION]; /* memory that is left free: "512 MiB"; or "" */
    unsigned share;     /* of a batch's images, where a placement names none, in any unit; 0: not given */
    bool large_buffers; /* buffers as large as the memory, where the driver has a way: Intel's GPUs */
    char build[LOCL_BUILD_OPTIONS]; /* options of every build beside locl's own; or "" */
} locl_device_setting;

typedef struct locl_device_file {
    char *path;
    locl_device_set *set; /* [sets] */
    size_t sets;
    locl_device_setting *setting; /* [settings] */
    size_t settings;
} locl_device_file;

/* Reads a file. LOCL_E_CONFIG has every problem with its place. *out is the caller's. */
locl_status locl_device_file_read(const char *path, locl_device_file **out, locl_error *err);
/* Reads the user's file; *out is NULL where there is none. */
locl_status locl_device_file_read_own(locl_device_file **out, locl_error *err);
void locl_device_file_free(locl_device_file *file); /* accepts NULL */

/* Returns the settings of a device, the last ones that name it; NULL: there are none. */
const locl_device_setting *locl_device_file_find(const locl_device_file *file, const locl_device_info *info);

#endif
