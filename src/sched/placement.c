#include "sched/placement.h"

const locl_policy *const locl_policies[] = {&locl_policy_chain, NULL};

static bool names_block(const locl_placement_entry *entry, size_t block)
{
    for (unsigned i = 0; i < entry->block_count; i++) {
        if (entry->blocks[i] == block) {
            return true;
        }
    }
    return false;
}

/* The device of one block; exactly one entry must name it. */
static locl_status device_of_block(const locl_placement_entry *entries, size_t count, size_t block,
                                   size_t devices, size_t *device, locl_error *err)
{
    const locl_placement_entry *found = NULL;
    for (size_t i = 0; i < count; i++) {
        if (!names_block(&entries[i], block)) {
            continue;
        }
        if (found) {
            return locl_fail(err, LOCL_E_CONFIG, "placement: block %zu is named twice", block);
        }
        found = &entries[i];
    }
    if (!found || !found->device_count) {
        return locl_fail(err, LOCL_E_CONFIG, "placement: block %zu has no device", block);
    }
    *device = found->devices[0];
    if (*device >= devices) {
        return locl_fail(err, LOCL_E_CONFIG, "placement: block %zu: there is no device %zu, %zu are selected",
                         block, *device, devices);
    }
    return LOCL_OK;
}

locl_status locl_placement_given(const locl_placement_entry *entries, size_t count, size_t stages,
                                 const size_t *first, const size_t *last, size_t devices, size_t *device,
                                 locl_error *err)
{
    for (size_t s = 0; s < stages; s++) {
        for (size_t block = first[s]; block < last[s]; block++) {
            size_t d = 0;
            LOCL_TRY(device_of_block(entries, count, block, devices, &d, err));
            if (block > first[s] && d != device[s]) {
                locl_fail(
                    err, LOCL_E_CONFIG,
                    "placement: blocks %zu to %zu run as one under this rule, but are placed on devices "
                    "%zu and %zu",
                    first[s], last[s] - 1, device[s], d);
                return locl_remedy(err, "one device for all of them");
            }
            device[s] = d;
        }
    }
    return LOCL_OK;
}
