/* Which blocks run on which devices, as `placement` says. src/config fills it, src/sched reads it. Plain
 * data. */
#ifndef LOCL_SCHED_OPTIONS_H
#define LOCL_SCHED_OPTIONS_H

#include "model/options.h"

enum { LOCL_MAX_DEVICES = 64 };

/* One entry of `placement: [{blocks: [0, 1], devices: [0, 2], shares: [3, 1]}, ...]`. Blocks and devices are indices
 * from 0. */
typedef struct locl_placement_entry {
    unsigned blocks[LOCL_MODEL_MAX_BLOCKS], block_count;
    unsigned devices[LOCL_MAX_DEVICES],
        device_count;                /* into the devices chosen by `devices`, in their order */
    double shares[LOCL_MAX_DEVICES]; /* of the images of a batch, in any unit */
    unsigned share_count;            /* 0: equal ones */
} locl_placement_entry;

/* How values are kept and multiplied: as floats; or activations, where they pass between devices or a GPU stores them,
 * as halves, while arithmetic is in float (docs/memory.md); or as floats that matrix units multiply as they can. */
typedef enum locl_precision {
    LOCL_PRECISION_FP32,
    LOCL_PRECISION_FP16_STORAGE,
    LOCL_PRECISION_MATRIX
} locl_precision;

/* Whether stages that were placed by measurement get other shares when devices become slower. */
typedef enum locl_rebalance { LOCL_REBALANCE_AUTO, LOCL_REBALANCE_OFF } locl_rebalance;

/* What a run does that loses one of its devices: goes on without it, or saves its last snapshot and stops. */
typedef enum locl_on_device_loss { LOCL_LOSS_CONTINUE, LOCL_LOSS_STOP } locl_on_device_loss;

/* Reports blocks that are placed twice or not at all, entries that lack something, devices given twice in one, and
 * shares that are not one positive number for each device. */
void locl_placement_check(const locl_placement_entry *entries, size_t count, unsigned blocks,
                          locl_option_sink *sink);
/* Reports blocks that several devices share although they can't, for that reason (locl_rule_keeps_whole()); NULL: they
 * can. */
void locl_placement_check_shared(const locl_placement_entry *entries, size_t count, const char *why,
                                 locl_option_sink *sink);
/* Reports devices that there are not, once it is known how many were chosen. */
void locl_placement_check_devices(const locl_placement_entry *entries, size_t count, size_t devices,
                                  locl_option_sink *sink);

#endif
