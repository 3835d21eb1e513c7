#include "sched/stage.h"

#include "ops/half.h"
#include "ops/slices.h"

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

static locl_status take_parameters(locl_stage *stage, locl_error *err)
{
    const locl_stage_options *o = &stage->options;
    size_t bytes = o->alignment ? o->alignment : stage->device->caps.alignment;
    size_t alignment = (bytes + sizeof(float) - 1) / sizeof(float);
    locl_params_kind kind = locl_rule_params(o->rule);
    kind.running = o->running;
    kind.group_mirrors = kind.group_mirrors && o->train;
    kind.channel_mirrors = kind.channel_mirrors && o->train;
    LOCL_TRY(locl_params_layout(o->model, o->first, o->last,
                                o->classifier ? LOCL_WITH_CLASSIFIER : LOCL_WITHOUT_CLASSIFIER, kind,
                                alignment, &stage->params, err));
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

/* Connects the activations that come in, and records that halves are made floats, where the stage has floats. */
static const locl_tensor *connect_input(const locl_stage *stage, locl_command_buffer *cmd)
{
    size_t values = locl_stage_input_values(stage);
    locl_tensor *given = locl_command_buffer_external(cmd, LOCL_EXT_INPUT, locl_stage_input_bytes(stage));
    given->half = stage->options.half_input;
    if (!stage->options.half_input || stage->options.halves) {
        return given;
    }
    const locl_tensor *x = locl_command_buffer_scratch(cmd, values, "input as floats");
    locl_command_buffer_section(cmd, "halves");
    locl_half_load(cmd, given, x, values);
    return x;
}

/* Whether floats that go out are made halves. */
static bool is_made_halves(const locl_stage *stage)
{
    return stage->options.half_output && !stage->options.halves;
}

/* Connects the activations that go out. What the rule writes is made halves by pass_output(). */
static const locl_tensor *connect_output(const locl_stage *stage, locl_command_buffer *cmd,
                                         const locl_tensor **to)
{
    locl_tensor *out = locl_command_buffer_external(cmd, LOCL_EXT_OUTPUT, locl_stage_output_bytes(stage));
    out->half = stage->options.half_output;
    *to = out;
    return is_made_halves(stage)
               ? locl_command_buffer_scratch(cmd, locl_stage_output_values(stage), "output as floats")
               : out;
}

static void pass_output(const locl_stage *stage, locl_command_buffer *cmd, const locl_part *part,
                        const locl_tensor *to)
{
    if (is_made_halves(stage)) {
        locl_command_buffer_section(cmd, "halves");
        locl_half_store(cmd, part->output, to, locl_stage_output_values(stage));
    }
}

/* Returns the part as one of the recordings sees it, its externals connected. *to is where its output goes. */
static locl_part part_of(locl_stage *stage, locl_command_buffer *cmd, const locl_tensor **to)
{
    const locl_stage_options *o = &stage->options;
    locl_part part = {.model = o->model,
                      .options = o->rule,
                      .seed = o->seed,
                      .batch = locl_stage_rows(o),
                      .first = o->first,
                      .last = o->last,
                      .classifier = o->classifier,
                      .halves = o->halves,
                      .params = &stage->params,
                      .value = stage->value,
                      .gradient = stage->slice_gradient,
                      .given = o->given,
                      .given_weights = o->given_weights};
    part.input = connect_input(stage, cmd);
    part.labels = locl_command_buffer_external(cmd, LOCL_EXT_LABELS, part.batch * sizeof(int32_t));
    part.metrics = locl_command_buffer_external(cmd, LOCL_EXT_METRICS, stage->metrics[0]->bytes);
    if (!o->classifier) {
        part.output = connect_output(stage, cmd, to);
    }
    return part;
}

/* Takes views of all gradients from the range that they are. */
static void view_gradients(const locl_params *params, locl_arena *arena, const locl_tensor *whole,
                           const locl_tensor **out)
{
    for (size_t i = 0; i < params->trained; i++) {
        const locl_param *p = &params->param[i];
        out[i] = locl_arena_view(arena, whole, p->offset * sizeof(float), p->count * sizeof(float), p->name);
    }
}

/* Returns whether the batch's gradients are more than those of one recording. */
static bool adds_up(const locl_stage_options *options)
{
    return options->rows > 0 || locl_stage_slices(options) > 1;
}

/* Records that what this device's rows of a slice gave is added to the batch's gradients, which the update
 * takes. */
static void add_slice(locl_stage *stage)
{
    const locl_stage_options *o = &stage->options;
    const locl_params *params = &stage->params;
    const locl_tensor *slice = stage->gradients;
    stage->gradients =
        locl_arena_take(stage->state, params->trained_floats * sizeof(float), "gradients of the batch");
    view_gradients(params, stage->state, stage->gradients, stage->gradient);
    locl_command_buffer_section(stage->gradient_commands, "slices");
    locl_slices_add(stage->gradient_commands, slice, stage->gradients, params->trained_floats,
                    (double)locl_stage_rows(o) / (double)o->batch, o->first_row);
}

/* Records the gradient. It ends with stage->gradients, which stay in the workspace above `mark` or, with
 * slices, in the state. */
static locl_status record_gradient(locl_stage *stage, locl_arena *workspace, locl_arena_mark *mark,
                                   locl_error *err)
{
    const locl_params *params = &stage->params;
    const locl_tensor *to = NULL;
    LOCL_TRY(locl_command_buffer_create(stage->device, workspace, &stage->gradient_commands, err));
    stage->gradients = locl_arena_take(workspace, params->trained_floats * sizeof(float), "gradients");
    *mark = locl_arena_here(workspace);
    view_gradients(params, workspace, stage->gradients, stage->slice_gradient);
    memcpy(stage->gradient, stage->slice_gradient, params->count * sizeof(*stage->gradient));
    locl_gemm_use(stage->gradient_commands, &stage->options.products);
    stage->part = part_of(stage, stage->gradient_commands, &to);
    locl_rule_of(stage->options.rule->kind)->record(stage->gradient_commands, &stage->part);
    pass_output(stage, stage->gradient_commands, &stage->part, to);
    if (adds_up(&stage->options)) {
        add_slice(stage);
    }
    return locl_command_buffer_status(stage->gradient_commands, err);
}

/* Takes memory for the gradients of the other devices. */
static locl_status take_received(locl_stage *stage, locl_error *err)
{
    size_t others = stage->options.others, bytes = stage->params.trained_floats * sizeof(float);
    stage->received = calloc(others, sizeof(*stage->received));
    if (others && !stage->received) {
        return locl_fail_memory(err, others * sizeof(*stage->received));
    }
    for (size_t i = 0; i < others; i++) {
        stage->received[i] = locl_arena_take(stage->state, bytes, "gradients of another device");
    }
    return LOCL_OK;
}

static bool has_mirrors(const locl_stage *stage)
{
    return locl_rule_params(stage->options.rule).group_mirrors;
}

static locl_status record_update(locl_stage *stage, locl_arena *workspace, locl_error *err)
{
    LOCL_TRY(take_received(stage, err));
    LOCL_TRY(locl_command_buffer_create(stage->device, workspace, &stage->update_commands, err));
    locl_command_buffer *cmd = stage->update_commands;
    const locl_tensor *metrics =
        locl_command_buffer_external(cmd, LOCL_EXT_METRICS, stage->metrics[0]->bytes);
    locl_command_buffer_section(cmd, "update");
    for (size_t i = 0; i < stage->options.others; i++) {
        locl_slices_join(cmd, stage->received[i], stage->gradients, stage->params.trained_floats);
    }
    locl_optim_record(cmd, stage->optim, stage->range, stage->gradients, stage->optim_state, metrics);
    if (has_mirrors(stage)) {
        locl_gemm_use(cmd, &stage->options.products);
        locl_rule_of(stage->options.rule->kind)->follow(cmd, &stage->part);
    }
    return locl_command_buffer_status(cmd, err);
}

/* Records the gradient and the update, whose scratch takes the place of the gradient's, which is no longer
 * read by then. */
static locl_status record_training(locl_stage *stage, locl_arena *workspace, locl_error *err)
{
    locl_arena_mark gradients;
    LOCL_TRY(record_gradient(stage, workspace, &gradients, err));
    if (!stage->optim) {
        return LOCL_OK;
    }
    locl_arena_back(workspace, gradients);
    return record_update(stage, workspace, err);
}

static locl_status record_begin(locl_stage *stage, locl_arena *workspace, locl_error *err)
{
    LOCL_TRY(locl_command_buffer_create(stage->device, workspace, &stage->begin_commands, err));
    locl_gemm_use(stage->begin_commands, &stage->options.products);
    locl_rule_of(stage->options.rule->kind)->begin(stage->begin_commands, &stage->part);
    return locl_command_buffer_status(stage->begin_commands, err);
}

/* Whether the classifier is here, and learns by itself. */
static bool reads_out(const locl_stage *stage)
{
    const locl_stage_options *o = &stage->options;
    return o->train && o->classifier && locl_model_contrasts(o->model);
}

/* Records what follows an evaluation, whose tensors are still there. */
static locl_status record_readout(locl_stage *stage, locl_arena *workspace, const locl_readout *classifier,
                                  locl_error *err)
{
    LOCL_TRY(locl_command_buffer_create(stage->device, workspace, &stage->readout_commands, err));
    locl_gemm_use(stage->readout_commands, &stage->options.products);
    locl_part_read_out(stage->readout_commands, &stage->evaluation, classifier);
    return locl_command_buffer_status(stage->readout_commands, err);
}

static locl_status record_evaluation(locl_stage *stage, locl_arena *workspace, locl_error *err)
{
    const locl_tensor *to = NULL;
    LOCL_TRY(locl_command_buffer_create(stage->device, workspace, &stage->evaluation_commands, err));
    locl_gemm_use(stage->evaluation_commands, &stage->options.products);
    stage->evaluation = part_of(stage, stage->evaluation_commands, &to);
    locl_readout classifier = locl_part_evaluate(stage->evaluation_commands, &stage->evaluation);
    pass_output(stage, stage->evaluation_commands, &stage->evaluation, to);
    LOCL_TRY(locl_command_buffer_status(stage->evaluation_commands, err));
    return reads_out(stage) ? record_readout(stage, workspace, &classifier, err) : LOCL_OK;
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
        LOCL_TRY_GOTO(status, record_training(out, workspace, err));
        locl_arena_back(workspace, mark);
    }
    if (options->train && has_mirrors(out)) {
        LOCL_TRY_GOTO(status, record_begin(out, workspace, err));
    }
    LOCL_TRY_GOTO(status, record_evaluation(out, workspace, err));
    locl_arena_back(workspace, mark);
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
    locl_status status = locl_buffer_write(queue, stage->range->mem, 0, params->floats * sizeof *host, host,
                                           LOCL_BLOCKING, NULL, NULL, err);
    for (size_t i = 0; i < stage->optim_states && status == LOCL_OK; i++) {
        status = locl_buffer_fill(queue, stage->optim_state[i]->mem, 0, stage->optim_state[i]->bytes, &zero,
                                  sizeof zero, err);
    }
    free(host);
    LOCL_TRY(status);
    LOCL_TRY(locl_queue_finish(queue, err));
    return locl_stage_begin(stage, queue, err);
}

