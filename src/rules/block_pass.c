#include "rules/block_pass.h"

static locl_block_step shape_of(const locl_part *part, size_t block, locl_block_way way)
{
    const locl_block_shape *s = &part->model->block[block];
    return (locl_block_step){.first = s->token ? LOCL_LAYER_TOKEN : LOCL_LAYER_CHANNEL,
                             .batch = part->batch,
                             .patches = s->patches,
                             .in = s->in,
                             .hidden = s->hidden,
                             .width = s->width,
                             .groups = s->groups,
                             .classes = part->model->classes,
                             .way = way};
}

/* Rows of a step, B P, from which one pass pays: packing parameters and adding up gradients cost as much as some
 * hundred rows (M/1/16, 128 rows: 3.2 against 2.4 ms kernel by kernel, PoCL on two cores). */
enum { LEAST_ROWS = 1024 };

static bool applies(locl_command_buffer *cmd, const locl_part *part, locl_block_way way)
{
    const locl_model_options *o = &part->model->options;
    if (locl_model_contrasts(part->model) || !o->begin_ln || !o->middle_ln || !o->post_linear_ln ||
        !o->head_ln || o->norm != LOCL_NORM_LAYER) {
        return false;
    }
    for (size_t block = part->first; block < part->last; block++) {
        locl_block_step step = shape_of(part, block, way);
        if (step.batch * step.patches < LEAST_ROWS || part->model->block[block].kernel ||
            !locl_block_step_applies(&step, locl_command_buffer_caps(cmd))) {
            return false;
        }
    }
    return true;
}

/* One block, from x to its output. */
static const locl_tensor *pass(locl_command_buffer *cmd, locl_part *part, size_t block, locl_block_way way,
                               const locl_tensor *x)
{
    const locl_block_shape *shape = &part->model->block[block];
    size_t tokens = part->batch * shape->patches;
    bool last = block + 1 == part->last;
    locl_block_step s = shape_of(part, block, way);
    s.x = x;
    s.labels = part->labels;
    s.metrics = part->metrics;
    s.record = block - part->first;
    s.out = last && part->output && shape->stride == 1
                ? part->output
                : locl_command_buffer_scratch(cmd, tokens * s.width, "output");
    s.logits = part->tap.logits[block] = locl_command_buffer_scratch(cmd, part->batch * s.classes, "logits");
    if (locl_block_way_estimates(way)) {
        s.jvp = part->tap.jvp[block] = locl_command_buffer_scratch(cmd, tokens * s.groups, "jvp");
    }
    for (int owner = s.first; owner < LOCL_BLOCK_OWNERS; owner++) {
        s.weight[owner] = locl_part_value(part, block, (locl_owner)owner, LOCL_WEIGHT);
        s.bias[owner] = locl_part_value(part, block, (locl_owner)owner, LOCL_BIAS);
        if (way != LOCL_WAY_FORWARD) {
            s.weight_gradient[owner] = locl_part_gradient(part, block, (locl_owner)owner, LOCL_WEIGHT);
            s.bias_gradient[owner] = locl_part_gradient(part, block, (locl_owner)owner, LOCL_BIAS);
        }
        if (owner < LOCL_LAYERS && locl_block_way_estimates(way)) {
            s.u[owner] = locl_part_perturbation(part, block, (locl_layer)owner);
        }
    }
    for (int layer = LOCL_LAYER_CHANNEL; layer < LOCL_LAYERS && locl_block_way_guesses(way); layer++) {
        s.mirror[layer] = locl_part_mirror(part, block, (locl_owner)layer);
    }
    locl_part_section(cmd, block);
    locl_block_step_record(cmd, &s);
    locl_block_tape tape = {.batch = part->batch, .model = part->model, .shape = shape, .out = s.out};
    locl_block_pool(cmd, &tape, LOCL_PASS_PRIMAL, last ? part->output : NULL);
    return tape.next;
}

bool locl_blocks_pass(locl_command_buffer *cmd, locl_part *part, locl_block_way way)
{
    if (!applies(cmd, part, way)) {
        return false;
    }
    const locl_tensor *x = part->input;
    for (size_t block = part->first; block < part->last; block++) {
        x = pass(cmd, part, block, way, x);
    }
    locl_part_classifier(cmd, part, x, way == LOCL_WAY_FORWARD ? LOCL_LOOKS_ON : LOCL_TRAINED);
    return true;
}
