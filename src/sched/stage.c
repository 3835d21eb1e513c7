#include "sched/stage_record.h"

#include "ops/half.h"

#include <stdlib.h>
#include <string.h>

size_t locl_stage_cut(const locl_model *model, const locl_rule_options *rule, size_t *first, size_t *last)
{
    bool apart = !locl_rule_of(rule->kind)->crosses_blocks(rule);
    size_t stages = apart ? model->blocks : 1;
    for (size_t i = 0; i < stages; i++) {
        first[i] = i;
        last[i] = apart ? i + 1 : model->blocks;
    }
    return stages;
}

size_t locl_stage_cut_options(const locl_stage_options *like, locl_stage_options *out)
{
    size_t first[LOCL_MODEL_MAX_BLOCKS], last[LOCL_MODEL_MAX_BLOCKS];
    size_t stages = locl_stage_cut(like->model, like->rule, first, last);
    for (size_t i = 0; i < stages; i++) {
        out[i] = *like;
        out[i].first = first[i];
        out[i].last = last[i];
        out[i].classifier = last[i] == like->model->blocks;
    }
    return stages;
}

size_t locl_stage_slice(const locl_stage_options *options)
{
    return options->slice ? options->slice : options->batch;
}

size_t locl_stage_slices(const locl_stage_options *options)
{
    return options->batch / locl_stage_slice(options);
}

size_t locl_stage_rows(const locl_stage_options *options)
{
    return options->rows ? options->rows : locl_stage_slice(options);
}

bool locl_stage_adds_up(const locl_stage_options *options)
{
    return options->rows > 0 || locl_stage_slices(options) > 1;
}

/* Lays out a stage's parameters, each at a multiple of `alignment` floats. */
static locl_status lay_out(const locl_stage_options *o, size_t alignment, locl_params *out, locl_error *err)
{
    locl_params_kind kind = locl_rule_params(o->rule);
    kind.running = o->running;
    kind.group_mirrors = kind.group_mirrors && o->train;
    kind.channel_mirrors = kind.channel_mirrors && o->train;
    return locl_params_layout(o->model, o->first, o->last,
                              o->classifier ? LOCL_WITH_CLASSIFIER : LOCL_WITHOUT_CLASSIFIER, kind, alignment,
                              out, err);
}

locl_status locl_stage_kept_bytes(const locl_stage_options *options, double *bytes, locl_error *err)
{
    locl_params params = {0};
    LOCL_TRY(lay_out(options, 1, &params, err));
    size_t copies = (options->optim ? locl_optim_states(options->optim) : 0) + locl_stage_adds_up(options);
    *bytes = sizeof(float) * ((double)params.floats + (double)copies * (double)params.trained_floats);
    locl_params_release(&params);
    return LOCL_OK;
}

static locl_status take_parameters(locl_stage *stage, locl_error *err)
{
    const locl_stage_options *o = &stage->options;
    size_t bytes = o->alignment ? o->alignment : stage->device->caps.alignment;
    LOCL_TRY(lay_out(o, (bytes + sizeof(float) - 1) / sizeof(float), &stage->params, err));
    const locl_params *params = &stage->params;
    stage->value = calloc(params->count, sizeof(*stage->value));
    stage->slice_gradient = calloc(params->count, sizeof(*stage->slice_gradient));
    stage->gradient = calloc(params->count, sizeof(*stage->gradient));
    if (!stage->value || !stage->slice_gradient || !stage->gradient) {
        return locl_fail_memory(err, params->count * sizeof(*stage->value));
    }
    stage->range = locl_arena_take(stage->state, params->floats * sizeof(float), "parameters");
    for (size_t i = 0; i < params->count; i++) {
        const locl_param *p = &params->param[i];
        stage->value[i] = locl_arena_view(stage->state, stage->range, p->offset * sizeof(float),
                                          p->count * sizeof(float), p->name);
    }
    for (int i = 0; i < LOCL_METRIC_SLOTS; i++) {
        stage->metrics[i] =
            locl_arena_take(stage->state, locl_stage_records(stage) * sizeof(locl_step_metrics), "metrics");
    }
    return LOCL_OK;
}

