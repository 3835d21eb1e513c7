/* What tells how fast a device is beside its units and clock: who made it, and which generation it is. Included by the
 * files of src/device that find and rank devices. */
#ifndef LOCL_DEVICE_TRAITS_H
#define LOCL_DEVICE_TRAITS_H

#include <CL/cl.h>
#include <stdbool.h>

typedef enum locl_maker {
    LOCL_MAKER_OTHER,
    LOCL_MAKER_NVIDIA,
    LOCL_MAKER_AMD,
    LOCL_MAKER_INTEL,
    LOCL_MAKER_ARM
} locl_maker;

typedef struct locl_traits {
    locl_maker maker;
    cl_device_type type;
    bool mesa; /* under Mesa's rusticl, which counts units in a way of its own */
    cl_uint major,
        minor;     /* NVIDIA: compute capability; AMD: 10, 3 of gfx1030; Intel: IP version; 0, 0: not told */
    cl_uint width; /* floats of the processor's vectors; 0: not told */
    bool integrated; /* shares its memory with the host */
} locl_traits;

void locl_traits_read(cl_device_id id, locl_traits *out);
/* Returns who made a device, from its vendor id, which is that of PCI for GPUs, and its vendor's name. */
locl_maker locl_maker_of(cl_uint vendor_id, const char *vendor);
/* Reads 9, 4 out of "gfx942:sramecc+:xnack-". False for any other name. */
bool locl_traits_read_gfx(const char *name, cl_uint *major, cl_uint *minor);
/* Estimates how many float32 values a compute unit, as the driver counts them, works on in a cycle. At least 1. */
cl_uint locl_traits_lanes(const locl_traits *traits);

#endif
