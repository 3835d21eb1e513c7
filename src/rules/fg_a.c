/* fg-a (SPEC 3): the forward gradient of each image's classifier loss by perturbed activities. The tangent
 * runs through all blocks. Only the network's input is constant. */
#include "ops/loss.h"
#include "rules/layer_update.h"
#include "rules/rule.h"

/* Records dL [M,B] of each image's loss. Whole tokens are pooled, so dL is the sum over patches. */
static locl_estimate directional_derivative(locl_command_buffer *cmd, locl_part *part, const locl_goal *goal)
{
    const locl_readout *r = &goal->readout;
    size_t passes = part->options->passes, images = passes * part->batch, patches = r->head.patches;
    locl_estimate e = {.lp = 1, .lg = 1, .tangents = passes, .side = 1};
    e.dl = locl_command_buffer_scratch(cmd, images, "jvp");
    locl_arena_mark mark = locl_arena_here(locl_command_buffer_workspace(cmd));
    const locl_tensor *f = locl_command_buffer_scratch(cmd, part->batch * r->width, "feature errors");
    const locl_tensor *local = locl_command_buffer_scratch(cmd, images * patches, "jvp of patches");
    locl_readout_backward(cmd, r, locl_part_value(part, part->last - 1, goal->owner, LOCL_WEIGHT), f);
    locl_head_jvp(cmd, &r->head, goal->dx, f, passes, local, 0, 1);
    locl_loss_gather(cmd, local, e.dl, images, patches, 1, 1, 1);
    locl_arena_back(locl_command_buffer_workspace(cmd), mark);
    part->tap.classifier_jvp = e.dl;
    return e;
}

static void record(locl_command_buffer *cmd, locl_part *part)
{
    locl_block_tape *tape = locl_part_tapes(cmd, part);
    const locl_tensor *x = part->input, *dx = NULL;
    locl_readout head = {0};
    if (!tape) {
        return;
    }
    for (size_t k = part->first; k < part->last; k++) {
        locl_block_tape *t = &tape[k - part->first];
        locl_part_forward_dual(cmd, part, k, x, dx, NULL, t);
        head = locl_part_head(cmd, part, k, t->out, LOCL_TRAINED);
        x = t->next;
        dx = t->dnext;
    }
    locl_readout classifier = locl_part_classifier(cmd, part, x, LOCL_TRAINED);
    locl_goal goal = locl_part_goal(part, &tape[part->last - 1 - part->first], &head, &classifier);
    locl_estimate e = directional_derivative(cmd, part, &goal);
    for (size_t k = part->first; k < part->last; k++) {
        const locl_block_tape *t = &tape[k - part->first];
        locl_part_section(cmd, k);
        for (int layer = (int)t->first; layer < LOCL_LAYERS; layer++) {
            locl_layer_estimate(cmd, part, t, (locl_layer)layer, e);
        }
    }
}

const locl_rule locl_rule_fg_a = {
    .name = "fg-a",
    .kind = LOCL_RULE_FG_A,
    .summary = "forward gradient of each image's classifier loss; all blocks are perturbed at once",
    .draws = true,
    .tangents = true,
    .options = LOCL_USES_DRAWS | LOCL_USES(NORM_GRAD),
    .yardstick = LOCL_RULE_BP,
    .crosses_blocks = locl_rule_always,
    .record = record,
};
