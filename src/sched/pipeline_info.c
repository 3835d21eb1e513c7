/* What a pipeline tells of itself, and its parameters as named tensors. */
#include "sched/pipeline_parts.h"

#include <stdlib.h>
#include <string.h>

locl_status locl_pipeline_save(locl_pipeline *p, locl_stored what, locl_arrays *out, locl_error *err)
{
    for (size_t i = 0; i < p->stages; i++) {
        locl_pipeline_stage *s = &p->stage[i];
        if (locl_team_is_owner(s)) {
            LOCL_TRY(locl_stage_save(&s->stage, &s->lane->queues.compute, what, out, err));
        }
    }
    return LOCL_OK;
}

static size_t expected_arrays(const locl_pipeline *p)
{
    size_t count = 0;
    for (size_t i = 0; i < p->stages; i++) {
        const locl_stage *s = &p->stage[i].stage;
        count += locl_team_is_owner(&p->stage[i]) ? s->params.count + s->params.trained * s->optim_states : 0;
    }
    return count;
}

/* Refuses a tensor that no stage has, which is most likely of another model or optimiser. */
static locl_status refuse_extra(const locl_pipeline *p, const locl_arrays *in, locl_error *err)
{
    locl_arrays mine = {0};
    locl_status status = locl_pipeline_save((locl_pipeline *)p, LOCL_STORED_ALL, &mine, err);
    for (size_t i = 0; i < in->count && status == LOCL_OK; i++) {
        if (!locl_arrays_find(&mine, in->array[i]->name)) {
            status = locl_fail(err, LOCL_E_CHECKPOINT, "tensor %s: this configuration has none of that name",
                               in->array[i]->name);
        }
    }
    locl_arrays_free(&mine);
    return status;
}

locl_status locl_pipeline_load(locl_pipeline *p, locl_stored what, const locl_arrays *in, locl_error *err)
{
    for (size_t i = 0; i < p->stages; i++) {
        LOCL_TRY(locl_stage_load(&p->stage[i].stage, &p->stage[i].lane->queues.compute, what, in, err));
    }
    return what == LOCL_STORED_ALL && in->count != expected_arrays(p) ? refuse_extra(p, in, err) : LOCL_OK;
}

locl_status locl_pipeline_products(const locl_pipeline *p, size_t device, locl_gemm_choice **out,
                                   size_t *count, locl_error *err)
{
    *out = NULL;
    *count = 0;
    for (size_t i = 0; i < p->stages; i++) {
        if (p->stage[i].lane->device->index == device) {
            locl_status status = locl_stage_list_products(&p->stage[i].stage, out, count, err);
            if (status != LOCL_OK) {
                free(*out);
                *out = NULL;
                return status;
            }
        }
    }
    return LOCL_OK;
}

size_t locl_pipeline_stages(const locl_pipeline *p)
{
    return p->stages;
}

const locl_placement *locl_pipeline_placement(const locl_pipeline *p)
{
    return &p->placement;
}

void locl_pipeline_traffic(const locl_pipeline *p, size_t device, uint64_t *sent, uint64_t *received)
{
    size_t slices = locl_stage_slices(&p->stage[0].stage.options);
    *sent = *received = 0;
    for (size_t i = 0; i < p->channels; i++) {
        const locl_channel *c = &p->channel[i];
        uint64_t bytes = c->outlet ? slices * locl_channel_moved_bytes(c) : 0;
        *sent += c->outlet && c->outlet->lane->compute.device->index == device ? bytes : 0;
        *received += c->inlet->lane->compute.device->index == device ? bytes : 0;
    }
    for (size_t i = 0; i < p->teams; i++) {
        for (size_t j = 0; j + 1 < p->team[i].members; j++) {
            const locl_exchange *x = &p->team[i].exchange[j]; /* a gradient one way, parameters the other */
            bool mine =
                x->owner->compute.device->index == device || x->other->compute.device->index == device;
            *sent += mine ? x->bytes : 0;
            *received += mine ? x->bytes : 0;
        }
    }
}

bool locl_pipeline_stores_halves(const locl_pipeline *p)
{
    bool some = false;
    for (size_t i = 0; i < p->stages; i++) {
        some = some || p->stage[i].stage.options.halves;
    }
    return some;
}

static size_t optimizer_bytes(const locl_stage *stage)
{
    size_t bytes = 0;
    for (size_t i = 0; i < stage->optim_states; i++) {
        bytes += stage->optim_state[i]->bytes;
    }
    return bytes;
}

/* Returns the bytes on the host of what comes into a stage and of the exchange with its owner. */
static size_t host_bytes(const locl_pipeline_stage *s)
{
    size_t bytes = 0;
    for (size_t i = 0; i < s->inputs; i++) {
        bytes += locl_channel_host_bytes(&s->input[i]);
    }
    return bytes + (locl_team_is_owner(s) || !s->team ? 0 : locl_exchange_host_bytes(locl_team_exchange(s)));
}

