#include "sched/placement.h"

#include <stdlib.h>
#include <string.h>

const locl_policy *const locl_policies[] = {&locl_policy_chain, NULL};

locl_status locl_placement_create(size_t stages, size_t devices, locl_placement *out, locl_error *err)
{
    *out = (locl_placement){stages, devices, calloc(stages * devices, sizeof *out->share)};
    return out->share ? LOCL_OK : locl_fail_memory(err, stages * devices * sizeof *out->share);
}

void locl_placement_release(locl_placement *placement)
{
    free(placement->share);
    *placement = (locl_placement){0};
}

static double *shares_of(const locl_placement *placement, size_t stage)
{
    return placement->share + stage * placement->devices;
}

void locl_placement_put(locl_placement *placement, size_t stage, size_t device)
{
    double *share = shares_of(placement, stage);
    for (size_t d = 0; d < placement->devices; d++) {
        share[d] = d == device ? 1 : 0;
    }
}

bool locl_placement_is_whole(const locl_placement *placement, size_t stage, size_t *device)
{
    const double *share = shares_of(placement, stage);
    size_t users = 0;
    for (size_t d = 0; d < placement->devices; d++) {
        if (share[d] > 0) {
            users++;
            *device = d;
        }
    }
    return users == 1;
}

/* ---- as a person gives it ---- */

static bool names_block(const locl_placement_entry *entry, size_t block)
{
    for (unsigned i = 0; i < entry->block_count; i++) {
        if (entry->blocks[i] == block) {
            return true;
        }
    }
    return false;
}

/* Returns the entry that names a block. Exactly one does, as was checked. */
static const locl_placement_entry *entry_of_block(const locl_placement_entry *entries, size_t block)
{
    while (!names_block(entries, block)) {
        entries++;
    }
    return entries;
}

static void share_out(const locl_placement_entry *entry, size_t devices, double *share)
{
    double sum = 0;
    memset(share, 0, devices * sizeof *share);
    for (unsigned i = 0; i < entry->share_count; i++) {
        sum += entry->shares[i];
    }
    for (unsigned i = 0; i < entry->device_count; i++) {
        share[entry->devices[i]] = entry->share_count ? entry->shares[i] / sum : 1.0 / entry->device_count;
    }
}

static locl_status check_entries(const locl_placement_entry *entries, size_t count, size_t blocks,
                                 size_t devices, locl_error *err)
{
    locl_option_sink sink = locl_option_sink_of(err);
    locl_placement_check(entries, count, (unsigned)blocks, &sink);
    locl_placement_check_devices(entries, count, devices, &sink);
    return locl_option_sink_status(&sink);
}

locl_status locl_placement_given(const locl_placement_entry *entries, size_t count, const size_t *first,
                                 const size_t *last, locl_placement *out, locl_error *err)
{
    double share[LOCL_MAX_DEVICES];
    if (out->devices > LOCL_MAX_DEVICES) {
        return locl_fail(err, LOCL_E_CONFIG, "%zu devices are selected, at most %d can be used", out->devices,
                         LOCL_MAX_DEVICES);
    }
    LOCL_TRY(check_entries(entries, count, last[out->stages - 1], out->devices, err));
    for (size_t s = 0; s < out->stages; s++) {
        for (size_t block = first[s]; block < last[s]; block++) {
            const locl_placement_entry *entry = entry_of_block(entries, block);
            share_out(entry, out->devices, share);
            if (block > first[s] && memcmp(share, shares_of(out, s), out->devices * sizeof *share) != 0) {
                locl_fail(err, LOCL_E_CONFIG,
                          "placement: blocks %zu to %zu run as one under this rule, but block %zu has "
                          "other devices or shares than block %zu",
                          first[s], last[s] - 1, block, block - 1);
                locl_error_key(err, "placement");
                return locl_remedy(err, "the same devices and shares for all of them");
            }
            memcpy(shares_of(out, s), share, out->devices * sizeof *share);
        }
    }
    return LOCL_OK;
}