static float rate_of(const locl_optim_options *options, locl_owner owner)
{
    return owner == LOCL_OWNER_CLASSIFIER ? (float)options->classifier_lr
           : owner == LOCL_OWNER_HEAD     ? (float)options->head_lr
                                          : 1.0f;
}

static locl_status create_optimiser(locl_stage *stage, locl_error *err)
{
    const locl_optim_options *options = stage->options.optim;
    const locl_params *params = &stage->params;
    if (!options) {
        return LOCL_OK;
    }
    stage->optim_states = locl_optim_states(options);
    for (size_t i = 0; i < stage->optim_states; i++) {
        stage->optim_state[i] = locl_arena_take(stage->state, params->trained_floats * sizeof(float),
                                                locl_optim_state_name(options, i));
    }
    locl_optim_segment *segments = calloc(params->trained, sizeof *segments);
    if (!segments) {
        return locl_fail_memory(err, params->trained * sizeof *segments);
    }
    for (size_t i = 0; i < params->trained; i++) {
        const locl_param *p = &params->param[i];
        segments[i] = (locl_optim_segment){p->offset, p->count, rate_of(options, p->owner), p->weight};
    }
    locl_status status = locl_optim_create(options, &stage->device->caps, segments, params->trained,
                                           stage->state, &stage->optim, err);
    free(segments);
    return status;
}

locl_status locl_stage_open(const locl_stage_options *options, locl_device *device, locl_arena *workspace,
                            locl_stage *out, locl_error *err)
{
    locl_status status = LOCL_OK;
    *out = (locl_stage){.options = *options, .device = device};
    LOCL_TRY_GOTO(status, locl_arena_create("stage", &device->caps, &out->state, err));
    LOCL_TRY_GOTO(status, take_parameters(out, err));
    LOCL_TRY_GOTO(status, create_optimiser(out, err));
    LOCL_TRY_GOTO(status, locl_stage_record(out, workspace, err));
    return LOCL_OK;
fail:
    locl_stage_close(out);
    return status;
}

void locl_stage_close(locl_stage *stage)
{
    locl_command_buffer_release(stage->gradient_commands);
    locl_command_buffer_release(stage->update_commands);
    locl_command_buffer_release(stage->evaluation_commands);
    locl_command_buffer_release(stage->begin_commands);
    locl_command_buffer_release(stage->readout_commands);
    locl_optim_release(stage->optim);
    locl_arena_release(stage->state);
    locl_params_release(&stage->params);
    free(stage->value);
    free(stage->slice_gradient);
    free(stage->gradient);
    free(stage->received);
    *stage = (locl_stage){0};
}

static locl_status initialise(locl_stage *stage, locl_queue *queue, locl_error *err)
{
    const locl_params *params = &stage->params;
    const float zero = 0;
    float *host = calloc(params->floats, sizeof *host);
    if (!host) {
        return locl_fail_memory(err, params->floats * sizeof *host);
    }
    for (size_t i = 0; i < params->count; i++) {
        const locl_param *p = &params->param[i];
        locl_param_initialise(p, stage->options.model->options.init, stage->options.seed, host + p->offset);
    }
    locl_status status = locl_stage_write(queue, stage->range, params->floats, host, err);
    locl_host_release(host, status);
    for (size_t i = 0; i < stage->optim_states && status == LOCL_OK; i++) {
        status = locl_buffer_fill(queue, stage->optim_state[i]->mem, 0, stage->optim_state[i]->bytes, &zero,
                                  sizeof zero, err);
    }
    LOCL_TRY(status);
    LOCL_TRY(locl_queue_await(queue, queue->device->deadline, "initial states", err));
    return locl_stage_begin(stage, queue, err);
}

