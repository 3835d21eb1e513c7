/* np-w (SPEC 3): lg-fg-w with finite differences of perturbed weights for the directional derivatives. */
#include "ops/weight.h"
#include "rules/node_noise.h"
#include "rules/weight_noise.h"

/* Records value + epsilon u for a layer's weight or bias and returns it. NULL where the block has no such
 * layer. */
static const locl_tensor *shifted(locl_command_buffer *cmd, const locl_part *part, const locl_tensor *value,
                                  const locl_tensor *u)
{
    if (!value) {
        return NULL;
    }
    size_t count = value->bytes / sizeof(float);
    const locl_tensor *out = locl_command_buffer_scratch(cmd, count, "moved weights");
    locl_weight_shift(cmd, count, value, u, (float)part->options->epsilon, out);
    return out;
}

static void update_block(locl_command_buffer *cmd, const locl_part *part, const locl_block_tape *tape,
                         const locl_readout *head, size_t pass)
{
    locl_layer_tensors du[LOCL_LAYERS] = {{0}}, layers[LOCL_LAYERS];
    size_t block = tape->shape->index, groups = tape->shape->groups;
    locl_arena_mark mark = locl_arena_here(locl_command_buffer_workspace(cmd));
    locl_weight_draw(cmd, part, block, pass, du);
    locl_part_layers(part, block, layers);
    for (int layer = 0; layer < LOCL_LAYERS; layer++) {
        layers[layer].weight = shifted(cmd, part, layers[layer].weight, du[layer].weight);
        layers[layer].bias = shifted(cmd, part, layers[layer].bias, du[layer].bias);
    }
    const locl_tensor *change =
        locl_command_buffer_scratch(cmd, part->batch * tape->shape->patches * groups, "loss changes");
    const locl_tensor *s = locl_command_buffer_scratch(cmd, groups, "summed changes");
    locl_node_difference(cmd, part, tape, head, layers, &(locl_block_motion){.kind = LOCL_MOTION_NONE},
                         change, 0);
    locl_weight_derivatives d = locl_weight_sum(cmd, part, change, tape->shape->patches, groups, s);
    locl_weight_update(cmd, part, block, pass, du, &d);
    locl_arena_back(locl_command_buffer_workspace(cmd), mark);
}

static void record(locl_command_buffer *cmd, locl_part *part)
{
    const locl_tensor *x = part->input;
    for (size_t k = part->first; k < part->last; k++) {
        locl_block_tape tape;
        locl_part_forward(cmd, part, k, x, &tape);
        locl_readout head = locl_part_head(cmd, part, k, tape.out, LOCL_TRAINED);
        for (size_t pass = 0; pass < part->options->passes; pass++) {
            update_block(cmd, part, &tape, &head, pass);
        }
        x = tape.next;
    }
    locl_part_classifier(cmd, part, x, LOCL_TRAINED);
}

const locl_rule locl_rule_np_w = {
    .name = "np-w",
    .kind = LOCL_RULE_NP_W,
    .summary = "lg-fg-w with finite differences in the same way",
    .draws = true,
    .weights = true,
    .options = LOCL_USES_DRAWS | LOCL_USES(LOSS_PATCH) | LOCL_USES(LOSS_GROUP) | LOCL_USES(EPSILON),
    .yardstick = LOCL_RULE_LG_BP,
    .crosses_blocks = locl_rule_never,
    .record = record,
};
