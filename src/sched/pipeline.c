#include "sched/pipeline_parts.h"

#include "base/log.h"
#include "sched/placement.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Floating-point operations of a block's products, per image and step; what placement balances. */
static double block_cost(const locl_block_shape *s)
{
    double p = (double)s->patches, in = (double)s->in, h = (double)s->hidden, d = (double)s->width;
    double mixed = s->kernel ? (double)(s->kernel * s->kernel) : p; /* values that a token layer sums */
    double token = s->token ? 2 * p * mixed * in : 0, channel = 2 * p * in * h,
           group = 2 * p * h * d / (double)s->groups;
    bool constant_input = !s->token; /* its channel layer needs no tangent product */
    return 2 * token + (constant_input ? 2 : 3) * channel + 3 * group;
}

static double block_values(const locl_model *model, const locl_block_shape *s)
{
    double p = (double)s->patches, token = s->kernel ? (double)(s->kernel * s->kernel * s->in) : p * p;
    return (s->token ? token : 0) + (double)s->in * (double)s->hidden +
           (double)s->hidden * (double)s->width / (double)s->groups +
           (double)s->width * (double)model->classes;
}

static locl_status deal_out(const locl_pipeline_options *o, const locl_devices *devices, size_t stages,
                            const size_t *first, const size_t *last, size_t *device, locl_error *err)
{
    double cost[LOCL_MODEL_MAX_BLOCKS] = {0}, values[LOCL_MODEL_MAX_BLOCKS] = {0};
    double speed[LOCL_MAX_DEVICES];
    for (size_t i = 0; i < stages; i++) {
        for (size_t k = first[i]; k < last[i]; k++) {
            cost[i] += block_cost(&o->model->block[k]);
            values[i] += block_values(o->model, &o->model->block[k]);
        }
    }
    for (size_t i = 0; i < devices->count; i++) {
        const locl_caps *caps = &devices->device[i]->caps;
        speed[i] = (double)caps->units * (caps->clock_mhz ? caps->clock_mhz : 1000);
    }
    locl_placement_problem problem = {stages, devices->count, cost, values, speed};
    return locl_policy_chain.place(&problem, device, err);
}

static locl_status place_stages(const locl_pipeline_options *o, const locl_devices *devices, size_t stages,
                                const size_t *first, const size_t *last, size_t *device, locl_error *err)
{
    if (devices->count > LOCL_MAX_DEVICES) {
        return locl_fail(err, LOCL_E_CONFIG, "%zu devices are selected, at most %d can be used",
                         devices->count, LOCL_MAX_DEVICES);
    }
    if (o->placement) {
        return locl_placement_given(o->placement, o->placements, stages, first, last, devices->count, device,
                                    err);
    }
    if (stages == 1 && o->model->blocks > 1 && devices->count > 1) {
        locl_log(LOCL_LOG_WARNING, "under rule %s blocks can't run apart: all run on device 0, %s",
                 locl_rule_of(o->rule->kind)->name, devices->device[0]->name);
        device[0] = 0;
        return LOCL_OK;
    }
    return deal_out(o, devices, stages, first, last, device, err);
}

static locl_status find_lane(locl_pipeline *p, locl_device *device, locl_lane **out, locl_error *err)
{
    for (size_t i = 0; i < p->lanes; i++) {
        if (p->lane[i].device == device) {
            *out = &p->lane[i];
            return LOCL_OK;
        }
    }
    locl_lane *lane = &p->lane[p->lanes++];
    lane->device = device;
    lane->queues.compute.device = device; /* known before the queue lives: channels compare devices */
    *out = lane;
    return locl_arena_create("workspace", &device->caps, &lane->workspace, err);
}

