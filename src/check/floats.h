/* Holds a device's arithmetic on special floats against the host's: NaN, infinities, zeros, denormals, the largest and
 * the smallest. Used by src/doctor. */
#ifndef LOCL_CHECK_FLOATS_H
#define LOCL_CHECK_FLOATS_H

#include "device/device.h"

typedef struct locl_floats {
    size_t cases;           /* that were computed */
    size_t wrong;           /* results other than the host's, denormals apart */
    char first[192];        /* the first of these: "1 * nan = 0, should be nan" */
    bool denormals_flushed; /* to 0, as operands or as results */
} locl_floats;

locl_status locl_floats_check(locl_device *device, locl_floats *out, locl_error *err);

#endif
