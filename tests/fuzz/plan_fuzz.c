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
    locl_placement_entry *placement = NULL;
    size_t count = 0;
    locl_error err = {0};
    FUZZ_CHECK(locl_plan_file_apply(fuzz_write("plan.json", data, size), &devices, &placement, &count,
                                    &err) == LOCL_OK);
    FUZZ_CHECK((placement != NULL) == (count > 0));
    for (size_t i = 0; i < count; i++) {
        FUZZ_CHECK(placement[i].block_count >= 1 && placement[i].block_count <= LOCL_MODEL_MAX_BLOCKS);
        FUZZ_CHECK(placement[i].device_count >= 1 && placement[i].devices[0] < devices.count);
        for (unsigned k = 0; k < placement[i].block_count; k++) {
            FUZZ_CHECK(placement[i].blocks[k] < LOCL_MODEL_MAX_BLOCKS);
        }
    }
    free(placement);
    return 0;
}
