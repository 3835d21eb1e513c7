#include "rules/part.h"

#include "ops/loss.h"
#include "rules/block_pass.h"
#include "rules/rule.h"

#include <stdio.h>

static const locl_tensor *find(const locl_part *part, const locl_tensor *const *tensors, size_t block,
                               locl_owner owner, locl_param_part which)
{
    size_t index = locl_params_find(part->params, block, owner, which);
    return index == SIZE_MAX ? NULL : tensors[index];
}

const locl_tensor *locl_part_value(const locl_part *part, size_t block, locl_owner owner,
                                   locl_param_part which)
{
    return find(part, part->value, block, owner, which);
}

const locl_tensor *locl_part_gradient(const locl_part *part, size_t block, locl_owner owner,
                                      locl_param_part which)
{
    return find(part, part->gradient, block, owner, which);
}

const locl_tensor *locl_part_back(const locl_part *part, size_t block, locl_owner owner)
{
    size_t index = locl_params_find_beside(part->params, block, owner, LOCL_PARAM_FEEDBACK);
    return index == SIZE_MAX ? locl_part_value(part, block, owner, LOCL_WEIGHT) : part->value[index];
}

const locl_tensor *locl_part_mirror(const locl_part *part, size_t block, locl_owner owner)
{
    size_t index = locl_params_find_beside(part->params, block, owner, LOCL_PARAM_MIRROR);
    return index == SIZE_MAX ? NULL : part->value[index];
}

void locl_part_layers(const locl_part *part, size_t block, locl_layer_tensors out[LOCL_LAYERS])
{
    for (int layer = 0; layer < LOCL_LAYERS; layer++) {
        out[layer] = (locl_layer_tensors){0};
        out[layer].weight = locl_part_value(part, block, (locl_owner)layer, LOCL_WEIGHT);
        out[layer].bias = locl_part_value(part, block, (locl_owner)layer, LOCL_BIAS);
    }
}

/* Sets a block's layers as locl_part_layers() does, with running statistics used as `statistics` says where
 * the part has any. */
static void layers_with(const locl_part *part, size_t block, locl_statistics statistics,
                        locl_layer_tensors out[LOCL_LAYERS])
{
    locl_part_layers(part, block, out);
    for (int layer = 0; layer < LOCL_LAYERS && statistics != LOCL_STATISTICS_OWN; layer++) {
        size_t mean = locl_params_find_beside(part->params, block, (locl_owner)layer, LOCL_PARAM_MEAN);
        size_t variance =
            locl_params_find_beside(part->params, block, (locl_owner)layer, LOCL_PARAM_VARIANCE);
        if (mean != SIZE_MAX) {
            out[layer].running = (locl_running){statistics, part->value[mean], part->value[variance]};
        }
    }
}

locl_perturbation locl_part_perturbation(const locl_part *part, size_t block, locl_layer layer)
{
    if (part->given) {
        return (locl_perturbation){.source = LOCL_SOURCE_GIVEN, .given = part->given[block][layer]};
    }
    return (locl_perturbation){
        .source = part->options->noise == LOCL_NOISE_GAUSSIAN ? LOCL_SOURCE_GAUSSIAN : LOCL_SOURCE_RADEMACHER,
        .drawn = {.views = part->model->views,
                  .seed = part->seed,
                  .tag = locl_draw_tag(LOCL_STREAM_NOISE, 0, (uint32_t)block, (uint32_t)layer)}};
}

locl_block_tape *locl_part_tapes(locl_command_buffer *cmd, const locl_part *part)
{
    return locl_command_buffer_memory(cmd, part->last - part->first, sizeof(locl_block_tape));
}

locl_readout *locl_part_readouts(locl_command_buffer *cmd, const locl_part *part)
{
    return locl_command_buffer_memory(cmd, part->last - part->first, sizeof(locl_readout));
}

void locl_part_section(locl_command_buffer *cmd, size_t block)
{
    char section[32];
    snprintf(section, sizeof section, "block %zu", block);
    locl_command_buffer_section(cmd, section);
}