/* Returns the kind of step that a pipeline is there for. */
static locl_step_kind step_of(const locl_stage *stage)
{
    return stage->options.train ? LOCL_STEP_TRAIN : LOCL_STEP_EVALUATE;
}

locl_status locl_pipeline_lifetimes(const locl_pipeline *p, size_t stage, locl_lifetime **out, size_t *count,
                                    locl_error *err)
{
    const locl_pipeline_stage *s = &p->stage[stage];
    locl_command_buffer *cmd[LOCL_STEP_BUFFERS];
    size_t buffers = locl_stage_commands(&s->stage, step_of(&s->stage), cmd);
    return locl_lifetimes_of(s->lane->workspace, cmd, buffers, out, count, err);
}

bool locl_pipeline_launch(const locl_pipeline *p, size_t stage, size_t index, locl_launch_info *out)
{
    const locl_stage *s = &p->stage[stage].stage;
    locl_command_buffer *cmd[LOCL_STEP_BUFFERS];
    size_t buffers = locl_stage_commands(s, step_of(s), cmd);
    for (size_t i = 0; i < buffers; i++) {
        size_t launches = locl_command_buffer_launches(cmd[i]);
        if (index < launches) {
            return locl_command_buffer_launch(cmd[i], index, out);
        }
        index -= launches;
    }
    return false;
}

locl_stage_info locl_pipeline_stage_info(const locl_pipeline *p, size_t index)
{
    const locl_pipeline_stage *s = &p->stage[index];
    const locl_stage_options *o = &s->stage.options;
    locl_step_kind kind = step_of(&s->stage);
    bool adds_up = o->train && locl_stage_adds_up(o);
    return (locl_stage_info){.first = o->first,
                             .last = o->last,
                             .classifier = o->classifier,
                             .number = s->number,
                             .device = s->lane->device->index,
                             .first_row = o->first_row,
                             .rows = locl_stage_rows(o),
                             .state_bytes = locl_arena_bytes(s->stage.state),
                             .parameter_bytes = s->stage.range->bytes,
                             .optimizer_bytes = optimizer_bytes(&s->stage),
                             .gradient_bytes = adds_up ? (1 + o->others) * s->stage.gradients->bytes : 0,
                             .input_bytes = s->row == index ? locl_inlet_bytes(&s->inlet) : 0,
                             .output_bytes = locl_outlet_bytes(&s->outlet),
                             .input = s->input->kind->name,
                             .host_bytes = host_bytes(s),
                             .flops = locl_stage_flops(&s->stage, kind),
                             .launches = locl_stage_launches(&s->stage, kind)};
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

size_t locl_pipeline_passing_bytes(const locl_pipeline *p, size_t device)
{
    size_t bytes = 0;
    for (size_t i = 0; i < p->stages; i++) {
        bytes += p->stage[i].lane->device->index == device ? locl_passing_bytes(&p->passing[i]) : 0;
    }
    return bytes;
}

void locl_pipeline_idle(const locl_pipeline *p, double *waited, double *seconds)
{
    *waited = p->waited_seconds;
    *seconds = p->run_seconds;
}

size_t locl_pipeline_profile(const locl_pipeline *p, size_t stage, const locl_profile_row **rows)
{
    locl_pipeline_stage *s = &p->stage[stage];
    locl_command_buffer *cmd[LOCL_STEP_BUFFERS];
    const locl_profile_row *from[LOCL_STEP_BUFFERS];
    size_t buffers = locl_stage_commands(&s->stage, LOCL_STEP_TRAIN, cmd), count[LOCL_STEP_BUFFERS], all = 0;
    *rows = NULL;
    for (size_t i = 0; i < buffers; i++) {
        count[i] = locl_command_buffer_profile_rows(cmd[i], &from[i]);
        all += count[i];
    }
    locl_profile_row *joined = all ? realloc(s->profile, all * sizeof *joined) : NULL;
    if (!joined) {
        return 0;
    }
    s->profile = joined;
    *rows = joined;
    for (size_t i = 0; i < buffers; i++) {
        if (count[i]) {
            memcpy(joined, from[i], count[i] * sizeof *joined);
        }
        joined += count[i];
    }
    return all;
}

const locl_trace *locl_pipeline_trace(const locl_pipeline *p)
{
    return p->trace;
}

double locl_pipeline_busy(const locl_pipeline *p, size_t device)
{
    for (size_t i = 0; i < p->lanes && p->busy; i++) {
        if (p->lane[i].device->index == device) {
            return locl_busy_seconds(p->busy, i);
        }
    }
    return 0;
}
