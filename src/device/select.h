/* Chooses the devices of a run. YAML, LOCL_DEVICES, --device and --set have one grammar:
 *   auto | all | gpu | cpu | accelerator | P:D | P:D/i/N | pci:ADDRESS | uuid:UUID | name:PLATFORM:DEVICE | set:NAME |
 *   any part of platform, vendor or name | one of these words:N or :N-M | !selector
 * or a mapping with the fields of locl_device_spec. See docs/devices.md. */
#ifndef LOCL_DEVICE_SELECT_H
#define LOCL_DEVICE_SELECT_H

#include "device/inventory.h"

enum { LOCL_CONDITION = 32 }; /* bytes of a condition, terminated */

/* One entry of `devices:`: either `text`, or the fields of the mapping (empty or -1: not given). */
typedef struct locl_device_spec {
    char text[LOCL_SELECTOR];                   /* "" when given as a mapping */
    char device[LOCL_SELECTOR];                 /* a selector of devices that the rest holds for, or "" */
    char platform[128], vendor[128], name[128]; /* case-insensitive parts */
    char type[16];                              /* "gpu", "cpu", "accelerator" or "" */
    char memory[LOCL_CONDITION], largest_buffer[LOCL_CONDITION], local_memory[LOCL_CONDITION]; /* of bytes */
    char units[LOCL_CONDITION], work_group[LOCL_CONDITION];                    /* of numbers */
    char fp16[8], fp64[8], sub_groups[8], unified_memory[8], can_partition[8]; /* "true", "false" or "" */
    int index;       /* -1, or the index among those that match */
    int split;       /* 0, or the number of equal sub-devices */
    int part;        /* -1: all parts take places in the list; or the one to use */
    char engine[16]; /* "auto", "native", "clblast" or "" */
} locl_device_spec;

locl_device_spec locl_device_spec_text(const char *text); /* leaves the other fields at their defaults */

/* Whether an entry asks for half precision, which some drivers do not list (quirks.h). */
bool locl_device_specs_ask_half(const locl_device_spec *specs, size_t count);
/* Whether all entries name devices for good, and nothing else. */
bool locl_device_specs_are_stable(const locl_device_spec *specs, size_t count);
/* Makes the entry that names an opened device for good, with its part and its engine. */
void locl_device_spec_keep(const locl_device *device, locl_device_spec *out);

/* A chosen device: a row of the inventory, whole or one of `split` parts. */
typedef struct locl_device_choice {
    const locl_device_info *info;
    unsigned split, part; /* split 0: whole */
    char engine[16];      /* "" where nothing names one */
} locl_device_choice;

/* Why a row of the inventory was taken or left. */
typedef struct locl_device_reason {
    bool taken;
    char text[256]; /* "its type is gpu"; "the same hardware as 1:0" */
} locl_device_reason;

/* Checks an entry by itself, whatever devices there are. LOCL_E_CONFIG: it is malformed, or would match by
 * accident. */
locl_status locl_device_spec_check(const locl_device_spec *spec, locl_error *err);
/* Chooses devices. Pure: makes no OpenCL call. Choices come in the order of the specs. Exclusions (!x) apply
 * to the whole list, and a list of exclusions alone means `all` but those. *out is malloc'd, [*count].
 * LOCL_E_NODEVICE lists what there is and the nearest match. LOCL_E_CONFIG for a malformed selector, and for a set,
 * which the caller puts its devices in place of (sets.h). */
locl_status locl_select(const locl_inventory *inventory, const locl_device_spec *specs, size_t spec_count,
                        locl_device_choice **out, size_t *count, locl_error *err);
/* Does the same, and says why: reason [inventory->count]. */
locl_status locl_select_why(const locl_inventory *inventory, const locl_device_spec *specs, size_t spec_count,
                            locl_device_choice **out, size_t *count, locl_device_reason *reason,
                            locl_error *err);
/* Parses "gpu,!0:1", or a mapping or a list in YAML ("{type: gpu, memory: 8 GiB}"), into specs; *out is malloc'd,
 * [*count]. */
locl_status locl_device_specs_parse(const char *text, locl_device_spec **out, size_t *count, locl_error *err);

#endif