static const locl_tensor *output_of(const locl_part *part, size_t block)
{
    return block + 1 == part->last ? part->output : NULL;
}

static void begin_block(locl_command_buffer *cmd, const locl_part *part, size_t block, size_t tangents,
                        const locl_tensor *x, const locl_tensor *dx, locl_block_tape *tape)
{
    const locl_block_shape *shape = &part->model->block[block];
    locl_part_section(cmd, block);
    locl_block_begin(cmd, part->model, shape, part->batch, tangents, part->halves, x, dx,
                     shape->stride == 1 ? output_of(part, block) : NULL, tape);
}

/* Records what leaves the block. Tangents leave it only under a rule that carries them on. */
static void pass_on(locl_command_buffer *cmd, const locl_part *part, size_t block, locl_block_tape *tape)
{
    bool crosses = locl_rule_of(part->options->kind)->crosses_blocks(part->options);
    locl_block_pool(cmd, tape, crosses ? LOCL_PASS_TANGENTS : LOCL_PASS_PRIMAL, output_of(part, block));
}

static void forward(locl_command_buffer *cmd, const locl_part *part, size_t block, const locl_tensor *x,
                    locl_statistics statistics, locl_block_tape *tape)
{
    locl_layer_tensors layers[LOCL_LAYERS];
    layers_with(part, block, statistics, layers);
    begin_block(cmd, part, block, 0, x, NULL, tape);
    locl_block_forward(cmd, tape, layers, &(locl_block_motion){.kind = LOCL_MOTION_NONE});
    pass_on(cmd, part, block, tape);
}

void locl_part_forward(locl_command_buffer *cmd, const locl_part *part, size_t block, const locl_tensor *x,
                       locl_block_tape *tape)
{
    forward(cmd, part, block, x, LOCL_STATISTICS_TRACKED, tape);
}

void locl_part_forward_dual(locl_command_buffer *cmd, const locl_part *part, size_t block,
                            const locl_tensor *x, const locl_tensor *dx, const bool still[LOCL_LAYERS],
                            locl_block_tape *tape)
{
    locl_perturbation u[LOCL_LAYERS] = {{0}};
    locl_layer_tensors layers[LOCL_LAYERS];
    layers_with(part, block, LOCL_STATISTICS_TRACKED, layers);
    for (int layer = 0; layer < LOCL_LAYERS; layer++) {
        if (!still || !still[layer]) {
            u[layer] = locl_part_perturbation(part, block, (locl_layer)layer);
        }
    }
    begin_block(cmd, part, block, part->options->passes, x, dx, tape);
    bool guessed = part->options->group_feedback != LOCL_GUESS_NONE;
    locl_block_forward(cmd, tape, layers,
                       &(locl_block_motion){.kind = LOCL_MOTION_ACTIVITY_TANGENT,
                                            .keeps_channel = guessed && tape->first == LOCL_LAYER_TOKEN,
                                            .activity = u});
    pass_on(cmd, part, block, tape);
}

void locl_part_forward_weights(locl_command_buffer *cmd, const locl_part *part, size_t block, size_t pass,
                               const locl_tensor *x, const locl_tensor *dx,
                               const locl_layer_tensors du[LOCL_LAYERS], locl_block_tape *tape)
{
    locl_layer_tensors layers[LOCL_LAYERS];
    layers_with(part, block, pass ? LOCL_STATISTICS_OWN : LOCL_STATISTICS_TRACKED, layers);
    begin_block(cmd, part, block, 1, x, dx, tape);
    locl_block_forward(cmd, tape, layers,
                       &(locl_block_motion){.kind = LOCL_MOTION_WEIGHT_TANGENT, .weight = du});
    pass_on(cmd, part, block, tape);
}

