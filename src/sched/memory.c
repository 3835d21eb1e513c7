#include "sched/memory.h"

#include "sched/channel.h"
#include "sched/passing.h"

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
    size_t batch, slice;
    locl_lane_queues *lane; /* [devices]: names the device, has no queue */
    locl_arena **workspace; /* [devices] */
    locl_memory_need *need; /* [devices] */
    locl_stage stage;       /* the one being recorded */
    locl_stage before;      /* the one before it, as the channel between them may take of its memory, too */
    locl_passing passing;   /* of the row that the stage belongs to */
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
    options.slice = p->slice;
    LOCL_TRY(locl_stage_open(&options, p->plan->devices->device[d], p->workspace[d], &p->stage, err));
    locl_channel_end to = end_of(p, index, &p->stage), from = {0};
    if (index) {
        from = end_of(p, index - 1, &p->before);
    }
    if (index && p->plan->device[index - 1] == d) {
        LOCL_TRY(locl_passing_arena(&p->passing, &p->plan->devices->device[d]->caps, index, &to.arena, err));
    }
    locl_status status =
        locl_channel_open(&channel, index ? &from : NULL, &to, locl_stage_input_values(&p->stage),
                          locl_stage_slice(&options), err);
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

/* Counts what the row of stages passes on that ends with stage `index`, and forgets it. */
static void end_row(planner *p, size_t index)
{
    locl_passing_add(&p->passing, &p->need[p->plan->device[index]]);
    locl_passing_close(&p->passing);
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
        if (i && plan->device[i] != plan->device[i - 1]) {
            end_row(p, i - 1);
        }
        LOCL_TRY(plan_stage(p, i, err));
        if (i) {
            count_before(p, i - 1);
        }
        p->before = p->stage;
        p->stage = (locl_stage){0};
    }
    count_before(p, plan->stages - 1);
    end_row(p, plan->stages - 1);
    for (size_t d = 0; d < plan->devices->count; d++) {
        locl_memory_add(&p->need[d], p->workspace[d]);
    }
    return LOCL_OK;
}

locl_status locl_memory_needs(const locl_memory_plan *plan, size_t batch, size_t slice,
                              locl_memory_need *need, locl_error *err)
{
    size_t devices = plan->devices->count;
    planner *p = calloc(1, sizeof *p);
    locl_status status = LOCL_E_MEMORY;
    if (!p) {
        return locl_fail_memory(err, sizeof *p);
    }
    *p = (planner){.plan = plan, .batch = batch, .slice = slice, .need = need};
    p->lane = calloc(devices, sizeof *p->lane);
    p->workspace = calloc(devices, sizeof(*p->workspace));
    for (size_t d = 0; d < devices; d++) {
        need[d] = (locl_memory_need){0};
    }
    status = p->lane && p->workspace ? plan_stages(p, err) : locl_fail_memory(err, devices * sizeof *p->lane);
    locl_stage_close(&p->stage);
    locl_stage_close(&p->before);
    locl_passing_close(&p->passing);
    for (size_t d = 0; d < devices && p->workspace; d++) {
        locl_arena_release(p->workspace[d]);
    }
    free(p->workspace);
    free(p->lane);
    free(p);
    return status;
}
