/* Which matrix unit a device has, and whether its sub-groups do for one (cl/matrix.clh). Included by caps.c, tests, and who speaks of it. */
#ifndef LOCL_DEVICE_MATRIX_H
#define LOCL_DEVICE_MATRIX_H

#include "device/device.h"
#include "device/traits.h"

/* What OpenCL says of a device, beside its traits. */
typedef struct locl_matrix_traits {
    const char *name;       /* CL_DEVICE_NAME */
    const char *platform;   /* CL_PLATFORM_NAME */
    const char *extensions; /* CL_DEVICE_EXTENSIONS */
} locl_matrix_traits;

/* Returns the unit that the device's own compiler gives OpenCL C access to. */
locl_matrix locl_matrix_of(const locl_traits *traits, const locl_matrix_traits *told);
enum { LOCL_BROADCASTS_UNIT = LOCL_MATRIX_DPAS + 1 }; /* UNIT, for these */
/* Returns whether items of sub-groups of 16 can read one another's registers as an operand of what they compute. */
bool locl_broadcasts_of(const locl_traits *traits, const char *extensions);
const char *locl_matrix_name(locl_matrix unit); /* "none", "mma", "mfma", "dpas" */
/* Returns whether it rounds its operands to tf32, which has 10 bits of mantissa; else it multiplies floats. */
bool locl_matrix_rounds(locl_matrix unit);

#endif
