/* Opened devices, which every layer above works with. A locl_device is one OpenCL device or sub-device, with
 * its capabilities, context and program cache. Devices of one root device share a context, so that channels
 * between them need no copy through the host. inventory.h and select.h find and choose devices. */
#ifndef LOCL_DEVICE_DEVICE_H
#define LOCL_DEVICE_DEVICE_H

#include "base/error.h"

#include <CL/cl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Matrix units that cl/matrix.clh knows: UNIT there. */
typedef enum locl_matrix {
    LOCL_MATRIX_NONE,
    LOCL_MATRIX_MMA,  /* NVIDIA, of tf32 */
    LOCL_MATRIX_MFMA, /* AMD, of fp32 */
    LOCL_MATRIX_DPAS  /* Intel, of tf32 */
} locl_matrix;

/* Capabilities of a device. Code asks these, never the name of the vendor. A test may lower them after
 * opening. */
typedef struct locl_caps {
    cl_device_type type;     /* CL_DEVICE_TYPE_GPU, _CPU or _ACCELERATOR */
    bool cpu;                /* runs work-groups of one work-item well: true for CPUs only */
    cl_uint units;           /* compute units */
    cl_uint lanes;           /* float32 values that a unit works on in a cycle, estimated (traits.h) */
    cl_uint clock_mhz;       /* 0 where unknown */
    cl_ulong memory;         /* bytes, CL_DEVICE_GLOBAL_MEM_SIZE */
    cl_ulong largest_buffer; /* bytes, CL_DEVICE_MAX_MEM_ALLOC_SIZE */
    cl_ulong local_memory;   /* bytes per work-group */
    size_t alignment;        /* bytes, of sub-buffers: CL_DEVICE_MEM_BASE_ADDR_ALIGN / 8, at least 64 */
    size_t work_group;       /* CL_DEVICE_MAX_WORK_GROUP_SIZE */
    bool fp16, fp64, sub_groups, unified_memory, can_partition;
    /* Takes a block's step in one pass: true for CPUs, whose caches hold a tile of it, but not under Mesa's llvmpipe,
     * which does not finish compiling such a kernel within minutes, and not on Oclgrind, which lacks an intrinsic of
     * it. */
    bool whole_blocks;
    /* The driver compiles a kernel when it is first launched, one after another, and keeps the result on disk
     * itself. Each program costs it a lot, and a program's binary compiles all kernels a second time (PoCL). */
    bool builds_late;
    /* Habits of drivers (quirks.c). */
    size_t largest_fill; /* bytes of one command that fills; more is filled in pieces */
    bool maps;           /* what is mapped is the device's memory; else it is copied */
    bool finishes;       /* clFinish waits until a queue is empty; else an event is waited for */
    bool wide_items;     /* a work-item has registers for more than 16 sums: not on Intel's GPUs */
    bool wide_chunks;    /* a CPU's work-item takes up to 64 values of a row at once; else 4 */
    bool overlaps;       /* parts of buffers may overlap at no cost; else tensors get buffers of their own */
    bool wide_buffers;   /* larger buffers than largest_buffer may be asked for */
    bool probe_half;     /* fp16 is not listed, but may be there */
    cl_uint broadcasts; /* items of a sub-group that read one another's registers at no cost: 8, 16; else 0 */
    bool emulates_broadcasts; /* through local memory: for tests */
    locl_matrix matrix;       /* the unit that it has */
    bool emulates_matrix;     /* computes what the unit would, one value after another: for tests */
    bool takes_matrix; /* products take it: a run asked for it, and it was seen to be right (tune/matrix.h) */
} locl_caps;

enum { LOCL_SELECTOR = 160, LOCL_BUILD_OPTIONS = 256 }; /* bytes, terminated */

typedef struct locl_program_cache locl_program_cache; /* program.h */

