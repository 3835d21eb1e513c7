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

static void check_twice(const locl_placement_entry *entry, size_t index, locl_option_sink *sink)
{
    char key[64];
    snprintf(key, sizeof key, "placement[%zu].devices", index);
    for (unsigned i = 0; i < entry->device_count; i++) {
        for (unsigned j = 0; j < i; j++) {
            if (entry->devices[i] == entry->devices[j]) {
                locl_option_report(sink, key, "found device %u a second time, should be there once",
                                   entry->devices[i]);
                return;
            }
        }
    }
}

static void check_shares(const locl_placement_entry *entry, size_t index, locl_option_sink *sink)
{
    char key[64];
    snprintf(key, sizeof key, "placement[%zu].shares", index);
    if (entry->share_count > 0 && entry->share_count != entry->device_count) {
        locl_option_report(sink, key, "found %u of them, should be one for each of the %u devices",
                           entry->share_count, entry->device_count);
        return;
    }
    for (unsigned i = 0; i < entry->share_count; i++) {
        if (!(entry->shares[i] > 0)) {
            locl_option_report(sink, key,
                               "found 0, should be more than that; a device without a share is left out");
        }
    }
}

void locl_placement_check_shared(const locl_placement_entry *entries, size_t count, const char *why,
                                 locl_option_sink *sink)
{
    char key[64];
    for (size_t i = 0; i < count && why; i++) {
        if (entries[i].device_count > 1) {
            snprintf(key, sizeof key, "placement[%zu].devices", i);
            locl_option_report(sink, key, "found %u devices, should be one: %s", entries[i].device_count,
                               why);
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
        check_twice(&entries[i], i, sink);
        check_shares(&entries[i], i, sink);
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
                locl_option_report(sink, key,
                                   "found device %u, should be from 0 to %zu: so many were chosen; "
                                   "placement: auto takes any",
                                   entries[i].devices[j], devices - 1);
            }
        }
    }
}
