#include "rules/channel_tangents.h"

#include "ops/draw.h"
#include "rules/layer_update.h"

/* Tangents that run at once: their 3 tensors [AT_ONCE,B,P,D] are about what a block keeps of its forward
 * pass. */
enum { AT_ONCE = 4 };

/* What perturbs the channel layer: draw m K + k is row k times the signs of pass m, or what was given. */
static locl_perturbation perturbation(locl_plan *plan, const locl_part *part, const locl_block_shape *s)
{
    locl_perturbation u = locl_part_perturbation(part, s->index, LOCL_LAYER_CHANNEL);
    if (u.source != LOCL_SOURCE_GIVEN) {
        size_t values = part->batch * s->patches * s->hidden, passes = part->options->passes;
        u.given = locl_plan_scratch(plan, passes * values, "signs");
        locl_draw_fill(plan, LOCL_NOISE_RADEMACHER, part->seed, u.tag, 0, passes, 0, values, u.given);
        u.source = LOCL_SOURCE_HADAMARD;
        u.rows = part->options->channel_tangents;
    }
    return u;
}

/* jvp [tangents,B,P,G] */
static void directional_derivatives(locl_plan *plan, const locl_part *part, const locl_block_tape *tape,
                                    const locl_readout *head, const locl_tensor *f, locl_perturbation u,
                                    size_t tangents, const locl_tensor *jvp)
{
    locl_layer_tensors layers[LOCL_LAYERS];
    locl_arena_mark mark = locl_arena_here(locl_plan_workspace(plan));
    size_t at_once = tangents < AT_ONCE ? tangents : AT_ONCE;
    const locl_tensor *dout = locl_plan_scratch(
        plan, at_once * part->batch * tape->shape->patches * tape->shape->width, "d output");
    locl_part_layers(part, tape->shape->index, layers);
    for (size_t first = 0; first < tangents; first += at_once) {
        size_t count = tangents - first < at_once ? tangents - first : at_once;
        u.pass = (uint32_t)first;
        locl_block_tangents(plan, tape, LOCL_LAYER_CHANNEL, layers, &u, count, dout);
        locl_head_jvp(plan, &head->head, dout, f, count, jvp, first);
    }
    locl_arena_back(locl_plan_workspace(plan), mark);
}

void locl_channel_tangents(locl_plan *plan, locl_part *part, const locl_block_tape *tape,
                           const locl_readout *head, const locl_tensor *f)
{
    const locl_block_shape *s = tape->shape;
    size_t tangents = (size_t)part->options->passes * part->options->channel_tangents;
    const locl_tensor *jvp =
        locl_plan_scratch(plan, tangents * part->batch * s->patches * s->groups, "channel jvp");
    part->tap.channel_jvp[s->index] = jvp;
    locl_arena_mark mark = locl_arena_here(locl_plan_workspace(plan));
    locl_block_tape own = *tape;
    own.layer[LOCL_LAYER_CHANNEL].u = perturbation(plan, part, s);
    directional_derivatives(plan, part, tape, head, f, own.layer[LOCL_LAYER_CHANNEL].u, tangents, jvp);
    locl_layer_estimate(plan, part, &own, LOCL_LAYER_CHANNEL,
                        locl_layer_losses(plan, part, s, jvp, tangents, part->options->loss_patch,
                                          part->options->loss_group));
    locl_arena_back(locl_plan_workspace(plan), mark);
}
