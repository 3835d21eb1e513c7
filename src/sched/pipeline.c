#include "sched/pipeline_parts.h"

#include "gemm/clblast_setting.h"

#include <stdlib.h>

enum { TRACE_EVENTS = 4096 };

/* Writes the options of every stage, as the pipeline's say, to `out` [blocks] and returns how many there
 * are. */
static size_t cut(const locl_pipeline_options *o, locl_stage_options *out)
{
    const locl_stage_options like = {.model = o->model,
                                     .rule = o->rule,
                                     .optim = o->optim,
                                     .train = o->optim != NULL,
                                     .seed = o->seed,
                                     .batch = o->batch,
                                     .slice = o->slice,
                                     .running = true};
    return locl_stage_cut_options(&like, out);
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
    lane->queues.compute.device = device; /* set before the queue exists, as channels compare devices */
    lane->queues.deadline = p->options.deadline > 0 ? p->options.deadline : device->deadline;
    *out = lane;
    return locl_arena_create("workspace", &device->caps, &lane->workspace, err);
}

static locl_channel_end end_of(locl_pipeline_stage *s)
{
    return (locl_channel_end){&s->lane->queues, s->stage.state};
}

static locl_status open_stage(locl_pipeline *p, size_t index, const locl_stage_options *options,
                              locl_device *device, locl_error *err)
{
    locl_pipeline_stage *s = &p->stage[index];
    s->index = index;
    s->input = &p->channel[index];
    LOCL_TRY(find_lane(p, device, &s->lane, err));
    LOCL_TRY(locl_stage_open(options, device, s->lane->workspace, &s->stage, err));
    s->record_count = locl_stage_records(&s->stage);
    s->records = calloc(LOCL_METRIC_SLOTS * s->record_count, sizeof *s->records);
    if (!s->records) {
        return locl_fail_memory(err, LOCL_METRIC_SLOTS * s->record_count * sizeof *s->records);
    }
    locl_channel_end to = end_of(s), from = {0};
    s->row = index;
    if (index) {
        from = end_of(&p->stage[index - 1]);
        p->stage[index - 1].output = s->input;
    }
    if (index && p->stage[index - 1].lane == s->lane) {
        s->row = p->stage[index - 1].row;
        LOCL_TRY(locl_passing_arena(&p->passing[s->row], &device->caps, index, &to.arena, err));
    }
    return locl_channel_open(s->input, index ? &from : NULL, &to, locl_stage_input_values(&s->stage),
                             locl_stage_slice(options), err);
}

/* Records all stages, which needs no device memory. `options` [blocks]. */
static locl_status record_stages(locl_pipeline *p, locl_stage_options *options, locl_error *err)
{
    size_t device[LOCL_MODEL_MAX_BLOCKS], stages = cut(&p->options, options);
    LOCL_TRY(locl_pipeline_place(&p->options, p->devices, options, stages, device, err));
    p->lane = calloc(p->devices->count, sizeof *p->lane);
    p->stage = calloc(stages, sizeof *p->stage);
    p->channel = calloc(stages, sizeof *p->channel);
    p->passing = calloc(stages, sizeof *p->passing);
    p->alone_seconds = calloc(stages, sizeof *p->alone_seconds);
    if (!p->lane || !p->stage || !p->channel || !p->passing || !p->alone_seconds) {
        return locl_fail_memory(err, stages * sizeof *p->stage);
    }
    for (size_t i = 0; i < stages; i++) {
        locl_device *on = p->devices->device[device[i]];
        options[i].products = p->options.products ? p->options.products[device[i]] : (locl_gemm_choices){0};
        options[i].products.engine = locl_stage_engine(p->options.engine, on);
        p->stages = i + 1;
        LOCL_TRY(open_stage(p, i, &options[i], on, err));
    }
    return LOCL_OK;
}

static locl_status record_pipeline(locl_pipeline *p, locl_error *err)
{
    size_t blocks = p->options.model->blocks;
    locl_stage_options *options = calloc(blocks, sizeof *options);
    if (!options) {
        return locl_fail_memory(err, blocks * sizeof *options);
    }
    locl_status status = record_stages(p, options, err);
    free(options);
    return status;
}

/* Begins to build the kernels of all stages. */
static locl_status begin_build(locl_pipeline *p, locl_error *err)
{
    size_t count = 0, most = p->stages * LOCL_STEP_KINDS * LOCL_STEP_BUFFERS;
    locl_command_buffer **cmd = calloc(most, sizeof(locl_command_buffer *));
    if (!cmd) {
        return locl_fail_memory(err, most * sizeof(locl_command_buffer *));
    }
    for (size_t i = 0; i < p->stages; i++) {
        for (int kind = 0; kind < LOCL_STEP_KINDS; kind++) {
            count += locl_stage_commands(&p->stage[i].stage, (locl_step_kind)kind, cmd + count);
        }
    }
    locl_status status = locl_build_begin(cmd, count, &p->build, err);
    free(cmd);
    return status;
}

/* Makes the recordings of all stages tell how many of their launches are bound. */
static void watch_binding(locl_pipeline *p, locl_command_buffer_watch *watch)
{
    for (size_t i = 0; i < p->stages; i++) {
        for (int kind = 0; kind < LOCL_STEP_KINDS; kind++) {
            locl_command_buffer *cmd[LOCL_STEP_BUFFERS];
            for (size_t j = locl_stage_commands(&p->stage[i].stage, (locl_step_kind)kind, cmd); j-- > 0;) {
                watch->total += locl_command_buffer_launches(cmd[j]);
                locl_command_buffer_set_watch(cmd[j], watch);
            }
        }
    }
}

