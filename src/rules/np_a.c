/* np-a (SPEC 3): lg-fg-a with finite differences of perturbed activities for the directional derivatives. */
#include "rules/layer_update.h"
#include "rules/node_noise.h"

/* Records the changes of a block's losses [M,B,P,G], summed over what `losses` says is not local. */
static locl_estimate differences(locl_command_buffer *cmd, locl_part *part, const locl_block_tape *tape,
                                 const locl_readout *head)
{
    const locl_rule_options *o = part->options;
    size_t block = tape->shape->index, values = part->batch * tape->shape->patches * tape->shape->groups;
    locl_layer_tensors layers[LOCL_LAYERS];
    locl_part_layers(part, block, layers);
    part->tap.jvp[block] = locl_command_buffer_scratch(cmd, o->passes * values, "loss changes");
    for (size_t pass = 0; pass < o->passes; pass++) {
        locl_perturbation u[LOCL_LAYERS];
        for (int layer = 0; layer < LOCL_LAYERS; layer++) {
            u[layer] = locl_part_perturbation(part, block, (locl_layer)layer);
            u[layer].pass = (uint32_t)pass;
        }
        locl_block_motion motion = {.kind = LOCL_MOTION_SHIFT, .shift = {u, (float)o->epsilon}};
        locl_node_difference(cmd, part, tape, head, layers, &motion, part->tap.jvp[block], pass * values);
    }
    return locl_layer_losses(cmd, part, tape->shape, part->tap.jvp[block], o->passes, 1,
                             locl_losses_apart(o));
}

static void record(locl_command_buffer *cmd, locl_part *part)
{
    const locl_tensor *x = part->input;
    for (size_t k = part->first; k < part->last; k++) {
        locl_block_tape tape;
        locl_part_forward(cmd, part, k, x, &tape);
        locl_readout head = locl_part_head(cmd, part, k, tape.out, LOCL_TRAINED);
        locl_estimate e = differences(cmd, part, &tape, &head);
        for (int layer = (int)tape.first; layer < LOCL_LAYERS; layer++) {
            tape.layer[layer].u = locl_part_perturbation(part, k, (locl_layer)layer);
            locl_layer_estimate(cmd, part, &tape, (locl_layer)layer, e);
        }
        x = tape.next;
    }
    locl_part_classifier(cmd, part, x, LOCL_TRAINED);
}

const locl_rule locl_rule_np_a = {
    .name = "np-a",
    .kind = LOCL_RULE_NP_A,
    .summary = "lg-fg-a with finite differences: a copy of each block, moved by epsilon times the draw, "
               "runs beside it",
    .draws = true,
    .options = LOCL_USES_DRAWS | LOCL_USES(NORM_GRAD) | LOCL_USES(LOSS_PATCH) | LOCL_USES(LOSS_GROUP) |
               LOCL_USES(EPSILON),
    .yardstick = LOCL_RULE_LG_BP,
    .crosses_blocks = locl_rule_never,
    .record = record,
};
