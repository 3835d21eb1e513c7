/* lg-fg-a (SPEC 3): forward gradients of local losses by perturbed activities. Each block draws u for each
 * layer, carries (x, dx) through it, takes the directional derivative dL[n,p,g] of each replicated loss, and
 * lets u dL stand for the gradient of the layer's output. Options change this:
 *   exact_last (SPEC 5)         the group layer is not perturbed: the head's error gives its exact gradient
 *   tangents.channel above 1    the channel layer has tangents of its own (channel_tangents.h)
 *   feedback (SPEC 5)           a guess of the gradients comes back through mirrors of the weights (mirrors.h)
 *   losses.block false          nothing is stopped between blocks: the last block's dL trains every layer */
#include "rules/block_pass.h"
#include "rules/channel_tangents.h"
#include "rules/layer_update.h"
#include "rules/mirrors.h"
#include "rules/rule.h"

/* Returns whether a block's losses train layers. Under losses.block: false only the last block's do. */
static bool trains_layers(const locl_part *part, size_t block)
{
    return part->options->loss_block || block + 1 == part->last;
}

static bool exact(const locl_part *part, size_t block, locl_layer layer)
{
    return part->options->exact_last && layer == LOCL_LAYER_GROUP && trains_layers(part, block);
}

static bool has_own_tangents(const locl_part *part, locl_layer layer)
{
    return layer == LOCL_LAYER_CHANNEL && part->options->channel_tangents > 1;
}

/* Records the block, perturbing the layers that are estimated by the base tangent. */
static void forward(locl_command_buffer *cmd, const locl_part *part, size_t block, const locl_tensor *x,
                    const locl_tensor *dx, locl_block_tape *tape)
{
    bool still[LOCL_LAYERS], moves = dx != NULL;
    for (int layer = 0; layer < LOCL_LAYERS; layer++) {
        bool there = layer != LOCL_LAYER_TOKEN || part->model->block[block].token;
        still[layer] = exact(part, block, (locl_layer)layer) || has_own_tangents(part, (locl_layer)layer);
        moves = moves || (there && !still[layer]);
    }
    if (moves) {
        locl_part_forward_dual(cmd, part, block, x, dx, still, tape);
    } else {
        locl_part_forward(cmd, part, block, x, tape);
    }
}

/* Records the directional derivatives dL [M,B,P,G] of a block's losses along the base tangent. NULL where
 * there is no tangent. */
static const locl_tensor *directional_derivatives(locl_command_buffer *cmd, locl_part *part,
                                                  const locl_block_tape *tape, const locl_readout *head,
                                                  const locl_tensor *f)
{
    size_t block = tape->shape->index, passes = part->options->passes;
    if (tape->dout) {
        size_t values = passes * part->batch * tape->shape->patches * tape->shape->groups;
        part->tap.jvp[block] = locl_command_buffer_scratch(cmd, values, "jvp");
        locl_head_jvp(cmd, &head->head, tape->dout, f, passes, part->tap.jvp[block], 0, 1);
    }
    return part->tap.jvp[block];
}

/* Records the group layer's gradient from the head's error. */
static void update_exactly(locl_command_buffer *cmd, const locl_part *part, const locl_block_tape *tape,
                           const locl_readout *head, const locl_tensor *f)
{
    const locl_layer_tape *l = &tape->layer[LOCL_LAYER_GROUP];
    locl_arena_mark mark = locl_arena_here(locl_command_buffer_workspace(cmd));
    const locl_tensor *q = locl_layer_cotangent(cmd, tape);
    locl_head_vjp(cmd, &head->head, f, q);
    locl_block_layer_vjp(cmd, l, part->options->norm_grad, q, q);
    locl_layer_gradient(cmd, part, tape->shape->index, l, q);
    locl_arena_back(locl_command_buffer_workspace(cmd), mark);
}