static locl_status bind_stage(locl_pipeline *p, locl_pipeline_stage *s, locl_error *err)
{
    locl_command_buffer *cmd[LOCL_STEP_BUFFERS];
    LOCL_TRY(locl_stage_bind(&s->stage, &s->lane->queues.compute, err));
    LOCL_TRY(locl_channel_bind(s->input, err));
    for (size_t i = locl_stage_commands(&s->stage, LOCL_STEP_TRAIN, cmd); i-- > 0 && p->options.profile;) {
        locl_command_buffer_profile_start(cmd[i]);
    }
    return LOCL_OK;
}

static locl_status bind_pipeline(locl_pipeline *p, locl_error *err)
{
    for (size_t i = 0; i < p->lanes; i++) {
        locl_lane *lane = &p->lane[i];
        LOCL_TRY(locl_queue_create(lane->device, p->options.profile, &lane->queues.compute, err));
        LOCL_TRY(locl_queue_create(lane->device, LOCL_QUEUE_PLAIN, &lane->queues.copy, err));
        LOCL_TRY(locl_arena_bind(lane->workspace, lane->device, err));
    }
    for (size_t i = 0; i < p->stages; i++) {
        locl_pipeline_stage *s = &p->stage[i];
        locl_status status = locl_passing_bind(&p->passing[i], s->lane->device, err);
        status = status == LOCL_OK ? bind_stage(p, s, err) : status;
        if (status != LOCL_OK) {
            locl_error_where(err, "stage %zu on device %zu (%s)", i, s->lane->device->index,
                             s->lane->device->name);
            locl_error_at(err, (int)s->lane->device->index, (int)i, -1);
            return status;
        }
    }
    return LOCL_OK;
}

locl_status locl_pipeline_plan(const locl_pipeline_options *options, locl_devices *devices,
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
    LOCL_TRY_GOTO(status, locl_trace_open(TRACE_EVENTS, &p->trace, err));
    LOCL_TRY_GOTO(status, record_pipeline(p, err));
    *out = p;
    return LOCL_OK;
fail:
    locl_pipeline_close(p);
    return status;
}

/* Gives CLBlast the parameters that were chosen for each device. */
static locl_status set_up_clblast(const locl_pipeline *p, locl_error *err)
{
    const locl_gemm_choices *products = p->options.products;
    for (size_t d = 0; d < p->devices->count; d++) {
        LOCL_TRY(locl_clblast_use_setting(p->devices->device[d], products ? products[d].setting : "", err));
    }
    return LOCL_OK;
}

locl_status locl_pipeline_begin(const locl_pipeline_options *options, locl_devices *devices,
                                locl_pipeline **out, locl_error *err)
{
    locl_status status = LOCL_OK;
    locl_pipeline *p;
    *out = NULL;
    LOCL_TRY(locl_pipeline_plan(options, devices, &p, err));
    LOCL_TRY_GOTO(status, locl_pipeline_check_memory(p, err));
    LOCL_TRY_GOTO(status, set_up_clblast(p, err));
    LOCL_TRY_GOTO(status, begin_build(p, err));
    *out = p;
    return LOCL_OK;
fail:
    locl_pipeline_close(p);
    return status;
}

locl_status locl_pipeline_finish(locl_pipeline *p, locl_error *err)
{
    locl_command_buffer_watch watch = {
        .total = locl_build_kernels(p->build), .tell = p->options.building, .user = p->options.building_user};
    if (watch.tell) {
        watch_binding(p, &watch);
    }
    locl_build_end(p->build, watch.tell ? &watch : NULL);
    p->build = NULL;
    return bind_pipeline(p, err);
}

locl_status locl_pipeline_open(const locl_pipeline_options *options, locl_devices *devices,
                               locl_pipeline **out, locl_error *err)
{
    LOCL_TRY(locl_pipeline_begin(options, devices, out, err));
    locl_status status = locl_pipeline_finish(*out, err);
    if (status != LOCL_OK) {
        locl_pipeline_close(*out);
        *out = NULL;
    }
    return status;
}

void locl_pipeline_close(locl_pipeline *p)
{
    if (!p || (p->lost && !locl_pipeline_settle(p))) {
        return;
    }
    locl_build_cancel(p->build);
    for (size_t i = 0; i < p->stages; i++) {
        for (int j = 0; j < LOCL_METRIC_SLOTS; j++) {
            locl_event_release(&p->stage[i].finished[j]);
        }
        locl_channel_close(&p->channel[i]);
        locl_passing_close(&p->passing[i]);
        locl_stage_close(&p->stage[i].stage);
        free(p->stage[i].records);
        free(p->stage[i].profile);
    }
    for (size_t i = 0; i < p->lanes; i++) {
        locl_arena_release(p->lane[i].workspace);
        locl_queue_release(&p->lane[i].queues.compute);
        locl_queue_release(&p->lane[i].queues.copy);
    }
    locl_trace_close(p->trace);
    free(p->alone_seconds);
    free(p->channel);
    free(p->passing);
    free(p->stage);
    free(p->lane);
    free(p);
}
