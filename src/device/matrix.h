/* Which matrix unit a device has, and whether its sub-groups do for one (cl/matrix.clh). Included by caps.c, tests, and
 * who speaks of it. */
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
/* Returns how many items of a sub-group can read one another's registers as an operand of what they compute: the
 * smallest of `sizes`, of 8 and 16, in which a value takes one register; else 0. */
cl_uint locl_broadcasts_of(const locl_traits *traits, const char *extensions, const size_t *sizes,
                           size_t count);
size_t locl_broadcasts_unit(cl_uint broadcasts); /* UNIT, for these */
const char *locl_matrix_name(locl_matrix unit);  /* "none", "mma", "mfma", "dpas" */
/* Returns whether it rounds its operands to tf32, which has 10 bits of mantissa; else it multiplies floats. */
bool locl_matrix_rounds(locl_matrix unit);

#endif
