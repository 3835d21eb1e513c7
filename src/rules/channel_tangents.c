#include "rules/channel_tangents.h"

#include "ops/draw.h"
#include "ops/tangents.h"
#include "rules/layer_update.h"

/* Tangents that run at once where they are written. Their 3 tensors [AT_ONCE,B,P,D] are about what a block
 * keeps of its forward pass. */
enum { AT_ONCE = 4 };

/* Returns what perturbs the channel layer: draw m K + k is row k times the signs of pass m, or what was
 * given. */
static locl_perturbation perturbation(locl_command_buffer *cmd, const locl_part *part,
                                      const locl_block_shape *s)
{
    locl_perturbation u = locl_part_perturbation(part, s->index, LOCL_LAYER_CHANNEL);
    if (u.source == LOCL_SOURCE_GIVEN) {
        return u;
    }
    size_t image = s->patches * s->hidden, values = part->batch * image, passes = part->options->passes;
    const locl_tensor *signs = locl_command_buffer_scratch(cmd, passes * values, "signs");
    locl_draw_fill(cmd, LOCL_NOISE_RADEMACHER, part->seed, u.drawn.tag, 0, passes, 0, image,
                   part->model->views, values, signs);
    return (locl_perturbation){.source = LOCL_SOURCE_HADAMARD,
                               .hadamard = {.signs = signs, .rows = part->options->channel_tangents}};
}

/* Records jvp [M,B,P,G,K] for all tangents at once and returns true, if the group layer's norm is over its
 * own group, so that each patch and group is by itself, and the device has the memory. Takes scratch. */
static bool derivatives_at_once(locl_command_buffer *cmd, const locl_part *part, const locl_block_tape *tape,
                                const locl_readout *head, const locl_tensor *f, const locl_perturbation *u,
                                const locl_tensor *jvp)
{
    const locl_block_shape *s = tape->shape;
    const locl_layer_tape *group = &tape->layer[LOCL_LAYER_GROUP];
    size_t passes = part->options->passes, side = part->options->channel_tangents;
    bool hadamard = u->source == LOCL_SOURCE_HADAMARD;
    size_t rows = hadamard ? side : 1;
    locl_tangents t = {.tokens = part->batch * s->patches,
                       .groups = s->groups,
                       .in = s->hidden / s->groups,
                       .out = s->width / s->groups,
                       .post = tape->layer[LOCL_LAYER_CHANNEL].activation.post,
                       .y = group->pre_r ? group->pre : NULL,
                       .r = group->pre_r,
                       .weight = locl_part_value(part, s->index, LOCL_OWNER_GROUP, LOCL_WEIGHT),
                       .z = group->activation.z};
    if (group->norm != LOCL_NORM_LAYER || !locl_tangent_losses_fit(locl_command_buffer_caps(cmd), &t, rows)) {
        return false;
    }
    t.q = locl_layer_cotangent(cmd, tape);
    locl_head_vjp(cmd, &head->head, f, t.q);
    locl_block_layer_vjp(cmd, group, LOCL_THROUGH_NORM, t.q, t.q);
    locl_tangent_losses(cmd, &t, hadamard ? u->hadamard.signs : u->given, passes * side / rows, rows, side,
                        (float)part->batch, jvp);
    return true;
}

/* Records jvp [M,B,P,G,K] for any norm, some tangents at a time. */
static void derivatives_in_turn(locl_command_buffer *cmd, const locl_part *part, const locl_block_tape *tape,
                                const locl_readout *head, const locl_tensor *f, locl_perturbation u,
                                const locl_tensor *jvp)
{
    locl_layer_tensors layers[LOCL_LAYERS];
    size_t side = part->options->channel_tangents, tangents = part->options->passes * side;
    size_t at_once = tangents < AT_ONCE ? tangents : AT_ONCE;
    const locl_tensor *dout = locl_command_buffer_scratch(
        cmd, at_once * part->batch * tape->shape->patches * tape->shape->width, "d output");
    locl_part_layers(part, tape->shape->index, layers);
    for (size_t first = 0; first < tangents; first += at_once) {
        size_t count = tangents - first < at_once ? tangents - first : at_once;
        u.pass = (uint32_t)first;
        locl_block_tangents(cmd, tape, LOCL_LAYER_CHANNEL, layers, &u, count, dout);
        locl_head_jvp(cmd, &head->head, dout, f, count, jvp, first, side);
    }
}

void locl_channel_tangents(locl_command_buffer *cmd, locl_part *part, const locl_block_tape *tape,
                           const locl_readout *head, const locl_tensor *f)
{
    const locl_block_shape *s = tape->shape;
    const locl_rule_options *o = part->options;
    size_t side = o->channel_tangents, tangents = o->passes * side;
    const locl_tensor *jvp =
        locl_command_buffer_scratch(cmd, tangents * part->batch * s->patches * s->groups, "channel jvp");
    part->tap.channel_jvp[s->index] = jvp;
    locl_arena_mark mark = locl_arena_here(locl_command_buffer_workspace(cmd));
    locl_block_tape own = *tape;
    locl_perturbation *u = &own.layer[LOCL_LAYER_CHANNEL].u;
    *u = perturbation(cmd, part, s);
    locl_arena_mark kept = locl_arena_here(locl_command_buffer_workspace(cmd));
    if (!derivatives_at_once(cmd, part, tape, head, f, u, jvp)) {
        derivatives_in_turn(cmd, part, tape, head, f, *u, jvp);
    }
    locl_arena_back(locl_command_buffer_workspace(cmd), kept);
    locl_layer_estimate(cmd, part, &own, LOCL_LAYER_CHANNEL,
                        locl_layer_losses(cmd, part, s, jvp, tangents, side, locl_losses_apart(o)));
    locl_arena_back(locl_command_buffer_workspace(cmd), mark);
}
