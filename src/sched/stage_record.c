#include "sched/stage_record.h"

#include "ops/half.h"
#include "ops/slices.h"

#include <stdlib.h>
#include <string.h>

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
    if (locl_stage_adds_up(&stage->options)) {
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

locl_status locl_stage_record(locl_stage *stage, locl_arena *workspace, locl_error *err)
{
    locl_arena_mark mark = locl_arena_here(workspace);
    if (stage->options.train) {
        LOCL_TRY(record_training(stage, workspace, err));
        locl_arena_back(workspace, mark);
    }
    if (stage->options.train && has_mirrors(stage)) {
        LOCL_TRY(record_begin(stage, workspace, err));
    }
    LOCL_TRY(record_evaluation(stage, workspace, err));
    locl_arena_back(workspace, mark);
    return LOCL_OK;
}