typedef struct locl_device locl_device;
/* Prepares a device for a library before its first use. It may use a queue of its own. */
typedef locl_status (*locl_device_prepare)(locl_device *device, locl_error *err);
enum { LOCL_DEVICE_PREPARES = 8 };
/* Whether it works on the host's memory where it lies: in_place.h. */
typedef enum locl_in_place { LOCL_IN_PLACE_UNKNOWN, LOCL_IN_PLACE_NO, LOCL_IN_PLACE_YES } locl_in_place;

struct locl_device {
    cl_device_id id;
    cl_platform_id platform;
    cl_context context; /* shared by the sub-devices of a root device */
    size_t index;       /* index in the opened list, which `placement` counts */
    char selector[32];  /* "0:1" or "0:1/0/2": names it again as long as no driver or device comes or goes */
    char stable[LOCL_SELECTOR]; /* "pci:0000:03:00.0", "pci:0000:03:00.0/0/2": names it for good */
    char name[128];             /* CL_DEVICE_NAME */
    char vendor[128];
    char platform_name[128];
    char driver[128];           /* CL_DRIVER_VERSION */
    char version[128];          /* CL_DEVICE_VERSION */
    char platform_version[128]; /* CL_PLATFORM_VERSION */
    double deadline;            /* most seconds that the host waits for it; 0: as long as it takes */
    char engine
        [16]; /* product engine that its selector or the user's file gives it: "auto", "native" or "clblast" */
    /* Settings of the user's file (device_file.h). */
    char build[LOCL_BUILD_OPTIONS]; /* options of every build beside locl's own */
    cl_ulong headroom;              /* bytes that are left free; caps.memory is without them */
    cl_ulong wide_from; /* bytes from which a buffer has to be asked for in the driver's own way; 0: never */
    unsigned share;     /* of a batch's images, where a placement names none, in any unit; 0: as the others */
    locl_caps caps;
    locl_in_place in_place;
    locl_program_cache *programs;
    locl_device_prepare prepared[LOCL_DEVICE_PREPARES]; /* [prepared_count] preparations done */
    size_t prepared_count;
};

/* Opened devices with the contexts that they share. */
typedef struct locl_devices {
    locl_device **device; /* [count] */
    size_t count;
    cl_context *context; /* [contexts]: one for each root device */
    size_t contexts;
} locl_devices;

struct locl_device_spec; /* select.h */

/* Opens the devices that `specs` select, in their order; without specs, `auto`. LOCL_DEVICES, where set,
 * replaces them. LOCL_CAPS lowers the caps of the opened devices, and LOCL_DEADLINE gives them a deadline
 * (docs/devices.md). *out is the caller's until locl_devices_close(). On error *out is NULL and *err has the
 * remedy. LOCL_E_NODEVICE: nothing matches, or there is no platform. */
locl_status locl_devices_open(const struct locl_device_spec *specs, size_t count, locl_devices **out,
                              locl_error *err);
/* Opens devices from text, as in --device: selectors separated by commas. Ignores LOCL_DEVICES. */
locl_status locl_devices_open_text(const char *selectors, locl_devices **out, locl_error *err);
/* Opens all of `devices` but number `lost` anew, in contexts of their own, with the engines and matrix units that they
 * have. There are at least two. */
locl_status locl_devices_open_without(const locl_devices *devices, size_t lost, locl_devices **out,
                                      locl_error *err);
void locl_devices_close(locl_devices *devices); /* accepts NULL */
/* Closes all but device `lost`, which no longer answers: its context, and what shares it, are never asked again, and
 * stay until the process ends. */
void locl_devices_abandon(locl_devices *devices, size_t lost);
/* Notes that a device did not answer in time: see locl_devices_silent(). */
void locl_devices_note_silent(void);

/* Calls `prepare` unless it has been called for this device before. Thread-safe. */
locl_status locl_device_prepare_once(locl_device *device, locl_device_prepare prepare, locl_error *err);

#endif
