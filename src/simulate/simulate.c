#include "locl/simulate.h"

#include "bench/training.h"
#include "rules/rule.h"
#include "run/place.h"
#include "run/run.h"
#include "run/tune.h"
#include "sched/cost.h"
#include "simulate/work.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Steps that are timed where the devices are here. */
enum { MEASURED_STEPS = 24 };

typedef struct device_result {
    char name[LOCL_CLUSTER_NAME + 8];
    double busy, sent, got;
} device_result;

struct locl_simulation {
    locl_config *config;
    locl_model model;
    locl_devices *devices; /* of the configuration, without a table */
    locl_cluster cluster;
    locl_work work;
    locl_placement placement;
    device_result *device; /* [devices] */
    locl_simulation_schedule schedule[LOCL_SCHEDULES];
    char rule[256];
    bool greedy;
    double step, predicted, alone, measured;
};

/* ---- what is asked of which devices ---- */

static locl_placement_problem problem_of(const locl_work *w)
{
    const double least = 1.0 / 8; /* of a batch, as in a run: smaller parts cost more than they spare */
    return (locl_placement_problem){.stages = w->stages,
                                    .devices = w->devices,
                                    .cost = w->cost,
                                    .bytes = w->bytes,
                                    .limits = w->limits,
                                    .least = w->stages > 1 ? least : 1.0 / (double)w->batch};
}

/* Every stage has to fit where it is. */
static locl_status check_memory(const locl_simulation *s, locl_error *err)
{
    const locl_work *w = &s->work;
    for (size_t d = 0; d < w->devices; d++) {
        double bytes = 0;
        for (size_t k = 0; k < w->stages; k++) {
            bytes += s->placement.share[k * w->devices + d] > 0 ? w->bytes[k] : 0;
            if (bytes > w->limits[d]) {
                locl_fail(
                    err, LOCL_E_TOO_LARGE,
                    "device %zu, %s: with stage %zu it keeps %.2f MiB; of its %.2f MiB batches leave %.2f", d,
                    s->device[d].name, k, bytes / 0x1p20, w->memory[d] / 0x1p20,
                    fmax(w->limits[d], 0) / 0x1p20);
                return locl_remedy(err, "a smaller data.batch, more devices, or more memory in the table");
            }
        }
    }
    return LOCL_OK;
}

static locl_status run_events(locl_simulation *s, locl_error *err)
{
    const locl_placement_problem problem = problem_of(&s->work);
    size_t devices = s->work.devices;
    const locl_events events = {.problem = &problem,
                                .placement = &s->placement,
                                .link = s->work.link,
                                .batch_bytes = s->work.batch_bytes,
                                .values_bytes = s->work.values_bytes,
                                .depth = 2};
    locl_events_result result = {0};
    double *sums = calloc(3 * devices, sizeof *sums);
    if (!sums) {
        return locl_fail_memory(err, 3 * devices * sizeof *sums);
    }
    result.busy = sums;
    result.sent = sums + devices;
    result.got = sums + 2 * devices;
    locl_status status = locl_events_run(&events, &result, err);
    s->step = result.seconds;
    for (size_t d = 0; d < devices; d++) {
        s->device[d].busy = result.busy[d];
        s->device[d].sent = result.sent[d];
        s->device[d].got = result.got[d];
    }
    free(sums);
    return status;
}

/* Takes over a placement if its events take less time than those of what is kept. */
static locl_status offer(locl_simulation *s, locl_placement *tried, locl_error *err)
{
    const locl_placement_problem problem = problem_of(&s->work);
    locl_placement kept = s->placement;
    double before = s->step;
    s->placement = *tried;
    locl_status status = run_events(s, err);
    bool better = status == LOCL_OK && (!kept.share || s->step < before);
    *tried = better ? kept : *tried;
    s->placement = better ? s->placement : kept;
    s->step = better ? s->step : before;
    s->predicted = better ? locl_placement_predict(&problem, &s->placement, NULL) : s->predicted;
    return status;
}

/* Whether placement counts the copies of devices that compute meanwhile. They take no time of the device, but may be
 * more than its link can carry, which placement does not know. */
typedef enum copies { COPIES_COUNT, COPIES_ARE_FREE } copies;

