/* Chooses the devices of a run. YAML, LOCL_DEVICES, --device and --set have one grammar:
 *   auto | all | gpu | cpu | accelerator | P:D | P:D/i/N | !selector | any part of platform, vendor or name
 * YAML also takes a mapping with the fields of locl_device_spec. See docs/devices.md. */
#ifndef LOCL_DEVICE_SELECT_H
#define LOCL_DEVICE_SELECT_H

#include "device/inventory.h"

/* One entry of `devices:`: either `text`, or the fields of the mapping (empty or -1: not given). */
typedef struct locl_device_spec {
    char text[128];                             /* "" when given as a mapping */
    char platform[128], vendor[128], name[128]; /* case-insensitive parts */
    char type[16];                              /* "gpu", "cpu", "accelerator" or "" */
    int index;                                  /* -1, or the index among those that match */
    int split;                                  /* 0, or the number of equal sub-devices */
    int part;                                   /* -1: all parts take places in the list; or the one to use */
    char engine[16];                            /* "auto", "native", "clblast" or "" */
} locl_device_spec;

locl_device_spec locl_device_spec_text(const char *text); /* leaves the other fields at their defaults */

/* A chosen device: a row of the inventory, whole or one of `split` parts. */
typedef struct locl_device_choice {
    const locl_device_info *info;
    unsigned split, part; /* split 0: whole */
    char engine[16];
} locl_device_choice;

/* Checks an entry by itself, whatever devices there are. LOCL_E_CONFIG: it is malformed, or would match by
 * accident. */
locl_status locl_device_spec_check(const locl_device_spec *spec, locl_error *err);
/* Chooses devices. Pure: makes no OpenCL call. Choices come in the order of the specs. Exclusions (!x) apply
 * to the whole list, and a list of exclusions alone means `all` but those. *out is malloc'd, [*count].
 * LOCL_E_NODEVICE lists what there is and the nearest match. LOCL_E_CONFIG for a malformed selector. */
locl_status locl_select(const locl_inventory *inventory, const locl_device_spec *specs, size_t spec_count,
                        locl_device_choice **out, size_t *count, locl_error *err);
/* Parses "gpu,!0:1" into specs; *out is malloc'd, [*count]. */
locl_status locl_device_specs_parse(const char *text, locl_device_spec **out, size_t *count, locl_error *err);

#endif
