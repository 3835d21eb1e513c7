#include "sched/pipeline_parts.h"

#include "gemm/clblast_setting.h"

#include <stdlib.h>

enum { TRACE_EVENTS = 4096 };

/* Begins to build the kernels of all stages. */
static locl_status begin_build(locl_pipeline *p, locl_error *err)
{
    size_t count = 0, most = p->stages * LOCL_STAGE_RECORDINGS;
    locl_command_buffer **cmd = calloc(most, sizeof(locl_command_buffer *));
    if (!cmd) {
        return locl_fail_memory(err, most * sizeof(locl_command_buffer *));
    }
    for (size_t i = 0; i < p->stages; i++) {
        count += locl_stage_recordings(&p->stage[i].stage, cmd + count);
    }
    locl_status status = locl_build_begin(cmd, count, &p->build, err);
    free(cmd);
    return status;
}

/* Makes the recordings of all stages tell how many of their launches are bound. */
static void watch_binding(locl_pipeline *p, locl_command_buffer_watch *watch)
{
    for (size_t i = 0; i < p->stages; i++) {
        locl_command_buffer *cmd[LOCL_STAGE_RECORDINGS];
        for (size_t j = locl_stage_recordings(&p->stage[i].stage, cmd); j-- > 0;) {
            watch->total += locl_command_buffer_launches(cmd[j]);
            locl_command_buffer_set_watch(cmd[j], watch);
        }
    }
}

static locl_status bind_stage(locl_pipeline *p, locl_pipeline_stage *s, locl_error *err)
{
    locl_command_buffer *cmd[LOCL_STEP_BUFFERS];
    LOCL_TRY(locl_stage_bind(&s->stage, &s->lane->queues.compute, err));
    for (size_t i = 0; i < s->inputs; i++) {
        LOCL_TRY(locl_channel_bind(&s->input[i], err));
    }
    for (size_t i = locl_stage_commands(&s->stage, LOCL_STEP_TRAIN, cmd); i-- > 0 && p->options.profile;) {
        locl_command_buffer_profile_start(cmd[i]);
    }
    return LOCL_OK;
}

static locl_status create_queues(const locl_pipeline *p, locl_lane *lane, locl_error *err)
{
    locl_timeline *timeline = p->options.timeline;
    locl_queue_kind copies = timeline ? LOCL_QUEUE_PROFILING : LOCL_QUEUE_PLAIN;
    locl_queue_kind compute = p->options.profile ? LOCL_QUEUE_PROFILING : copies;
    LOCL_TRY(locl_queue_create(lane->device, compute, &lane->queues.compute, err));
    LOCL_TRY(locl_queue_create(lane->device, copies, &lane->queues.copy, err));
    LOCL_TRY(locl_queue_create(lane->device, copies, &lane->queues.back, err));
    return timeline ? locl_timeline_attach(timeline, &lane->queues, err) : LOCL_OK;
}

/* Several devices: begins to tell how long each of them works. */
static locl_status open_busy(locl_pipeline *p, locl_error *err)
{
    if (p->lanes < 2) {
        return LOCL_OK;
    }
    LOCL_TRY(locl_busy_open(p->lanes, p->stages, &p->busy, err));
    for (size_t i = 0; i < p->stages; i++) {
        for (size_t c = 0; c < p->stage[i].outputs; c++) {
            for (size_t to = i + 1; to < p->stages; to++) {
                if (p->stage[i].output[c].inlet == &p->stage[to].inlet) {
                    locl_busy_join(p->busy, i, to);
                }
            }
        }
    }
    return LOCL_OK;
}

static locl_status bind_pipeline(locl_pipeline *p, locl_error *err)
{
    LOCL_TRY(open_busy(p, err));
    for (size_t i = 0; i < p->lanes; i++) {
        LOCL_TRY(create_queues(p, &p->lane[i], err));
        LOCL_TRY(locl_arena_bind(p->lane[i].workspace, p->lane[i].device, err));
    }
    for (size_t i = 0; i < p->teams; i++) {
        for (size_t j = 0; j + 1 < p->team[i].members; j++) {
            LOCL_TRY(locl_exchange_bind(&p->team[i].exchange[j], err));
        }
    }
    for (size_t i = 0; i < p->stages; i++) {
        locl_pipeline_stage *s = &p->stage[i];
        locl_status status = locl_passing_bind(&p->passing[i], s->lane->device, err);
        status = status == LOCL_OK ? bind_stage(p, s, err) : status;
        if (status != LOCL_OK) {
            locl_error_where(err, "stage %zu on device %zu (%s)", s->number, s->lane->device->index,
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
    LOCL_TRY_GOTO(status, locl_pipeline_record(p, err));
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
    locl_status status = bind_pipeline(p, err);
    p->ran = status == LOCL_E_DEADLINE;
    return status;
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

static void close_stage(locl_pipeline *p, size_t index)
{
    locl_pipeline_stage *s = &p->stage[index];
    for (int i = 0; i < LOCL_METRIC_SLOTS; i++) {
        locl_event_release(&s->finished[i]);
    }
    locl_inlet_reset(&s->inlet);
    locl_passing_close(&p->passing[index]);
    locl_stage_close(&s->stage);
    locl_keep_close(s);
    free(s->records);
    free(s->profile);
}

static void close_team(locl_team *team)
{
    for (size_t i = 0; team->exchange && i + 1 < team->members; i++) {
        locl_exchange_close(&team->exchange[i]);
    }
    free(team->exchange);
}

/* Gives back a lane's queues and workspace. */
static void close_lane(locl_lane *lane)
{
    locl_arena_release(lane->workspace);
    locl_queue_release(&lane->queues.compute);
    locl_queue_release(&lane->queues.copy);
    locl_queue_release(&lane->queues.back);
}

uint64_t locl_pipeline_abandon(locl_pipeline *p, size_t device)
{
    uint64_t left = 0;
    locl_build_cancel(p->build);
    for (size_t i = 0; i < p->lanes; i++) {
        locl_lane *lane = &p->lane[i];
        lane->stuck = lane->stuck || lane->device->index == device;
        left += lane->stuck ? locl_arena_bytes(lane->workspace) : 0;
    }
    for (size_t i = 0; i < p->stages; i++) {
        locl_pipeline_stage *s = &p->stage[i];
        if (s->lane->stuck) {
            left += locl_arena_bytes(s->stage.state) + locl_passing_bytes(&p->passing[i]);
        } else {
            locl_stage_close(&s->stage);
            locl_passing_close(&p->passing[i]);
        }
    }
    for (size_t i = 0; i < p->lanes; i++) {
        if (!p->lane[i].stuck) {
            close_lane(&p->lane[i]);
        }
    }
    return left;
}

void locl_pipeline_close(locl_pipeline *p)
{
    if (!p) {
        return;
    }
    if (p->ran &&
        !locl_pipeline_settle(p)) { /* such as parameters on their way to a device that shares a stage */
        return;
    }
    locl_build_cancel(p->build);
    for (size_t i = 0; i < p->channels; i++) {
        locl_channel_close(&p->channel[i]);
    }
    for (size_t i = 0; i < p->teams; i++) {
        close_team(&p->team[i]);
    }
    for (size_t i = 0; i < p->stages; i++) {
        close_stage(p, i);
    }
    for (size_t i = 0; i < p->lanes; i++) {
        close_lane(&p->lane[i]);
    }
    locl_trace_close(p->trace);
    locl_busy_close(p->busy);
    locl_placement_release(&p->placement);
    free(p->channel);
    free(p->team);
    free(p->passing);
    free(p->stage);
    free(p->lane);
    free(p);
}
