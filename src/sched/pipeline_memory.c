/* What a pipeline's stages need of their devices, as they are recorded, and whether it is there. Where it is not,
 * the pipeline is planned again, placed as it is, for smaller slices of the batch or other batches, to find the
 * largest that fits. */
#include "sched/pipeline_parts.h"

#include "sched/memory.h"

#include <stdlib.h>

static void add_stage(const locl_pipeline *p, size_t index, locl_memory_need *need)
{
    const locl_pipeline_stage *s = &p->stage[index];
    size_t bytes = locl_arena_bytes(s->stage.state);
    need += s->lane->device->index;
    if (bytes > need->stage_bytes) {
        need->stage = s->number;
        need->stage_bytes = bytes;
    }
    locl_memory_add(need, s->stage.state);
    locl_passing_add(&p->passing[index], need);
}

/* Writes what each device needs to need [devices]. */
static void list_needs(const locl_pipeline *p, locl_memory_need *need)
{
    for (size_t d = 0; d < p->devices->count; d++) {
        need[d] = (locl_memory_need){0};
    }
    for (size_t i = 0; i < p->lanes; i++) {
        locl_memory_add(&need[p->lane[i].device->index], p->lane[i].workspace);
    }
    for (size_t i = 0; i < p->stages; i++) {
        add_stage(p, i, need);
    }
}

/* Returns whether the stages would fit with another batch, `slice` images of it at once (0: all). */
static bool fits_with(const locl_pipeline *p, uint64_t limit, size_t batch, size_t slice)
{
    locl_memory_need need[LOCL_MAX_DEVICES];
    locl_pipeline_options options = p->options;
    locl_pipeline *other;
    locl_error refused;
    options.batch = batch;
    options.slice = slice;
    options.placed = &p->placement;
    if (locl_pipeline_plan(&options, p->devices, &other, &refused) != LOCL_OK) {
        return false;
    }
    list_needs(other, need);
    locl_pipeline_close(other);
    return locl_memory_fits(p->devices, limit, need);
}

/* Returns the largest batch that fits, below one that does not, 0 if none does. */
static size_t largest_batch(const locl_pipeline *p)
{
    size_t fits = 0, fails = p->options.batch;
    while (fails - fits > 1) {
        size_t middle = fits + (fails - fits) / 2;
        if (fits_with(p, 0, middle, 0)) {
            fits = middle;
        } else {
            fails = middle;
        }
    }
    return fits;
}

/* Returns the most images that can be computed at once: the largest divisor of the batch that fits, 0 if none
 * does. Where the model normalises over the batch, or tells its images apart, it is all or nothing. */
static size_t largest_slice(const locl_pipeline *p, uint64_t limit)
{
    size_t batch = p->options.batch;
    const locl_model *model = p->options.model;
    size_t least = locl_model_needs_batch(&model->options) || locl_model_contrasts(model) ? batch : 1;
    for (size_t parts = 1; parts <= batch / least; parts++) {
        if (batch % parts == 0 && fits_with(p, limit, batch, batch / parts)) {
            return batch / parts;
        }
    }
    return 0;
}

static locl_status add_remedy(const locl_pipeline *p, locl_error *err)
{
    size_t slice = largest_slice(p, 0);
    if (slice) {
        return locl_remedy(err, "data.microbatch: %zu, or another device", slice);
    }
    size_t batch = largest_batch(p);
    if (batch) {
        return locl_remedy(err, "a data.batch of %zu or less, or another device", batch);
    }
    locl_error_key(err, "model");
    return locl_remedy(err, "another device, or a smaller model: even a data.batch of 1 does not fit");
}

static locl_status fail_lack(const locl_pipeline *p, const locl_memory_need *need, size_t device,
                             locl_memory_lack what, locl_error *err)
{
    const locl_device *d = p->devices->device[device];
    const locl_tensor *largest = &need[device].largest;
    const char *key = p->options.slice ? "data.microbatch" : "data.batch";
    size_t images = p->options.slice ? p->options.slice : p->options.batch;
    if (what == LOCL_LACK_BUFFER) {
        locl_fail(err, LOCL_E_TOO_LARGE,
                  "with %s %zu, %s needs a buffer of %.3f GiB, the device allows %.3f "
                  "(CL_DEVICE_MAX_MEM_ALLOC_SIZE)",
                  key, images, largest->name, (double)largest->bytes / 0x1p30,
                  (double)d->caps.largest_buffer / 0x1p30);
    } else {
        locl_fail(
            err, LOCL_E_TOO_LARGE,
            "%s %zu needs %.3f GiB of memory, the device has %.3f; stage %zu keeps most there, %.3f GiB", key,
            images, (double)locl_memory_shared(p->devices, need, device) / 0x1p30,
            (double)locl_memory_limit(p->devices, 0, device) / 0x1p30, need[device].stage,
            (double)need[device].stage_bytes / 0x1p30);
    }
    locl_error_where(err, "device %zu (%s)", d->index, d->name);
    locl_error_at(err, (int)d->index, -1, -1);
    locl_error_key(err, key);
    return add_remedy(p, err);
}

locl_status locl_pipeline_check_memory(const locl_pipeline *p, locl_error *err)
{
    locl_memory_need need[LOCL_MAX_DEVICES];
    list_needs(p, need);
    for (size_t d = 0; d < p->devices->count; d++) {
        locl_memory_lack what = locl_memory_lacks(p->devices, 0, need, d);
        if (what != LOCL_LACK_NONE) {
            return fail_lack(p, need, d, what, err);
        }
    }
    return LOCL_OK;
}

void locl_pipeline_fit(const locl_pipeline *p, uint64_t limit, bool *fits, size_t *most)
{
    locl_memory_need need[LOCL_MAX_DEVICES];
    list_needs(p, need);
    *fits = locl_memory_fits(p->devices, limit, need);
    *most = largest_slice(p, limit);
}
