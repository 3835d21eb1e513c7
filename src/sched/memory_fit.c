/* Whether the devices have what stages need; if not, which slices of the batch, or which smaller batch, would
 * fit. */
#include "sched/memory.h"

#include <stdlib.h>

/* Returns the bytes that all devices need that share the device's memory: sub-devices that of their root. */
static size_t shared_bytes(const locl_devices *devices, const locl_memory_need *need, size_t device)
{
    size_t bytes = 0;
    for (size_t d = 0; d < devices->count; d++) {
        bytes += devices->device[d]->context == devices->device[device]->context ? need[d].bytes : 0;
    }
    return bytes;
}

static uint64_t limit_of(const locl_memory_plan *plan, size_t device)
{
    uint64_t has = plan->devices->device[device]->caps.memory;
    return plan->limit && plan->limit < has ? plan->limit : has;
}

typedef enum lack { LACK_NONE, LACK_BUFFER, LACK_MEMORY } lack;

/* Returns what a device lacks. */
static lack lack_of(const locl_memory_plan *plan, const locl_memory_need *need, size_t device)
{
    const locl_caps *caps = &plan->devices->device[device]->caps;
    if (need[device].bytes == 0) {
        return LACK_NONE;
    }
    if (need[device].largest.bytes > caps->largest_buffer) {
        return LACK_BUFFER;
    }
    return shared_bytes(plan->devices, need, device) > limit_of(plan, device) ? LACK_MEMORY : LACK_NONE;
}

bool locl_memory_fits(const locl_memory_plan *plan, const locl_memory_need *need)
{
    for (size_t d = 0; d < plan->devices->count; d++) {
        if (lack_of(plan, need, d) != LACK_NONE) {
            return false;
        }
    }
    return true;
}

static bool fits_with(const locl_memory_plan *plan, size_t batch, size_t slice, locl_memory_need *need)
{
    locl_error refused;
    return locl_memory_needs(plan, batch, slice, need, &refused) == LOCL_OK && locl_memory_fits(plan, need);
}

/* Returns the largest batch that fits, below one that does not, 0 if none does. */
static size_t largest_fitting_batch(const locl_memory_plan *plan)
{
    size_t fits = 0, fails = plan->stage[0].batch;
    locl_memory_need *need = calloc(plan->devices->count, sizeof *need);
    while (need && fails - fits > 1) {
        size_t middle = fits + (fails - fits) / 2;
        if (fits_with(plan, middle, 0, need)) {
            fits = middle;
        } else {
            fails = middle;
        }
    }
    free(need);
    return fits;
}

size_t locl_memory_largest_slice(const locl_memory_plan *plan)
{
    size_t batch = plan->stage[0].batch, least = 1, fits = 0;
    locl_memory_need *need = calloc(plan->devices->count, sizeof *need);
    if (locl_model_needs_batch(&plan->stage[0].model->options)) {
        least = batch; /* a norm over the batch takes all of it at once */
    }
    for (size_t parts = 1; need && !fits && parts <= batch / least; parts++) {
        if (batch % parts == 0 && fits_with(plan, batch, batch / parts, need)) {
            fits = batch / parts;
        }
    }
    free(need);
    return fits;
}

static locl_status add_remedy(const locl_memory_plan *plan, locl_error *err)
{
    size_t slice = locl_memory_largest_slice(plan);
    if (slice) {
        return locl_remedy(err, "data.microbatch: %zu or less, or another device", slice);
    }
    size_t batch = largest_fitting_batch(plan);
    if (batch) {
        return locl_remedy(err, "a data.batch of %zu or less, or another device", batch);
    }
    locl_error_key(err, "model");
    return locl_remedy(err, "another device, or a smaller model: even a data.batch of 1 does not fit");
}

static locl_status fail_lack(const locl_memory_plan *plan, const locl_memory_need *need, size_t device,
                             lack what, locl_error *err)
{
    const locl_device *d = plan->devices->device[device];
    const locl_tensor *largest = &need[device].largest;
    const locl_stage_options *stage = &plan->stage[0];
    const char *key = stage->slice ? "data.microbatch" : "data.batch";
    size_t images = locl_stage_slice(stage);
    if (what == LACK_BUFFER) {
        locl_fail(err, LOCL_E_TOO_LARGE,
                  "with %s %zu, %s needs a buffer of %.3f GiB, the device allows %.3f "
                  "(CL_DEVICE_MAX_MEM_ALLOC_SIZE)",
                  key, images, largest->name, (double)largest->bytes / 0x1p30,
                  (double)d->caps.largest_buffer / 0x1p30);
    } else {
        locl_fail(err, LOCL_E_TOO_LARGE, "%s %zu needs %.3f GiB of memory, the device has %.3f", key, images,
                  (double)shared_bytes(plan->devices, need, device) / 0x1p30,
                  (double)limit_of(plan, device) / 0x1p30);
    }
    locl_error_where(err, "device %zu (%s)", d->index, d->name);
    locl_error_at(err, (int)d->index, -1, -1);
    locl_error_key(err, key);
    return add_remedy(plan, err);
}

locl_status locl_memory_check(const locl_memory_plan *plan, const locl_memory_need *need, locl_error *err)
{
    for (size_t d = 0; d < plan->devices->count; d++) {
        lack what = lack_of(plan, need, d);
        if (what != LACK_NONE) {
            return fail_lack(plan, need, d, what, err);
        }
    }
    return LOCL_OK;
}
