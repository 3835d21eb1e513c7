/* plan.json of a run folder, for a run on two devices: a placement that a run may have written, or none. */
#include "fuzz/fuzz.h"

#include "run/plan_file.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    locl_device device[2] = {{.index = 0, .selector = "0:0", .name = "one", .driver = "1.0"},
                             {.index = 1, .selector = "0:1", .name = "two", .driver = "1.0"}};
    locl_device *list[2] = {&device[0], &device[1]};
    locl_devices devices = {.device = list, .count = 2};
    locl_plan plan;
    locl_error err = {0};
    FUZZ_CHECK(locl_plan_file_apply(fuzz_write("plan.json", data, size), &devices, &plan, &err) == LOCL_OK);
    FUZZ_CHECK((plan.placement != NULL) == (plan.placements > 0));
    for (size_t i = 0; i < plan.placements; i++) {
        const locl_placement_entry *entry = &plan.placement[i];
        FUZZ_CHECK(entry->block_count >= 1 && entry->block_count <= LOCL_MODEL_MAX_BLOCKS);
        FUZZ_CHECK(entry->device_count >= 1 && entry->device_count <= devices.count);
        FUZZ_CHECK(entry->share_count == entry->device_count);
        for (unsigned k = 0; k < entry->device_count; k++) {
            FUZZ_CHECK(entry->devices[k] < devices.count && entry->shares[k] > 0);
        }
        for (unsigned k = 0; k < entry->block_count; k++) {
            FUZZ_CHECK(entry->blocks[k] < LOCL_MODEL_MAX_BLOCKS);
        }
    }
    for (size_t i = 0; plan.products && i < devices.count; i++) {
        for (size_t k = 0; k < plan.products[i].count; k++) {
            FUZZ_CHECK(plan.products[i].known[k].solver && plan.products[i].known[k].shape.m >= 1);
        }
    }
    locl_plan_release(&plan);
    return 0;
}