locl_status locl_stage_begin(locl_stage *stage, locl_queue *queue, locl_error *err)
{
    const locl_bindings from_the_start = {.step = 0};
    if (!stage->begin_commands) {
        return LOCL_OK;
    }
    LOCL_TRY(locl_command_buffer_enqueue(stage->begin_commands, queue, &from_the_start, err));
    return locl_queue_finish(queue, err);
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

size_t locl_stage_commands(const locl_stage *stage, locl_step_kind kind,
                           locl_command_buffer *out[LOCL_STEP_BUFFERS])
{
    size_t count = 0;
    if (kind == LOCL_STEP_EVALUATE || kind == LOCL_STEP_READ_OUT) {
        out[count++] = stage->evaluation_commands;
    }
    if (kind == LOCL_STEP_TRAIN && stage->gradient_commands) {
        out[count++] = stage->gradient_commands;
    }
    if (kind == LOCL_STEP_TRAIN && stage->update_commands) {
        out[count++] = stage->update_commands;
    }
    if (kind == LOCL_STEP_READ_OUT && stage->readout_commands) {
        out[count++] = stage->readout_commands;
    }
    if (kind == LOCL_STEP_BEGIN && stage->begin_commands) {
        out[count++] = stage->begin_commands;
    }
    return count;
}

locl_status locl_stage_enqueue(const locl_stage *stage, locl_queue *queue, locl_step_kind kind,
                               const locl_bindings *bindings, locl_error *err)
{
    const locl_stage_options *o = &stage->options;
    size_t slice = bindings->first_image - o->first_row; /* its first image */
    bool update = slice + locl_stage_slice(o) >= o->batch && o->others == 0;
    locl_command_buffer *cmd[LOCL_STEP_BUFFERS];
    for (size_t i = 0, count = locl_stage_commands(stage, kind, cmd); i < count; i++) {
        if (update || cmd[i] != stage->update_commands) {
            LOCL_TRY(locl_command_buffer_enqueue(cmd[i], queue, bindings, err));
        }
    }
    return LOCL_OK;
}

locl_status locl_stage_enqueue_update(const locl_stage *stage, locl_queue *queue,
                                      const locl_bindings *bindings, locl_error *err)
{
    return locl_command_buffer_enqueue(stage->update_commands, queue, bindings, err);
}

/* Enqueues slice `slice` of a step of either kind. */
static locl_status enqueue_slice(const locl_stage *stage, locl_queue *queue, locl_step_kind kind,
                                 const locl_tensor *x, const locl_tensor *labels, const locl_tensor *out,
                                 uint64_t step, size_t slice, locl_error *err)
{
    const locl_stage_options *o = &stage->options;
    locl_bindings b = {.step = (cl_uint)step,
                       .valid = (cl_uint)locl_stage_rows(o),
                       .first_image = slice * locl_stage_slice(o) + o->first_row};
    b.external[LOCL_EXT_INPUT] = x->mem;
    b.external[LOCL_EXT_LABELS] = labels->mem;
    b.external[LOCL_EXT_OUTPUT] = out->mem;
    b.external[LOCL_EXT_METRICS] = stage->metrics[0]->mem;
    return locl_stage_enqueue(stage, queue, kind, &b, err);
}

locl_status locl_stage_step(locl_stage *stage, locl_queue *queue, const locl_tensor *x,
                            const locl_tensor *labels, const locl_tensor *out, uint64_t step, size_t slice,
                            locl_error *err)
{
    return enqueue_slice(stage, queue, LOCL_STEP_TRAIN, x, labels, out, step, slice, err);
}

locl_status locl_stage_evaluate(const locl_stage *stage, locl_queue *queue, const locl_tensor *x,
                                const locl_tensor *labels, const locl_tensor *out, locl_error *err)
{
    return enqueue_slice(stage, queue, LOCL_STEP_EVALUATE, x, labels, out, 0, 0, err);
}

/* Returns how often a batch replays a recording. */
static size_t replays(const locl_stage *stage, const locl_command_buffer *cmd)
{
    return cmd == stage->update_commands ? 1 : locl_stage_slices(&stage->options);
}

double locl_stage_flops(const locl_stage *stage, locl_step_kind kind)
{
    locl_command_buffer *cmd[LOCL_STEP_BUFFERS];
    double flops = 0;
    for (size_t i = locl_stage_commands(stage, kind, cmd); i-- > 0;) {
        flops += (double)replays(stage, cmd[i]) * locl_command_buffer_flops(cmd[i]);
    }
    return flops;
}

size_t locl_stage_launches(const locl_stage *stage, locl_step_kind kind)
{
    locl_command_buffer *cmd[LOCL_STEP_BUFFERS];
    size_t launches = 0;
    for (size_t i = locl_stage_commands(stage, kind, cmd); i-- > 0;) {
        launches += replays(stage, cmd[i]) * locl_command_buffer_launches(cmd[i]);
    }
    return launches;
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
    const locl_command_buffer *recordings[] = {stage->gradient_commands, stage->update_commands,
                                               stage->evaluation_commands, stage->begin_commands,
                                               stage->readout_commands};
    for (size_t r = 0; r < sizeof recordings / sizeof recordings[0]; r++) {
        const locl_gemm_choice *products;
        size_t recorded = recordings[r] ? locl_gemm_recorded(recordings[r], &products) : 0;
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
