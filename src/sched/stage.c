#include "sched/stage.h"

#include <stdio.h>
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

static locl_status take_parameters(locl_stage *stage, locl_error *err)
{
    const locl_stage_options *o = &stage->options;
    size_t alignment = (stage->device->caps.alignment + sizeof(float) - 1) / sizeof(float);
    locl_params_kind kind = locl_rule_of(o->rule->kind)->params;
    kind.running = o->running;
    LOCL_TRY(
        locl_params_layout(o->model, o->first, o->last, o->classifier, kind, alignment, &stage->params, err));
    const locl_params *params = &stage->params;
    stage->value = calloc(params->count, sizeof(*stage->value));
    stage->gradient = calloc(params->count, sizeof(*stage->gradient));
    if (!stage->value || !stage->gradient) {
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

/* The part as one of the two command buffers sees it, its externals connected. */
static locl_part part_of(locl_stage *stage, locl_command_buffer *cmd)
{
    const locl_stage_options *o = &stage->options;
    locl_part part = {.model = o->model,
                      .options = o->rule,
                      .engine = o->engine,
                      .seed = o->seed,
                      .batch = o->batch,
                      .first = o->first,
                      .last = o->last,
                      .classifier = o->classifier,
                      .params = &stage->params,
                      .value = stage->value,
                      .gradient = stage->gradient,
                      .given = o->given,
                      .given_weights = o->given_weights};
    part.input =
        locl_command_buffer_external(cmd, LOCL_EXT_INPUT, locl_stage_input_values(stage) * sizeof(float));
    part.labels = locl_command_buffer_external(cmd, LOCL_EXT_LABELS, o->batch * sizeof(int32_t));
    part.metrics = locl_command_buffer_external(cmd, LOCL_EXT_METRICS, stage->metrics[0]->bytes);
    if (!o->classifier) {
        part.output = locl_command_buffer_external(cmd, LOCL_EXT_OUTPUT,
                                                   locl_stage_output_values(stage) * sizeof(float));
    }
    return part;
}

static locl_status plan_training(locl_stage *stage, locl_arena *workspace, locl_error *err)
{
    const locl_params *params = &stage->params;
    LOCL_TRY(locl_command_buffer_create(stage->device, workspace, &stage->train_commands, err));
    locl_tensor *gradients = locl_arena_take(workspace, params->trained_floats * sizeof(float), "gradients");
    for (size_t i = 0; i < params->trained; i++) {
        const locl_param *p = &params->param[i];
        stage->gradient[i] = locl_arena_view(workspace, gradients, p->offset * sizeof(float),
                                             p->count * sizeof(float), p->name);
    }
    stage->part = part_of(stage, stage->train_commands);
    locl_rule_of(stage->options.rule->kind)->record(stage->train_commands, &stage->part);
    if (stage->optim) {
        locl_command_buffer_section(stage->train_commands, "update");
        locl_optim_record(stage->train_commands, stage->optim, stage->range, gradients, stage->optim_state,
                          stage->part.metrics);
    }
    return locl_command_buffer_status(stage->train_commands, err);
}

static locl_status plan_evaluation(locl_stage *stage, locl_arena *workspace, locl_error *err)
{
    LOCL_TRY(locl_command_buffer_create(stage->device, workspace, &stage->evaluation_commands, err));
    stage->evaluation = part_of(stage, stage->evaluation_commands);
    locl_part_evaluate(stage->evaluation_commands, &stage->evaluation);
    return locl_command_buffer_status(stage->evaluation_commands, err);
}

locl_status locl_stage_open(const locl_stage_options *options, locl_device *device, locl_arena *workspace,
                            locl_stage *out, locl_error *err)
{
    locl_status status = LOCL_OK;
    locl_arena_mark mark = locl_arena_here(workspace);
    *out = (locl_stage){.options = *options, .device = device};
    LOCL_TRY_GOTO(status, locl_arena_create("stage", &device->caps, &out->state, err));
    LOCL_TRY_GOTO(status, take_parameters(out, err));
    LOCL_TRY_GOTO(status, create_optimiser(out, err));
    if (options->train) {
        LOCL_TRY_GOTO(status, plan_training(out, workspace, err));
        locl_arena_back(workspace, mark);
    }
    LOCL_TRY_GOTO(status, plan_evaluation(out, workspace, err));
    locl_arena_back(workspace, mark);
    return LOCL_OK;
fail:
    locl_stage_close(out);
    return status;
}

void locl_stage_close(locl_stage *stage)
{
    locl_command_buffer_release(stage->train_commands);
    locl_command_buffer_release(stage->evaluation_commands);
    locl_optim_release(stage->optim);
    locl_arena_release(stage->state);
    locl_params_release(&stage->params);
    free(stage->value);
    free(stage->gradient);
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
    locl_status status = locl_buffer_write(queue, stage->range->mem, 0, params->floats * sizeof *host, host,
                                           true, NULL, NULL, err);
    for (size_t i = 0; i < stage->optim_states && status == LOCL_OK; i++) {
        status = locl_buffer_fill(queue, stage->optim_state[i]->mem, 0, stage->optim_state[i]->bytes, &zero,
                                  sizeof zero, err);
    }
    free(host);
    return status == LOCL_OK ? locl_queue_finish(queue, err) : status;
}

locl_status locl_stage_bind(locl_stage *stage, locl_queue *queue, locl_error *err)
{
    LOCL_TRY(locl_arena_bind(stage->state, stage->device, err));
    if (stage->optim) {
        LOCL_TRY(locl_optim_upload(stage->optim, queue, err));
    }
    if (stage->train_commands) {
        LOCL_TRY(locl_command_buffer_bind(stage->train_commands, err));
    }
    LOCL_TRY(locl_command_buffer_bind(stage->evaluation_commands, err));
    return initialise(stage, queue, err);
}

locl_engine locl_stage_engine(locl_engine engine, const locl_device *device)
{
    if (device->engine[0] && strcmp(device->engine, "auto") != 0) {
        locl_engine_parse(device->engine, &engine);
    }
    return locl_engine_resolve(engine, &device->caps);
}

locl_status locl_stage_step(locl_stage *stage, locl_queue *queue, const locl_tensor *x,
                            const locl_tensor *labels, const locl_tensor *out, uint64_t step, locl_error *err)
{
    locl_bindings b = {.step = (cl_uint)step, .valid = (cl_uint)stage->options.batch};
    b.external[LOCL_EXT_INPUT] = x->mem;
    b.external[LOCL_EXT_LABELS] = labels->mem;
    b.external[LOCL_EXT_OUTPUT] = out->mem;
    b.external[LOCL_EXT_METRICS] = stage->metrics[0]->mem;
    return locl_command_buffer_enqueue(stage->train_commands, queue, &b, err);
}

size_t locl_stage_input_values(const locl_stage *stage)
{
    const locl_stage_options *o = &stage->options;
    return o->batch * o->model->block[o->first].patches * o->model->block[o->first].in;
}

size_t locl_stage_output_values(const locl_stage *stage)
{
    const locl_stage_options *o = &stage->options;
    return o->batch * o->model->block[o->last - 1].next_patches * o->model->block[o->last - 1].width;
}

size_t locl_stage_records(const locl_stage *stage)
{
    const locl_stage_options *o = &stage->options;
    return o->last - o->first + (o->classifier ? 1 : 0);
}

locl_status locl_stage_read(locl_queue *queue, const locl_tensor *tensor, size_t count, float *out,
                            locl_error *err)
{
    return locl_buffer_read(queue, tensor->mem, 0, count * sizeof *out, out, true, NULL, NULL, err);
}

/* Ranges that a checkpoint holds: the parameters, then each state of the optimiser, with their name prefix.
 */
typedef struct stored_range {
    const locl_tensor *tensor;
    size_t params, floats; /* of locl_params: all of them, or those that are trained */
    char prefix[32];
} stored_range;

static size_t stored_ranges(const locl_stage *stage, bool state, stored_range out[1 + LOCL_OPTIM_STATES])
{
    size_t count = 0;
    out[count++] = (stored_range){stage->range, stage->params.count, stage->params.floats, ""};
    for (size_t i = 0; i < stage->optim_states && state; i++) {
        out[count] =
            (stored_range){stage->optim_state[i], stage->params.trained, stage->params.trained_floats, ""};
        snprintf(out[count].prefix, sizeof out[count].prefix, "%s.",
                 locl_optim_state_name(stage->options.optim, i));
        count++;
    }
    return count;
}

static locl_status save_range(const stored_range *range, const locl_params *params, const float *host,
                              locl_arrays *out, locl_error *err)
{
    for (size_t i = 0; i < range->params; i++) {
        const locl_param *p = &params->param[i];
        char name[LOCL_ARRAY_NAME];
        snprintf(name, sizeof name, "%s%s", range->prefix, p->name);
        locl_array *array = locl_arrays_add(out, name, LOCL_F32, p->rank, p->dim, err);
        if (!array) {
            return err ? err->status : LOCL_E_FAILED;
        }
        memcpy(array->data, host + p->offset, p->count * sizeof *host);
    }
    return LOCL_OK;
}

/* Whether `array` is what `p` should be; if not, says so. */
static locl_status check_array(const locl_array *array, const locl_param *p, const char *name,
                               locl_error *err)
{
    if (!array) {
        return locl_fail(err, LOCL_E_CHECKPOINT, "tensor %s is missing", name);
    }
    bool fits = array->dtype == LOCL_F32 && array->rank == p->rank;
    for (size_t d = 0; d < p->rank && fits; d++) {
        fits = array->dim[d] == p->dim[d];
    }
    if (fits) {
        return LOCL_OK;
    }
    locl_text shapes = {0};
    locl_text_add_shape(&shapes, array->dtype, array->rank, array->dim);
    locl_text_add(&shapes, ", should be ");
    locl_text_add_shape(&shapes, LOCL_F32, p->rank, p->dim);
    locl_fail(err, LOCL_E_CHECKPOINT, "tensor %s: found %s", name,
              shapes.failed ? "another shape" : shapes.data);
    locl_text_free(&shapes);
    return LOCL_E_CHECKPOINT;
}

static locl_status load_range(const stored_range *range, const locl_params *params, const locl_arrays *in,
                              float *host, locl_error *err)
{
    for (size_t i = 0; i < range->params; i++) {
        const locl_param *p = &params->param[i];
        char name[LOCL_ARRAY_NAME];
        snprintf(name, sizeof name, "%s%s", range->prefix, p->name);
        const locl_array *array = locl_arrays_find(in, name);
        LOCL_TRY(check_array(array, p, name, err));
        memcpy(host + p->offset, array->data, p->count * sizeof *host);
    }
    return LOCL_OK;
}

locl_status locl_stage_save(locl_stage *stage, locl_queue *queue, bool state, locl_arrays *out,
                            locl_error *err)
{
    stored_range range[1 + LOCL_OPTIM_STATES];
    size_t ranges = stored_ranges(stage, state, range), floats = stage->params.floats;
    locl_status status = LOCL_OK;
    float *host = malloc(floats * sizeof *host);
    if (!host) {
        return locl_fail_memory(err, floats * sizeof *host);
    }
    for (size_t i = 0; i < ranges && status == LOCL_OK; i++) {
        status = locl_stage_read(queue, range[i].tensor, range[i].floats, host, err);
        if (status == LOCL_OK) {
            status = save_range(&range[i], &stage->params, host, out, err);
        }
    }
    free(host);
    return status;
}

locl_status locl_stage_load(locl_stage *stage, locl_queue *queue, bool state, const locl_arrays *in,
                            locl_error *err)
{
    stored_range range[1 + LOCL_OPTIM_STATES];
    size_t ranges = stored_ranges(stage, state, range), floats = stage->params.floats;
    locl_status status = LOCL_OK;
    float *host = calloc(floats, sizeof *host);
    if (!host) {
        return locl_fail_memory(err, floats * sizeof *host);
    }
    for (size_t i = 0; i < ranges && status == LOCL_OK; i++) {
        status = load_range(&range[i], &stage->params, in, host, err);
        if (status == LOCL_OK) {
            status = locl_buffer_write(queue, range[i].tensor->mem, 0, range[i].floats * sizeof *host, host,
                                       true, NULL, NULL, err);
        }
    }
    free(host);
    return status;
}
