/* Checks whether a person's `placement` names every block once, and devices that there are. */
#include "sched/options.h"

#include <stdio.h>

/* Checks the blocks of an entry. `seen` [blocks] marks those that an entry named before. */
static void check_blocks(const locl_placement_entry *entry, size_t index, unsigned blocks, bool *seen,
                         locl_option_sink *sink)
{
    char key[64];
    snprintf(key, sizeof key, "placement[%zu].blocks", index);
    for (unsigned i = 0; i < entry->block_count; i++) {
        unsigned block = entry->blocks[i];
        if (block >= blocks) {
            locl_option_report(sink, key, "found block %u, should be from 0 to %u", block, blocks - 1);
        } else if (seen[block]) {
            locl_option_report(sink, key, "found block %u a second time, should be placed once", block);
        } else {
            seen[block] = true;
        }
    }
}

static void check_entry(const locl_placement_entry *entry, size_t index, locl_option_sink *sink)
{
    char key[64];
    snprintf(key, sizeof key, "placement[%zu]", index);
    if (entry->block_count == 0 || entry->device_count == 0) {
        locl_option_report(sink, key, "%s is missing, should be {blocks: [..], devices: [..]}",
                           entry->block_count ? "devices" : "blocks");
    }
}

void locl_placement_check_shares(const locl_placement_entry *entries, size_t count, locl_option_sink *sink)
{
    char key[64];
    for (size_t i = 0; i < count; i++) {
        if (entries[i].block_count > 0 && entries[i].device_count > 1) {
            snprintf(key, sizeof key, "placement[%zu]", i);
            locl_option_report(sink, key, LOCL_PLACEMENT_SHARED);
        }
    }
}

void locl_placement_check(const locl_placement_entry *entries, size_t count, unsigned blocks,
                          locl_option_sink *sink)
{
    static const char *const needed[] = {"placement", NULL};
    bool seen[LOCL_MODEL_MAX_BLOCKS] = {false};
    for (size_t i = 0; i < count; i++) {
        check_entry(&entries[i], i, sink);
        check_blocks(&entries[i], i, blocks, seen, sink);
    }
    for (unsigned block = 0; count > 0 && block < blocks; block++) {
        if (!seen[block] && !locl_option_wrong(sink, needed)) {
            locl_option_report(sink, "placement", "block %u has no place, should be every block from 0 to %u",
                               block, blocks - 1);
        }
    }
}

void locl_placement_check_devices(const locl_placement_entry *entries, size_t count, size_t devices,
                                  locl_option_sink *sink)
{
    char key[64];
    for (size_t i = 0; i < count; i++) {
        snprintf(key, sizeof key, "placement[%zu].devices", i);
        for (unsigned j = 0; j < entries[i].device_count; j++) {
            if (entries[i].devices[j] >= devices) {
                locl_option_report(sink, key, "found device %u, should be from 0 to %zu: so many were chosen",
                                   entries[i].devices[j], devices - 1);
            }
        }
    }
}
