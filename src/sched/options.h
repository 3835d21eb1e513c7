/* Which blocks run on which devices, as `placement` says. src/config fills it, src/sched reads it. Plain
 * data. */
#ifndef LOCL_SCHED_OPTIONS_H
#define LOCL_SCHED_OPTIONS_H

#include "model/options.h"

enum { LOCL_MAX_DEVICES = 64 };

/* One entry of `placement: [{blocks: [0, 1], devices: [0]}, ...]`. Both are indices from 0. */
typedef struct locl_placement_entry {
    unsigned blocks[LOCL_MODEL_MAX_BLOCKS], block_count;
    unsigned devices[LOCL_MAX_DEVICES],
        device_count; /* into the devices chosen by `devices`, in their order */
} locl_placement_entry;

/* What is said of blocks that several devices share. */
#define LOCL_PLACEMENT_SHARED                                                                                \
    "blocks on several devices at once are not available yet; available: one device in `devices`"

/* Reports blocks that are placed twice or not at all, and entries that lack something. */
void locl_placement_check(const locl_placement_entry *entries, size_t count, unsigned blocks,
                          locl_option_sink *sink);
/* Reports blocks that several devices share, which no pipeline can open yet. */
void locl_placement_check_shares(const locl_placement_entry *entries, size_t count, locl_option_sink *sink);
/* Reports devices that there are not, once it is known how many were chosen. */
void locl_placement_check_devices(const locl_placement_entry *entries, size_t count, size_t devices,
                                  locl_option_sink *sink);

#endif
