/* What devices there are, and what is wrong with them. */
#ifndef LOCL_DEVICE_INVENTORY_H
#define LOCL_DEVICE_INVENTORY_H

#include "device/device.h"

typedef struct locl_problem {
    char text[256], remedy[256];
} locl_problem;

typedef struct locl_device_info {
    size_t platform_index, device_index; /* as in the selector P:D */
    char selector[32];
    char platform[128], platform_version[128], vendor[128], name[128], driver[128], version[128];
    cl_platform_id platform_id;
    cl_device_id id;
    locl_caps caps;
    locl_problem problem[4];
    size_t problems;
} locl_device_info;

typedef struct locl_inventory {
    locl_device_info *info; /* [count] */
    size_t count;
    size_t platforms;
    locl_problem problem[4]; /* of the machine: no platform at all, no permission on a render node, ... */
    size_t problems;
} locl_inventory;

/* No platform and no device is no error: count is 0, `problem` says what to install for each vendor.
 * `probe_builds` also builds a trial kernel on each device, and lists a failure as its problem. */
locl_status locl_inventory_open(bool probe_builds, locl_inventory **out, locl_error *err);
void locl_inventory_close(locl_inventory *inventory); /* NULL is fine */

#endif