/* Places stages on some of the devices, chosen [count] in their order, and offers that. */
static locl_status try_devices(locl_simulation *s, const size_t *chosen, size_t count, copies how,
                               locl_error *err)
{
    const locl_work *w = &s->work;
    locl_placement_cost *cost = calloc(w->stages * count, sizeof *cost);
    double *limits = calloc(count, sizeof *limits);
    locl_placement_problem problem = problem_of(w);
    locl_placement some = {0}, all = {0};
    locl_status status = cost && limits ? LOCL_OK : locl_fail_memory(err, w->stages * count * sizeof *cost);
    for (size_t i = 0; i < w->stages * count && status == LOCL_OK; i++) {
        size_t d = chosen[i % count];
        cost[i] = w->cost[i / count * w->devices + d];
        cost[i].carry = how == COPIES_ARE_FREE && w->link[d].overlap ? 0 : cost[i].carry;
        limits[i % count] = w->limits[d];
    }
    problem.cost = cost;
    problem.limits = limits;
    problem.devices = count;
    status = status == LOCL_OK ? locl_placement_create(w->stages, count, &some, err) : status;
    status = status == LOCL_OK ? locl_policy_shares.place(&problem, &some, err) : status;
    status = status == LOCL_OK ? locl_placement_create(w->stages, w->devices, &all, err) : status;
    for (size_t i = 0; i < w->stages * count && status == LOCL_OK; i++) {
        all.share[i / count * w->devices + chosen[i % count]] = some.share[i];
    }
    status = status == LOCL_OK ? offer(s, &all, err) : status;
    locl_placement_release(&all);
    locl_placement_release(&some);
    free(limits);
    free(cost);
    return status;
}

/* Returns how many devices are faster than a device, or as fast and before it. */
static size_t rank_of(const locl_work *w, size_t device)
{
    size_t rank = 0;
    double own = w->cost[device].whole;
    for (size_t d = 0; d < w->devices; d++) {
        double other = w->cost[d].whole;
        rank += other < own || (other <= own && d < device) ? 1 : 0;
    }
    return rank;
}

/* Tries the fastest device alone, the two fastest, the four fastest, ..., all. More devices are not always faster. */
static locl_status place(locl_simulation *s, locl_error *err)
{
    const locl_work *w = &s->work;
    size_t *chosen = calloc(w->devices, sizeof *chosen);
    locl_status status = chosen ? LOCL_OK : locl_fail_memory(err, w->devices * sizeof *chosen);
    for (size_t most = 1; status == LOCL_OK; most = 2 * most < w->devices ? 2 * most : w->devices) {
        size_t count = 0;
        for (size_t d = 0; d < w->devices; d++) {
            if (rank_of(w, d) < most) {
                chosen[count++] = d;
            }
        }
        status = try_devices(s, chosen, count, COPIES_COUNT, err);
        status = status == LOCL_OK ? try_devices(s, chosen, count, COPIES_ARE_FREE, err) : status;
        if (most == w->devices) {
            break;
        }
    }
    free(chosen);
    LOCL_TRY(status);
    LOCL_TRY(run_events(s, err));
    return check_memory(s, err);
}

static void find_alone(locl_simulation *s)
{
    const locl_work *w = &s->work;
    s->alone = INFINITY;
    for (size_t d = 0; d < w->devices; d++) {
        double time = 0;
        for (size_t k = 0; k < w->stages; k++) {
            time += w->cost[k * w->devices + d].whole;
        }
        s->alone = fmin(s->alone, time);
    }
}

/* ---- a table of devices ---- */

static void name_devices(locl_simulation *s)
{
    size_t d = 0;
    for (size_t i = 0; i < s->cluster.entries; i++) {
        const locl_cluster_entry *e = &s->cluster.entry[i];
        for (unsigned n = 0; n < e->count; n++, d++) {
            snprintf(s->device[d].name, sizeof s->device[d].name, e->count > 1 ? "%s %u" : "%s", e->name, n);
        }
    }
}

/* Notes that no stage can be shared by devices where the rule or the network does not allow it. */
static void keep_whole(locl_simulation *s)
{
    locl_work *w = &s->work;
    bool whole = locl_rule_keeps_whole(&s->config->rule, &s->config->model) != NULL;
    for (size_t i = 0; whole && i < w->stages * w->devices; i++) {
        w->cost[i].part = INFINITY;
    }
}