locl_status locl_stage_begin(locl_stage *stage, locl_queue *queue, locl_error *err)
{
    const locl_bindings from_the_start = {.step = 0};
    if (!stage->begin_commands) {
        return LOCL_OK;
    }
    LOCL_TRY(locl_command_buffer_enqueue(stage->begin_commands, queue, &from_the_start, err));
    return locl_queue_await(queue, queue->device->deadline, "mirrors before the first step", err);
}

locl_status locl_stage_bind(locl_stage *stage, locl_queue *queue, locl_error *err)
{
    LOCL_TRY(locl_arena_bind(stage->state, stage->device, err));
    if (stage->optim) {
        LOCL_TRY(locl_optim_upload(stage->optim, queue, err));
    }
    locl_command_buffer *cmd[LOCL_STAGE_RECORDINGS];
    for (size_t i = 0, count = locl_stage_recordings(stage, cmd); i < count; i++) {
        LOCL_TRY(locl_command_buffer_bind(cmd[i], err));
    }
    return initialise(stage, queue, err);
}

locl_engine locl_stage_engine(locl_engine engine, const locl_device *device)
{
    if (device->engine[0] && strcmp(device->engine, "auto") != 0) {
        locl_engine_parse(device->engine, &engine);
    }
    return locl_engine_resolve(engine);
}

size_t locl_stage_recordings(const locl_stage *stage, locl_command_buffer *out[LOCL_STAGE_RECORDINGS])
{
    locl_command_buffer *const all[LOCL_STAGE_RECORDINGS] = {stage->evaluation_commands,
                                                             stage->gradient_commands, stage->update_commands,
                                                             stage->begin_commands, stage->readout_commands};
    size_t count = 0;
    for (size_t i = 0; i < LOCL_STAGE_RECORDINGS; i++) {
        if (all[i]) {
            out[count++] = all[i];
        }
    }
    return count;
}

size_t locl_stage_input_values(const locl_stage *stage)
{
    const locl_stage_options *o = &stage->options;
    return locl_stage_rows(o) * o->model->block[o->first].patches * o->model->block[o->first].in;
}

size_t locl_stage_output_values(const locl_stage *stage)
{
    const locl_stage_options *o = &stage->options;
    return locl_stage_rows(o) * o->model->block[o->last - 1].next_patches *
           o->model->block[o->last - 1].width;
}

/* Returns the bytes of activations. */
static size_t activation_bytes(size_t values, bool half)
{
    return values * (half ? LOCL_HALF_BYTES : sizeof(float));
}

size_t locl_stage_input_bytes(const locl_stage *stage)
{
    return activation_bytes(locl_stage_input_values(stage), stage->options.half_input);
}

size_t locl_stage_output_bytes(const locl_stage *stage)
{
    return activation_bytes(locl_stage_output_values(stage), stage->options.half_output);
}

size_t locl_stage_records(const locl_stage *stage)
{
    const locl_stage_options *o = &stage->options;
    return o->last - o->first + (o->classifier ? 1 : 0);
}

static bool is_listed(const locl_gemm_choice *list, size_t count, const locl_gemm_choice *product)
{
    for (size_t i = 0; i < count; i++) {
        if (locl_gemm_same_shape(&list[i].shape, &product->shape)) {
            return true;
        }
    }
    return false;
}

locl_status locl_stage_list_products(const locl_stage *stage, locl_gemm_choice **list, size_t *count,
                                     locl_error *err)
{
    locl_command_buffer *cmd[LOCL_STAGE_RECORDINGS];
    for (size_t r = 0, recordings = locl_stage_recordings(stage, cmd); r < recordings; r++) {
        const locl_gemm_choice *products;
        size_t recorded = locl_gemm_recorded(cmd[r], &products);
        locl_gemm_choice *more = realloc(*list, (*count + recorded + 1) * sizeof *more);
        if (!more) {
            return locl_fail_memory(err, (*count + recorded + 1) * sizeof *more);
        }
        *list = more;
        for (size_t i = 0; i < recorded; i++) {
            if (!products[i].within && !is_listed(more, *count, &products[i])) {
                more[(*count)++] = products[i];
            }
        }
    }
    return LOCL_OK;
}
