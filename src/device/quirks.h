/* What drivers do otherwise than they say: a table, one row for each habit, by maker, platform and version. A row
 * changes caps, which the code asks, or is a problem that `locl devices` shows. Used by caps.c and inventory.c. */
#ifndef LOCL_DEVICE_QUIRKS_H
#define LOCL_DEVICE_QUIRKS_H

#include "device/inventory.h"
#include "device/traits.h"

/* What a quirk is told by. Texts as OpenCL gives them. */
typedef struct locl_driver {
    const char *platform; /* CL_PLATFORM_NAME */
    const char *driver;   /* CL_DRIVER_VERSION: "535.54.03", "22.3.6" */
    locl_traits traits;
} locl_driver;

/* Changes the caps of a device by the rows that hold for its driver. */
void locl_quirks_apply(const locl_driver *driver, locl_caps *caps);
/* Adds the problems that these rows tell to a device; info->caps were queried. */
void locl_quirks_tell(locl_device_info *info);
/* Returns the name of row `index`; NULL behind the last one. */
const char *locl_quirk_name(size_t index);

/* Sets caps.fp16 of rows whose driver does not list what it may have, by a kernel that computes in half precision.
 * Slow: it takes a context. */
void locl_quirks_probe_half(locl_inventory *inventory);

#endif
