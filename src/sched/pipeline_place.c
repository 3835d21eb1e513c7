/* Chooses where the stages of a pipeline go: as a person says, or as a policy places them. */
#include "sched/pipeline_parts.h"

#include "sched/cost.h"

#include <stdlib.h>
#include <string.h>

locl_status locl_pipeline_room(const locl_devices *devices, const locl_stage_options *stage,
                               locl_placement_problem *problem, double *bytes, double *limits,
                               locl_error *err)
{
    for (size_t i = 0; i < problem->stages; i++) {
        LOCL_TRY(locl_stage_kept_bytes(&stage[i], &bytes[i], err));
    }
    for (size_t d = 0; d < problem->devices; d++) {
        limits[d] = (double)devices->device[d]->caps.memory;
    }
    problem->bytes = bytes;
    problem->limits = limits;
    return LOCL_OK;
}

/* Estimates the seconds that a policy uses as long as nothing was measured. */
static void estimate_seconds(const locl_pipeline_options *o, const locl_devices *devices,
                             const locl_stage_options *stage, size_t stages, double *seconds)
{
    for (size_t i = 0; i < stages; i++) {
        double flops = locl_cost_flops(o->model, stage[i].first, stage[i].last);
        for (size_t d = 0; d < devices->count; d++) {
            seconds[i * devices->count + d] = flops / locl_cost_speed(&devices->device[d]->caps);
        }
    }
}

static locl_status deal_out(const locl_pipeline_options *o, const locl_devices *devices,
                            const locl_stage_options *stage, locl_placement *out, locl_error *err)
{
    const locl_policy *policy = o->policy ? o->policy : &locl_policy_chain;
    double limits[LOCL_MAX_DEVICES], bytes[LOCL_MODEL_MAX_BLOCKS];
    double *seconds = calloc(out->stages * out->devices, sizeof *seconds);
    if (!seconds) {
        return locl_fail_memory(err, out->stages * out->devices * sizeof *seconds);
    }
    estimate_seconds(o, devices, stage, out->stages, seconds);
    locl_placement_problem problem = {.stages = out->stages, .devices = out->devices};
    problem.seconds = o->seconds ? o->seconds : seconds;
    locl_status status = locl_pipeline_room(devices, stage, &problem, bytes, limits, err);
    status = status == LOCL_OK ? policy->place(&problem, out, err) : status;
    free(seconds);
    return status;
}

/* Whether the user's file gives one of the devices a share. */
static bool has_shares(const locl_devices *devices)
{
    bool some = false;
    for (size_t d = 0; d < devices->count; d++) {
        some = some || devices->device[d]->share > 0;
    }
    return some;
}

/* Returns the share that the user's file gives a device, in the unit of the others'. */
static double own_share(const locl_device *device)
{
    return device->share ? device->share : 1;
}

/* Shares a network of one stage as the user's file says, else by the devices' speed. */
static void share_out(const locl_devices *devices, locl_placement *out)
{
    bool own = has_shares(devices);
    double sum = 0;
    for (size_t d = 0; d < devices->count; d++) {
        const locl_device *device = devices->device[d];
        out->share[d] = own ? own_share(device) : locl_cost_speed(&device->caps);
        sum += out->share[d];
    }
    for (size_t d = 0; d < devices->count; d++) {
        out->share[d] /= sum;
    }
}

/* Gives entries without shares those of the user's file. */
static void weigh(const locl_devices *devices, locl_placement_entry *entry)
{
    if (entry->share_count > 0) {
        return;
    }
    for (unsigned i = 0; i < entry->device_count; i++) {
        if (entry->devices[i] >= devices->count) {
            return; /* which is reported later */
        }
        entry->shares[i] = own_share(devices->device[entry->devices[i]]);
    }
    entry->share_count = entry->device_count;
}

/* Places stages as a person says. */
static locl_status place_given(const locl_pipeline_options *o, const locl_devices *devices,
                               const locl_stage_options *stage, locl_placement *out, locl_error *err)
{
    size_t first[LOCL_MODEL_MAX_BLOCKS], last[LOCL_MODEL_MAX_BLOCKS];
    locl_placement_entry *entries = calloc(o->placements + 1, sizeof *entries);
    if (!entries) {
        return locl_fail_memory(err, o->placements * sizeof *entries);
    }
    for (size_t i = 0; i < out->stages; i++) {
        first[i] = stage[i].first;
        last[i] = stage[i].last;
    }
    for (size_t i = 0; i < o->placements; i++) {
        entries[i] = o->placement[i];
        if (has_shares(devices)) {
            weigh(devices, &entries[i]);
        }
    }
    locl_status status = locl_placement_given(entries, o->placements, first, last, out, err);
    free(entries);
    return status;
}

static locl_status place(const locl_pipeline_options *o, const locl_devices *devices,
                         const locl_stage_options *stage, locl_placement *out, locl_error *err)
{
    if (o->placement) {
        return place_given(o, devices, stage, out, err);
    }
    if (out->stages == 1 && !o->policy && !o->seconds) {
        if (locl_rule_keeps_whole(o->rule, &o->model->options) ||
            (o->slice ? o->slice : o->batch) < devices->count) {
            locl_placement_put(out, 0, 0);
        } else {
            share_out(devices, out);
        }
        return LOCL_OK;
    }
    return deal_out(o, devices, stage, out, err);
}

locl_status locl_pipeline_place(const locl_pipeline_options *options, const locl_devices *devices,
                                const locl_stage_options *stage, size_t stages, locl_placement *out,
                                locl_error *err)
{
    if (devices->count > LOCL_MAX_DEVICES) {
        return locl_fail(err, LOCL_E_CONFIG, "%zu devices are selected, at most %d can be used",
                         devices->count, LOCL_MAX_DEVICES);
    }
    LOCL_TRY(locl_placement_create(stages, devices->count, out, err));
    if (options->placed) {
        memcpy(out->share, options->placed->share, stages * devices->count * sizeof *out->share);
        return LOCL_OK;
    }
    return place(options, devices, stage, out, err);
}
