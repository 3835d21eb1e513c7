/* lg-bp (SPEC 3): the exact gradient of each block's own loss, stopped between blocks. The yardstick of
 * lg-fg-a: what its estimate averages to. */
#include "rules/layer_update.h"
#include "rules/rule.h"

static void backward(locl_plan *plan, const locl_part *part, const locl_block_tape *tape,
                     const locl_readout *head, const locl_tensor *f)
{
    size_t block = tape->shape->index;
    const locl_tensor *q = locl_layer_cotangent(plan, tape), *t = locl_layer_cotangent(plan, tape);
    locl_head_vjp(plan, &head->head, f, t);
    for (int layer = LOCL_LAYER_GROUP; layer >= (int)tape->first; layer--) {
        const locl_layer_tape *l = &tape->layer[layer];
        locl_activation_vjp(plan, &l->activation, t, q); /* exact, whatever norm_grad says */
        locl_layer_gradient(plan, part, block, l, q);
        if (layer > (int)tape->first) {
            locl_block_layer_backward(plan, tape, (locl_layer)layer,
                                      locl_part_value(part, block, (locl_owner)layer, true), q, t);
        }
    }
}

static void record(locl_plan *plan, locl_part *part)
{
    const locl_tensor *x = part->input;
    for (size_t block = part->first; block < part->last; block++) {
        locl_block_tape tape;
        locl_part_forward(plan, part, block, x, &tape);
        locl_readout head = locl_part_head(plan, part, block, tape.out, true);
        locl_arena_mark mark = locl_arena_here(locl_plan_workspace(plan));
        const locl_tensor *f = locl_plan_scratch(plan, part->batch * tape.shape->width, "feature errors");
        locl_readout_backward(plan, &head, locl_part_value(part, block, LOCL_OWNER_HEAD, true), f);
        backward(plan, part, &tape, &head, f);
        locl_arena_back(locl_plan_workspace(plan), mark);
        x = tape.out;
    }
    locl_part_classifier(plan, part, x, true);
}

static bool crosses_blocks(const locl_rule_options *options)
{
    (void)options;
    return false;
}

const locl_rule locl_rule_lg_bp = {
    .name = "lg-bp",
    .kind = LOCL_RULE_LG_BP,
    .summary = "exact gradients of local losses, stopped between blocks",
    .backward = true,
    .crosses_blocks = crosses_blocks,
    .record = record,
};
