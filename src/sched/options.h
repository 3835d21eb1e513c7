/* Which blocks run on which devices, as `placement` says. Filled by src/config; read by src/sched. Plain
 * data.
 */
#ifndef LOCL_SCHED_OPTIONS_H
#define LOCL_SCHED_OPTIONS_H

#include "model/options.h"

enum { LOCL_MAX_DEVICES = 64 };

/* One entry of `placement: [{blocks: [0, 1], devices: [0]}, ...]`: both are indices from 0. */
typedef struct locl_placement_entry {
    unsigned blocks[LOCL_MODEL_MAX_BLOCKS], block_count;
    unsigned devices[LOCL_MAX_DEVICES],
        device_count; /* into the devices chosen by `devices`, in their order */
} locl_placement_entry;

#endif