static locl_status open_stage(locl_pipeline *p, size_t index, size_t first, size_t last, locl_device *device,
                              locl_error *err)
{
    const locl_pipeline_options *o = &p->options;
    locl_pipeline_stage *s = &p->stage[index];
    locl_pipeline_stage *before = index ? &p->stage[index - 1] : NULL;
    locl_stage_options options = {.model = o->model,
                                  .rule = o->rule,
                                  .optim = o->optim,
                                  .train = o->optim != NULL,
                                  .engine = locl_stage_engine(o->engine, device),
                                  .seed = o->seed,
                                  .batch = o->batch,
                                  .first = first,
                                  .last = last,
                                  .classifier = last == o->model->blocks,
                                  .running = true};
    LOCL_TRY(find_lane(p, device, &s->lane, err));
    LOCL_TRY(locl_stage_open(&options, device, s->lane->workspace, &s->stage, err));
    s->record_count = locl_stage_records(&s->stage);
    s->records = calloc(LOCL_METRIC_SLOTS * s->record_count, sizeof *s->records);
    if (!s->records) {
        return locl_fail_memory(err, LOCL_METRIC_SLOTS * s->record_count * sizeof *s->records);
    }
    return locl_channel_open(&s->input, before ? &before->lane->queues : NULL,
                             before ? before->stage.state : NULL, &s->lane->queues, s->stage.state,
                             locl_stage_input_values(&s->stage), o->batch, err);
}

/* Everything that needs no device memory. */
static locl_status plan_pipeline(locl_pipeline *p, locl_error *err)
{
    size_t first[LOCL_MODEL_MAX_BLOCKS], last[LOCL_MODEL_MAX_BLOCKS], device[LOCL_MODEL_MAX_BLOCKS], stages;
    stages = locl_stage_cut(p->options.model, p->options.rule, first, last);
    LOCL_TRY(place_stages(&p->options, p->devices, stages, first, last, device, err));
    p->lane = calloc(p->devices->count, sizeof *p->lane);
    p->stage = calloc(stages, sizeof *p->stage);
    if (!p->lane || !p->stage) {
        return locl_fail_memory(err, stages * sizeof *p->stage);
    }
    for (size_t i = 0; i < stages; i++) {
        p->stages = i + 1;
        LOCL_TRY(open_stage(p, i, first[i], last[i], p->devices->device[device[i]], err));
    }
    return LOCL_OK;
}

static size_t lane_bytes(const locl_pipeline *p, const locl_lane *lane)
{
    size_t bytes = locl_arena_bytes(lane->workspace);
    for (size_t i = 0; i < p->stages; i++) {
        bytes += p->stage[i].lane == lane ? locl_arena_bytes(p->stage[i].stage.state) : 0;
    }
    return bytes;
}

/* Of all lanes that share the lane's memory: sub-devices that of their root. */
static size_t shared_bytes(const locl_pipeline *p, const locl_lane *lane)
{
    size_t bytes = 0;
    for (size_t i = 0; i < p->lanes; i++) {
        bytes += p->lane[i].device->context == lane->device->context ? lane_bytes(p, &p->lane[i]) : 0;
    }
    return bytes;
}

static const locl_tensor *largest_tensor(const locl_pipeline *p, const locl_lane *lane)
{
    const locl_tensor *largest = locl_arena_largest(lane->workspace);
    for (size_t i = 0; i < p->stages; i++) {
        const locl_tensor *t = locl_arena_largest(p->stage[i].stage.state);
        if (p->stage[i].lane == lane && (!largest || t->bytes > largest->bytes)) {
            largest = t;
        }
    }
    return largest;
}

/* The first lane that what was planned does not fit, NULL if all is well. */
static const locl_lane *overfull_lane(const locl_pipeline *p, bool *one_buffer)
{
    for (size_t i = 0; i < p->lanes; i++) {
        const locl_lane *lane = &p->lane[i];
        const locl_tensor *largest = largest_tensor(p, lane);
        *one_buffer = largest && largest->bytes > lane->device->caps.largest_buffer;
        if (*one_buffer || shared_bytes(p, lane) > lane->device->caps.memory) {
            return lane;
        }
    }
    return NULL;
}

static bool batch_fits(const locl_pipeline *p, size_t batch)
{
    locl_pipeline trial = {.options = p->options, .devices = p->devices};
    bool one_buffer;
    trial.options.batch = batch;
    locl_pipeline *on_heap = malloc(sizeof trial);
    if (!on_heap) {
        return false;
    }
    *on_heap = trial;
    bool fits = plan_pipeline(on_heap, NULL) == LOCL_OK && !overfull_lane(on_heap, &one_buffer);
    locl_pipeline_close(on_heap);
    return fits;
}