static locl_status simulate_table(locl_simulation *s, const char *path, locl_error *err)
{
    size_t batch = s->config->data.batch;
    LOCL_TRY(locl_cluster_read(path, &s->cluster, err));
    LOCL_TRY(locl_work_of(&s->model, &s->cluster, batch, s->greedy ? LOCL_WORK_BLOCKS : LOCL_WORK_WHOLE,
                          s->config->precision, &s->work, err));
    keep_whole(s);
    s->device = calloc(s->work.devices, sizeof *s->device);
    if (!s->device) {
        return locl_fail_memory(err, s->work.devices * sizeof *s->device);
    }
    name_devices(s);
    find_alone(s);
    LOCL_TRY(place(s, err));
    return locl_work_schedules(&s->model, &s->cluster, batch, s->schedule, err);
}

/* ---- the devices that are here ---- */

/* Turns what was measured into what events ask for. What a stage's batch costs between two devices is half each's. */
static locl_status work_of_times(locl_simulation *s, const locl_stage_times *times, locl_error *err)
{
    locl_work *w = &s->work;
    LOCL_TRY(locl_work_create(times->stages, times->devices, s->config->data.batch, w, err));
    memcpy(w->cost, times->cost, times->stages * times->devices * sizeof *w->cost);
    for (size_t k = 0; k < w->stages; k++) {
        bool whole = w->stages == 1;
        w->batch_bytes[k] =
            locl_cost_batch_bytes(&s->model.block[whole ? 0 : k], w->batch, s->config->precision);
        w->values_bytes[k] = 4 * locl_cost_values(&s->model, whole ? 0 : k, whole ? s->model.blocks : k + 1);
    }
    for (size_t d = 0; d < w->devices; d++) {
        w->link[d] = (locl_events_link){.latency = times->link[d].latency / 2,
                                        .per_byte = times->link[d].per_byte / 2};
        w->memory[d] = w->limits[d] = (double)s->devices->device[d]->caps.memory;
    }
    return LOCL_OK;
}

static locl_status train(locl_simulation *s, const locl_placed *placed, locl_error *err)
{
    locl_bench_training training;
    locl_pipeline *pipeline = NULL;
    double seconds = 0;
    locl_status status = locl_bench_training_open(s->config, &training, err);
    if (status == LOCL_OK) {
        locl_pipeline_options options = locl_bench_training_options(&training);
        options.placed = placed->placement.share ? &placed->placement : NULL;
        options.placement = options.placed ? NULL : s->config->placement;
        options.placements = options.placed ? 0 : s->config->placement_count;
        status = locl_pipeline_open(&options, s->devices, &pipeline, err);
    }
    if (status == LOCL_OK) {
        status = locl_bench_training_stretch(&training, pipeline, MEASURED_STEPS, &seconds, err);
    }
    s->measured = seconds / MEASURED_STEPS;
    locl_pipeline_close(pipeline);
    locl_bench_training_close(&training);
    return status;
}

static locl_status copy_placement(locl_simulation *s, const locl_placement *from, locl_error *err)
{
    LOCL_TRY(locl_placement_create(from->stages, from->devices, &s->placement, err));
    memcpy(s->placement.share, from->share, from->stages * from->devices * sizeof *from->share);
    return LOCL_OK;
}

static locl_status simulate_measured(locl_simulation *s, const locl_placed *placed, locl_error *err)
{
    LOCL_TRY(work_of_times(s, &placed->times, err));
    LOCL_TRY(copy_placement(s, &placed->placement, err));
    s->device = calloc(s->work.devices, sizeof *s->device);
    if (!s->device) {
        return locl_fail_memory(err, s->work.devices * sizeof *s->device);
    }
    for (size_t d = 0; d < s->work.devices; d++) {
        snprintf(s->device[d].name, sizeof s->device[d].name, "%s", s->devices->device[d]->selector);
    }
    s->predicted = placed->forecast.seconds;
    find_alone(s);
    LOCL_TRY(run_events(s, err));
    return train(s, placed, err);
}

