/* The devices that there are, and what is wrong with them. inventory_public.c is its public interface,
 * locl/devices.h. */
#ifndef LOCL_DEVICE_INVENTORY_H
#define LOCL_DEVICE_INVENTORY_H

#include "base/text.h"
#include "device/device.h"
#include "locl/devices.h"

enum { LOCL_PROBLEMS = 6 };

typedef struct locl_device_info {
    size_t platform_index, device_index; /* as in the selector P:D */
    char selector[32];
    char platform[128], platform_version[128], vendor[128], name[128], driver[128], version[128];
    cl_platform_id platform_id;
    cl_device_id id;
    cl_uint vendor_id;          /* PCI vendor of GPUs; arbitrary for CPUs */
    char pci[16];               /* "0000:01:00.0", or "" where the driver does not tell it */
    char uuid[40];              /* "4fcac49b-bc5a-f781-9c02-889186926070", or "" */
    char board[128];            /* AMD's drivers: "AMD Radeon RX 6800" beside the name gfx1030; else "" */
    char called[LOCL_SELECTOR]; /* "name:amd-app:gfx1030:1": by platform and name, the second one */
    char stable[LOCL_SELECTOR]; /* names it for good: "pci:...", "uuid:..." or as in `called` */
    const struct locl_device_info *twin; /* the same hardware under a better platform, or NULL */
    locl_caps caps;
    double rate; /* operations a second, measured in a product (rate.h); 0: none was */
    locl_problem problem[LOCL_PROBLEMS];
    size_t problems;
} locl_device_info;

struct locl_inventory {
    locl_device_info *info; /* [count] */
    size_t count;
    size_t platforms;
    locl_problem
        problem[LOCL_PROBLEMS]; /* of the machine: no platform, no permission on a render node, ... */
    size_t problems;
};

/* What to install for each vendor where there is no device. */
extern const char *const locl_install_remedy;

/* Adds "unset CUDA_VISIBLE_DEVICES (now \"\"), which can hide devices; or " to the start of a remedy, with
 * all variables of loaders and drivers that are set. Adds nothing where none is set. */
void locl_inventory_add_variables(locl_text *remedy);

/* Sets `twin`, and a problem that says so, in every row whose hardware another platform offers better. Pure.
 * CPUs of two platforms are the same processor. Other devices are the same when their PCI addresses are or,
 * where one is unknown, when vendor and memory size agree. Called by locl_inventory_open(). */
void locl_inventory_find_twins(locl_inventory *inventory);

#endif