static size_t largest_fitting_batch(const locl_pipeline *p)
{
    size_t fits = 0, fails = p->options.batch;
    while (fails - fits > 1) {
        size_t middle = fits + (fails - fits) / 2;
        if (batch_fits(p, middle)) {
            fits = middle;
        } else {
            fails = middle;
        }
    }
    return fits;
}

static locl_status check_memory(const locl_pipeline *p, locl_error *err)
{
    bool one_buffer;
    const locl_lane *lane = overfull_lane(p, &one_buffer);
    if (!lane) {
        return LOCL_OK;
    }
    const locl_device *d = lane->device;
    const locl_tensor *largest = largest_tensor(p, lane);
    if (one_buffer) {
        locl_fail(err, LOCL_E_TOO_LARGE,
                  "with data.batch %zu, %s needs a buffer of %.3f GiB, the device allows %.3f "
                  "(CL_DEVICE_MAX_MEM_ALLOC_SIZE)",
                  p->options.batch, largest->name, (double)largest->bytes / 0x1p30,
                  (double)d->caps.largest_buffer / 0x1p30);
    } else {
        locl_fail(err, LOCL_E_TOO_LARGE, "data.batch %zu needs %.3f GiB of memory, the device has %.3f",
                  p->options.batch, (double)shared_bytes(p, lane) / 0x1p30, (double)d->caps.memory / 0x1p30);
    }
    locl_error_where(err, "device %zu (%s)", d->index, d->name);
    size_t fits = largest_fitting_batch(p);
    locl_error_key(err, fits ? "data.batch" : "model");
    if (fits) {
        return locl_remedy(err, "a data.batch of %zu or less, or another device", fits);
    }
    return locl_remedy(err, "another device, or a smaller model: even a data.batch of 1 does not fit");
}

/* Has the plans of all stages tell how many of their launches are bound. */
static void watch_binding(locl_pipeline *p, locl_command_buffer_watch *watch)
{
    for (size_t i = 0; i < p->stages && watch->tell; i++) {
        locl_command_buffer *steps[] = {p->stage[i].stage.train_commands,
                                        p->stage[i].stage.evaluation_commands};
        for (size_t j = 0; j < 2; j++) {
            if (steps[j]) {
                watch->total += locl_command_buffer_launches(steps[j]);
                locl_command_buffer_set_watch(steps[j], watch);
            }
        }
    }
}

static locl_status bind_pipeline(locl_pipeline *p, locl_error *err)
{
    locl_command_buffer_watch watch = {.tell = p->options.building, .user = p->options.building_user};
    watch_binding(p, &watch);
    for (size_t i = 0; i < p->lanes; i++) {
        locl_lane *lane = &p->lane[i];
        LOCL_TRY(locl_queue_create(lane->device, p->options.profile, &lane->queues.compute, err));
        LOCL_TRY(locl_queue_create(lane->device, false, &lane->queues.copy, err));
        LOCL_TRY(locl_arena_bind(lane->workspace, lane->device, err));
    }
    for (size_t i = 0; i < p->stages; i++) {
        locl_pipeline_stage *s = &p->stage[i];
        locl_status status = locl_stage_bind(&s->stage, &s->lane->queues.compute, err);
        if (status != LOCL_OK) {
            locl_error_where(err, "stage %zu on device %zu (%s)", i, s->lane->device->index,
                             s->lane->device->name);
            return status;
        }
        if (p->options.profile && s->stage.train_commands) {
            locl_command_buffer_profile_start(s->stage.train_commands);
        }
    }
    return LOCL_OK;
}

locl_status locl_pipeline_open(const locl_pipeline_options *options, locl_devices *devices,
                               locl_pipeline **out, locl_error *err)
{
    locl_status status = LOCL_OK;
    locl_pipeline *p = calloc(1, sizeof *p);
    *out = NULL;
    if (!p) {
        return locl_fail_memory(err, sizeof *p);
    }
    p->options = *options;
    p->devices = devices;
    LOCL_TRY_GOTO(status, plan_pipeline(p, err));
    LOCL_TRY_GOTO(status, check_memory(p, err));
    LOCL_TRY_GOTO(status, bind_pipeline(p, err));
    *out = p;
    return LOCL_OK;
fail:
    locl_pipeline_close(p);
    return status;
}