static locl_status validate(locl_simulation *s, locl_error *err)
{
    locl_placed placed = {0};
    locl_pipeline_options options = locl_run_pipeline_options(s->config, &s->model, &s->config->optimizer);
    LOCL_TRY(locl_devices_open(s->config->devices, s->config->device_count, &s->devices, err));
    LOCL_TRY(locl_run_take_units(s->config, s->devices, err));
    options.placement = NULL;
    if (s->devices->count < 2 || !options.optim) {
        locl_fail(err, LOCL_E_CONFIG, "the configuration has one device: there is nothing to simulate");
        return locl_remedy(err, "devices: two or more, or a table of devices with --devices FILE");
    }
    locl_status status = locl_run_place(s->config, &options, s->devices, NULL, NULL, &placed, err);
    status = status == LOCL_OK ? simulate_measured(s, &placed, err) : status;
    locl_run_place_release(&placed);
    return status;
}

/* ---- all of it ---- */

static locl_status simulate(locl_simulation *s, const locl_simulate_setup *setup, locl_error *err)
{
    uint64_t parameters;
    LOCL_TRY(locl_config_load(setup->config, setup->set, setup->sets, LOCL_CONFIG_PLAN, &s->config, err));
    LOCL_TRY(locl_run_open_model(s->config, &s->model, &parameters, err));
    locl_config_rule_label(&s->config->rule, s->rule, sizeof s->rule);
    s->greedy = !locl_rule_of(s->config->rule.kind)->crosses_blocks(&s->config->rule);
    return setup->cluster ? simulate_table(s, setup->cluster, err) : validate(s, err);
}

locl_status locl_simulate(const locl_simulate_setup *setup, locl_simulation **out, locl_error *err)
{
    LOCL_OWN_ERROR(err);
    *out = NULL;
    if (!setup->config) {
        return locl_fail(err, LOCL_E_USAGE, "a simulation needs a configuration");
    }
    locl_simulation *s = calloc(1, sizeof *s);
    if (!s) {
        return locl_fail_memory(err, sizeof *s);
    }
    locl_status status = simulate(s, setup, err);
    if (status != LOCL_OK) {
        locl_simulation_free(s);
        return status;
    }
    *out = s;
    return LOCL_OK;
}

void locl_simulation_free(locl_simulation *s)
{
    if (!s) {
        return;
    }
    locl_placement_release(&s->placement);
    locl_work_release(&s->work);
    locl_cluster_release(&s->cluster);
    locl_devices_close(s->devices);
    locl_config_free(s->config);
    free(s->device);
    free(s);
}

void locl_simulation_summarise(const locl_simulation *s, locl_simulation_summary *out)
{
    const char *preset = s->model.options.preset;
    *out = (locl_simulation_summary){.network = preset[0] ? preset : "network",
                                     .rule = s->rule,
                                     .greedy = s->greedy,
                                     .blocks = s->model.blocks,
                                     .devices = s->work.devices,
                                     .batch = s->work.batch,
                                     .step_seconds = s->step,
                                     .predicted_seconds = s->predicted,
                                     .alone_seconds = s->alone,
                                     .measured_seconds = s->measured,
                                     .schedules = s->cluster.entries ? LOCL_SCHEDULES : 0};
}

void locl_simulation_describe_device(const locl_simulation *s, size_t device, locl_simulation_device *out)
{
    const device_result *r = &s->device[device];
    *out = (locl_simulation_device){.name = r->name,
                                    .busy_seconds = r->busy,
                                    .sent_bytes = r->sent,
                                    .received_bytes = r->got,
                                    .memory = s->work.memory[device]};
    for (size_t k = 0; k < s->work.stages; k++) {
        double share = s->placement.share[k * s->work.devices + device];
        if (share > 0) {
            bool begins = out->last == 0;
            out->first = begins ? k : out->first;
            out->first_share = begins ? share : out->first_share;
            out->last = s->work.stages > 1 ? k + 1 : s->model.blocks;
            out->last_share = share;
            out->bytes += s->work.bytes[k];
        }
    }
}

void locl_simulation_describe_schedule(const locl_simulation *s, size_t index, locl_simulation_schedule *out)
{
    *out = s->schedule[index];
}
