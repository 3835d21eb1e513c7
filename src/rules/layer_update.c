#include "rules/layer_update.h"

#include "ops/loss.h"

void locl_layer_gradient(locl_command_buffer *cmd, const locl_part *part, size_t block,
                         const locl_layer_tape *layer, const locl_tensor *q)
{
    locl_owner owner = (locl_owner)layer->linear.layer;
    locl_linear_gradient(cmd, &layer->linear, layer->pre, q,
                         locl_part_gradient(part, block, owner, LOCL_WEIGHT),
                         locl_part_gradient(part, block, owner, LOCL_BIAS));
}

const locl_tensor *locl_layer_cotangent(locl_command_buffer *cmd, const locl_block_tape *tape)
{
    const locl_block_shape *s = tape->shape;
    size_t widest = s->hidden > s->width ? s->hidden : s->width;
    widest = s->in > widest ? s->in : widest;
    return locl_command_buffer_scratch(cmd, tape->batch * s->patches * widest, "cotangent");
}

unsigned locl_losses_apart(const locl_rule_options *options)
{
    return (options->loss_patch ? LOCL_APART_PATCHES : 0u) | (options->loss_group ? LOCL_APART_GROUPS : 0u);
}

locl_estimate locl_layer_losses(locl_command_buffer *cmd, const locl_part *part, const locl_block_shape *s,
                                const locl_tensor *jvp, size_t tangents, size_t side, unsigned apart)
{
    bool patches = apart & LOCL_APART_PATCHES, groups = apart & LOCL_APART_GROUPS;
    size_t images = tangents / side * part->batch;
    locl_estimate e = {.dl = jvp,
                       .lp = patches ? s->patches : 1,
                       .lg = groups ? s->groups : 1,
                       .tangents = tangents,
                       .side = side};
    if (e.lp == s->patches && e.lg == s->groups) {
        return e;
    }
    e.dl = locl_command_buffer_scratch(cmd, images * e.lp * e.lg * side, "summed jvp");
    if (groups) { /* what stands side by side is kept apart like groups */
        locl_loss_gather(cmd, jvp, e.dl, images, s->patches, s->groups * side, 1, s->groups * side);
    } else { /* groups, or patches and groups, are summed like patches */
        size_t kept = images * e.lp;
        locl_loss_gather(cmd, jvp, e.dl, kept, s->patches / e.lp * s->groups, side, 1, side);
    }
    return e;
}

void locl_layer_estimate(locl_command_buffer *cmd, const locl_part *part, const locl_block_tape *tape,
                         locl_layer layer, locl_estimate e)
{
    const locl_layer_tape *l = &tape->layer[layer];
    locl_arena_mark mark = locl_arena_here(locl_command_buffer_workspace(cmd));
    const locl_tensor *q = locl_layer_cotangent(cmd, tape);
    locl_block_layer_estimate(cmd, l, part->options->norm_grad, e, q);
    locl_layer_gradient(cmd, part, tape->shape->index, l, q);
    locl_arena_back(locl_command_buffer_workspace(cmd), mark);
}