void locl_pipeline_close(locl_pipeline *p)
{
    if (!p) {
        return;
    }
    for (size_t i = 0; i < p->stages; i++) {
        for (int j = 0; j < LOCL_METRIC_SLOTS; j++) {
            locl_event_release(&p->stage[i].finished[j]);
        }
        locl_channel_close(&p->stage[i].input);
        locl_stage_close(&p->stage[i].stage);
        free(p->stage[i].records);
    }
    for (size_t i = 0; i < p->lanes; i++) {
        locl_arena_release(p->lane[i].workspace);
        locl_queue_release(&p->lane[i].queues.compute);
        locl_queue_release(&p->lane[i].queues.copy);
    }
    free(p->stage);
    free(p->lane);
    free(p);
}

locl_status locl_pipeline_save(locl_pipeline *p, bool state, locl_arrays *out, locl_error *err)
{
    for (size_t i = 0; i < p->stages; i++) {
        LOCL_TRY(locl_stage_save(&p->stage[i].stage, &p->stage[i].lane->queues.compute, state, out, err));
    }
    return LOCL_OK;
}

static size_t expected_arrays(const locl_pipeline *p)
{
    size_t count = 0;
    for (size_t i = 0; i < p->stages; i++) {
        const locl_stage *s = &p->stage[i].stage;
        count += s->params.count + s->params.trained * s->optim_states;
    }
    return count;
}

/* A tensor that no stage has: most likely of another model or optimiser. */
static locl_status refuse_extra(const locl_pipeline *p, const locl_arrays *in, locl_error *err)
{
    locl_arrays mine = {0};
    locl_status status = locl_pipeline_save((locl_pipeline *)p, true, &mine, err);
    for (size_t i = 0; i < in->count && status == LOCL_OK; i++) {
        if (!locl_arrays_find(&mine, in->array[i]->name)) {
            status = locl_fail(err, LOCL_E_CHECKPOINT, "tensor %s: this configuration has none of that name",
                               in->array[i]->name);
        }
    }
    locl_arrays_free(&mine);
    return status;
}

locl_status locl_pipeline_load(locl_pipeline *p, bool state, const locl_arrays *in, locl_error *err)
{
    for (size_t i = 0; i < p->stages; i++) {
        LOCL_TRY(locl_stage_load(&p->stage[i].stage, &p->stage[i].lane->queues.compute, state, in, err));
    }
    return state && in->count != expected_arrays(p) ? refuse_extra(p, in, err) : LOCL_OK;
}

size_t locl_pipeline_stages(const locl_pipeline *p)
{
    return p->stages;
}

locl_stage_info locl_pipeline_stage_info(const locl_pipeline *p, size_t index)
{
    const locl_pipeline_stage *s = &p->stage[index];
    const locl_stage_options *o = &s->stage.options;
    const locl_command_buffer *cmd =
        s->stage.train_commands ? s->stage.train_commands : s->stage.evaluation_commands;
    return (locl_stage_info){.first = o->first,
                             .last = o->last,
                             .classifier = o->classifier,
                             .device = s->lane->device->index,
                             .state_bytes = locl_arena_bytes(s->stage.state),
                             .flops = locl_command_buffer_flops(cmd),
                             .launches = locl_command_buffer_launches(cmd),
                             .alone_seconds = s->alone_seconds};
}

size_t locl_pipeline_workspace_bytes(const locl_pipeline *p, size_t device)
{
    for (size_t i = 0; i < p->lanes; i++) {
        if (p->lane[i].device->index == device) {
            return locl_arena_bytes(p->lane[i].workspace);
        }
    }
    return 0;
}

void locl_pipeline_idle(const locl_pipeline *p, double *waited, double *seconds)
{
    *waited = p->waited_seconds;
    *seconds = p->run_seconds;
}

size_t locl_pipeline_profile(const locl_pipeline *p, size_t stage, const locl_profile_row **rows)
{
    const locl_command_buffer *cmd = p->stage[stage].stage.train_commands;
    *rows = NULL;
    return cmd ? locl_command_buffer_profile_rows(cmd, rows) : 0;
}
