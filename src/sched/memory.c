#include "sched/memory.h"

#include "sched/channel.h"

#include <stdlib.h>

void locl_memory_add(locl_memory_need *need, const locl_arena *arena)
{
    const locl_tensor *largest = locl_arena_largest(arena);
    need->bytes += locl_arena_bytes(arena);
    if (largest && largest->bytes > need->largest.bytes) {
        need->largest = *largest;
    }
}

/* Stages as they are recorded one after another, for their memory alone. */
typedef struct planner {
    const locl_memory_plan *plan;
    size_t batch;
    locl_lane_queues *lane; /* [devices]: names the device, has no queue */
    locl_arena **workspace; /* [devices] */
    locl_memory_need *need; /* [devices] */
    locl_stage stage;       /* the one being recorded */
    locl_stage before;      /* the one before it, as the channel between them may take of its memory, too */
} planner;

static locl_channel_end end_of(planner *p, size_t index, const locl_stage *stage)
{
    return (locl_channel_end){&p->lane[p->plan->device[index]], stage->state};
}

static locl_status plan_stage(planner *p, size_t index, locl_error *err)
{
    size_t d = p->plan->device[index];
    locl_stage_options options = p->plan->stage[index];
    locl_channel channel = {0};
    options.batch = p->batch;
    LOCL_TRY(locl_stage_open(&options, p->plan->devices->device[d], p->workspace[d], &p->stage, err));
    locl_channel_end to = end_of(p, index, &p->stage), from = {0};
    if (index) {
        from = end_of(p, index - 1, &p->before);
    }
    locl_status status = locl_channel_open(&channel, index ? &from : NULL, &to,
                                           locl_stage_input_values(&p->stage), p->batch, err);
    locl_channel_close(&channel);
    return status;
}

/* Counts and forgets the stage before, as nothing more is taken from it. */
static void count_before(planner *p, size_t index)
{
    if (p->before.state) {
        locl_memory_add(&p->need[p->plan->device[index]], p->before.state);
        locl_stage_close(&p->before);
    }
}

static locl_status plan_stages(planner *p, locl_error *err)
{
    const locl_memory_plan *plan = p->plan;
    for (size_t d = 0; d < plan->devices->count; d++) {
        locl_device *device = plan->devices->device[d];
        p->lane[d].compute.device = device;
        LOCL_TRY(locl_arena_create("workspace", &device->caps, &p->workspace[d], err));
    }
    for (size_t i = 0; i < plan->stages; i++) {
        LOCL_TRY(plan_stage(p, i, err));
        if (i) {
            count_before(p, i - 1);
        }
        p->before = p->stage;
        p->stage = (locl_stage){0};
    }
    count_before(p, plan->stages - 1);
    for (size_t d = 0; d < plan->devices->count; d++) {
        locl_memory_add(&p->need[d], p->workspace[d]);
    }
    return LOCL_OK;
}

locl_status locl_memory_needs(const locl_memory_plan *plan, size_t batch, locl_memory_need *need,
                              locl_error *err)
{
    size_t devices = plan->devices->count;
    planner *p = calloc(1, sizeof *p);
    locl_status status = LOCL_E_MEMORY;
    if (!p) {
        return locl_fail_memory(err, sizeof *p);
    }
    *p = (planner){.plan = plan, .batch = batch, .need = need};
    p->lane = calloc(devices, sizeof *p->lane);
    p->workspace = calloc(devices, sizeof(*p->workspace));
    for (size_t d = 0; d < devices; d++) {
        need[d] = (locl_memory_need){0};
    }
    status = p->lane && p->workspace ? plan_stages(p, err) : locl_fail_memory(err, devices * sizeof *p->lane);
    locl_stage_close(&p->stage);
    locl_stage_close(&p->before);
    for (size_t d = 0; d < devices && p->workspace; d++) {
        locl_arena_release(p->workspace[d]);
    }
    free(p->workspace);
    free(p->lane);
    free(p);
    return status;
}

/* Returns the bytes that all devices need that share the device's memory: sub-devices that of their root. */
static size_t shared_bytes(const locl_devices *devices, const locl_memory_need *need, size_t device)
{
    size_t bytes = 0;
    for (size_t d = 0; d < devices->count; d++) {
        bytes += devices->device[d]->context == devices->device[device]->context ? need[d].bytes : 0;
    }
    return bytes;
}

typedef enum lack { LACK_NONE, LACK_BUFFER, LACK_MEMORY } lack;

/* Returns what a device lacks. */
static lack lack_of(const locl_devices *devices, const locl_memory_need *need, size_t device)
{
    const locl_caps *caps = &devices->device[device]->caps;
    if (need[device].bytes == 0) {
        return LACK_NONE;
    }
    if (need[device].largest.bytes > caps->largest_buffer) {
        return LACK_BUFFER;
    }
    return shared_bytes(devices, need, device) > caps->memory ? LACK_MEMORY : LACK_NONE;
}

static bool batch_fits(const locl_memory_plan *plan, size_t batch, locl_memory_need *need)
{
    locl_error refused;
    bool fits = locl_memory_needs(plan, batch, need, &refused) == LOCL_OK;
    for (size_t d = 0; d < plan->devices->count && fits; d++) {
        fits = lack_of(plan->devices, need, d) == LACK_NONE;
    }
    return fits;
}

/* Returns the largest batch that fits, below one that does not. 0: none. */
static size_t largest_fitting_batch(const locl_memory_plan *plan)
{
    size_t fits = 0, fails = plan->stage[0].batch;
    locl_memory_need *need = calloc(plan->devices->count, sizeof *need);
    while (need && fails - fits > 1) {
        size_t middle = fits + (fails - fits) / 2;
        if (batch_fits(plan, middle, need)) {
            fits = middle;
        } else {
            fails = middle;
        }
    }
    free(need);
    return fits;
}

static locl_status fail_lack(const locl_memory_plan *plan, const locl_memory_need *need, size_t device,
                             lack what, locl_error *err)
{
    const locl_device *d = plan->devices->device[device];
    const locl_tensor *largest = &need[device].largest;
    size_t batch = plan->stage[0].batch;
    if (what == LACK_BUFFER) {
        locl_fail(err, LOCL_E_TOO_LARGE,
                  "with data.batch %zu, %s needs a buffer of %.3f GiB, the device allows %.3f "
                  "(CL_DEVICE_MAX_MEM_ALLOC_SIZE)",
                  batch, largest->name, (double)largest->bytes / 0x1p30,
                  (double)d->caps.largest_buffer / 0x1p30);
    } else {
        locl_fail(err, LOCL_E_TOO_LARGE, "data.batch %zu needs %.3f GiB of memory, the device has %.3f",
                  batch, (double)shared_bytes(plan->devices, need, device) / 0x1p30,
                  (double)d->caps.memory / 0x1p30);
    }
    locl_error_where(err, "device %zu (%s)", d->index, d->name);
    locl_error_at(err, (int)d->index, -1, -1);
    size_t fits = largest_fitting_batch(plan);
    locl_error_key(err, fits ? "data.batch" : "model");
    if (fits) {
        return locl_remedy(err, "a data.batch of %zu or less, or another device", fits);
    }
    return locl_remedy(err, "another device, or a smaller model: even a data.batch of 1 does not fit");
}

locl_status locl_memory_check(const locl_memory_plan *plan, const locl_memory_need *need, locl_error *err)
{
    for (size_t d = 0; d < plan->devices->count; d++) {
        lack what = lack_of(plan->devices, need, d);
        if (what != LACK_NONE) {
            return fail_lack(plan, need, d, what, err);
        }
    }
    return LOCL_OK;
}