locl_readout locl_part_head(locl_command_buffer *cmd, locl_part *part, size_t block, const locl_tensor *out,
                            locl_head_use use)
{
    const locl_block_shape *shape = &part->model->block[block];
    locl_readout r = locl_readout_of_head(cmd, part->model, shape, part->batch, out);
    r.records = part->classifier && block + 1 == part->last ? 2 : 1;
    locl_readout_forward(cmd, &r, locl_part_value(part, block, LOCL_OWNER_HEAD, LOCL_WEIGHT),
                         locl_part_value(part, block, LOCL_OWNER_HEAD, LOCL_BIAS), part->labels,
                         part->metrics, block - part->first);
    if (use == LOCL_TRAINED) {
        locl_readout_gradient(cmd, &r, locl_part_gradient(part, block, LOCL_OWNER_HEAD, LOCL_WEIGHT),
                              locl_part_gradient(part, block, LOCL_OWNER_HEAD, LOCL_BIAS));
    }
    part->tap.logits[block] = r.logits;
    return r;
}

locl_readout locl_part_classifier(locl_command_buffer *cmd, locl_part *part, const locl_tensor *out,
                                  locl_head_use use)
{
    if (!part->classifier || (use == LOCL_TRAINED && locl_model_contrasts(part->model))) {
        return (locl_readout){0};
    }
    size_t block = part->last - 1;
    locl_command_buffer_section(cmd, "classifier");
    locl_readout r = locl_readout_of_classifier(cmd, part->model, part->batch, out);
    locl_readout_forward(cmd, &r, locl_part_value(part, block, LOCL_OWNER_CLASSIFIER, LOCL_WEIGHT),
                         locl_part_value(part, block, LOCL_OWNER_CLASSIFIER, LOCL_BIAS), part->labels,
                         part->metrics, part->last - part->first);
    if (use == LOCL_TRAINED) {
        locl_readout_gradient(cmd, &r, locl_part_gradient(part, block, LOCL_OWNER_CLASSIFIER, LOCL_WEIGHT),
                              locl_part_gradient(part, block, LOCL_OWNER_CLASSIFIER, LOCL_BIAS));
    }
    part->tap.classifier_logits = r.logits;
    return r;
}

locl_goal locl_part_goal(const locl_part *part, const locl_block_tape *last, const locl_readout *head,
                         const locl_readout *classifier)
{
    locl_goal goal = {.readout = *classifier, .owner = LOCL_OWNER_CLASSIFIER, .dx = last->dnext};
    if (locl_model_contrasts(part->model)) {
        goal = (locl_goal){.readout = *head, .owner = LOCL_OWNER_HEAD, .dx = last->dout};
        goal.readout.head.groups = 1;
        goal.readout.head.width = goal.readout.width;
    }
    return goal;
}

locl_readout locl_part_evaluate(locl_command_buffer *cmd, locl_part *part)
{
    if (locl_blocks_pass(cmd, part, LOCL_WAY_FORWARD)) {
        return (locl_readout){0}; /* classify, whose classifier learns with the blocks */
    }
    const locl_tensor *x = part->input;
    for (size_t block = part->first; block < part->last; block++) {
        locl_block_tape tape;
        forward(cmd, part, block, x, LOCL_STATISTICS_RUNNING, &tape);
        if (locl_model_contrasts(part->model)) { /* whose losses need two views */
            locl_loss_record(cmd, NULL, NULL, part->metrics, block - part->first, 0);
        } else {
            locl_part_head(cmd, part, block, tape.out, LOCL_LOOKS_ON);
        }
        x = tape.next;
    }
    return locl_part_classifier(cmd, part, x, LOCL_LOOKS_ON);
}

void locl_part_read_out(locl_command_buffer *cmd, const locl_part *part, const locl_readout *classifier)
{
    const float rate = 0.01f;
    size_t block = part->last - 1, batch = part->batch / part->model->views;
    locl_command_buffer_section(cmd, "readout");
    locl_readout_descend(cmd, classifier, locl_part_value(part, block, LOCL_OWNER_CLASSIFIER, LOCL_WEIGHT),
                         locl_part_value(part, block, LOCL_OWNER_CLASSIFIER, LOCL_BIAS), rate / (float)batch);
}