static void update_block(locl_command_buffer *cmd, locl_part *part, const locl_block_tape *tape,
                         const locl_readout *head, const locl_tensor *f, const locl_estimate *e)
{
    if (part->options->group_feedback == LOCL_GUESS_MIRROR) {
        locl_mirrors_update(cmd, part, tape, head, f);
        return;
    }
    for (int layer = (int)tape->first; layer < LOCL_LAYERS; layer++) {
        if (exact(part, tape->shape->index, (locl_layer)layer)) {
            update_exactly(cmd, part, tape, head, f);
        } else if (has_own_tangents(part, (locl_layer)layer)) {
            locl_channel_tangents(cmd, part, tape, head, f);
        } else {
            locl_layer_estimate(cmd, part, tape, (locl_layer)layer, *e);
        }
    }
}

/* Records the update of the blocks before the last one by its losses. What moves in them moves every patch
 * and group of these losses. */
static void update_earlier(locl_command_buffer *cmd, locl_part *part, const locl_block_tape *tape,
                           const locl_block_shape *last, const locl_tensor *jvp)
{
    locl_estimate all = locl_layer_losses(cmd, part, last, jvp, part->options->passes, 1, LOCL_APART_NONE);
    for (size_t k = part->first; k < last->index; k++) {
        update_block(cmd, part, &tape[k - part->first], NULL, NULL, &all);
    }
}

/* Whether a block can do its step in one pass: what that has none of is off. */
static bool simple(const locl_rule_options *o)
{
    return o->passes == 1 && o->norm_grad && o->channel_tangents == 1 && o->loss_block && o->loss_patch &&
           o->loss_group;
}

static locl_block_way way_of(const locl_rule_options *o)
{
    return o->channel_feedback == LOCL_GUESS_MIRROR ? LOCL_WAY_MIRRORS
           : o->group_feedback == LOCL_GUESS_MIRROR ? LOCL_WAY_MIRROR
           : o->exact_last                          ? LOCL_WAY_EXACT_LAST
                                                    : LOCL_WAY_ESTIMATE;
}

static void record(locl_command_buffer *cmd, locl_part *part)
{
    if (simple(part->options) && locl_blocks_pass(cmd, part, way_of(part->options))) {
        return;
    }
    locl_block_tape *tape = locl_part_tapes(cmd, part);
    const locl_tensor *x = part->input, *dx = NULL;
    if (!tape) {
        return;
    }
    for (size_t block = part->first; block < part->last; block++) {
        locl_block_tape *t = &tape[block - part->first];
        forward(cmd, part, block, x, dx, t);
        locl_readout head = locl_part_head(cmd, part, block, t->out, LOCL_TRAINED);
        if (trains_layers(part, block)) {
            const locl_tensor *f =
                locl_command_buffer_scratch(cmd, part->batch * t->shape->width, "feature errors");
            locl_readout_backward(cmd, &head, locl_part_value(part, block, LOCL_OWNER_HEAD, LOCL_WEIGHT), f);
            const locl_rule_options *o = part->options;
            const locl_tensor *jvp = directional_derivatives(cmd, part, t, &head, f);
            locl_estimate own =
                jvp ? locl_layer_losses(cmd, part, t->shape, jvp, o->passes, 1, locl_losses_apart(o))
                    : (locl_estimate){0};
            update_block(cmd, part, t, &head, f, &own);
            if (!o->loss_block) {
                update_earlier(cmd, part, tape, t->shape, jvp);
            }
        }
        x = t->next;
        dx = t->dnext;
    }
    locl_part_classifier(cmd, part, x, LOCL_TRAINED);
}

const locl_rule locl_rule_lg_fg_a = {
    .name = "lg-fg-a",
    .kind = LOCL_RULE_LG_FG_A,
    .summary = "forward gradient of the block's loss for each image, patch and group",
    .draws = true,
    .tangents = true,
    .halves = true,
    .options = LOCL_USES_DRAWS | LOCL_USES(NORM_GRAD) | LOCL_USES(EXACT_LAST) | LOCL_USES(CHANNEL_TANGENTS) |
               LOCL_USES(GROUP_FEEDBACK) | LOCL_USES(CHANNEL_FEEDBACK) | LOCL_USES(LOSS_BLOCK) |
               LOCL_USES(LOSS_PATCH) | LOCL_USES(LOSS_GROUP),
    .yardstick = LOCL_RULE_LG_BP,
    .crosses_blocks = locl_rule_without_block_losses,
    .record = record,
    .begin = locl_mirrors_begin,
    .follow = locl_mirrors_follow,
};
