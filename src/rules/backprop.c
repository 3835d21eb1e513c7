#include "rules/backprop.h"

#include "ops/accumulate.h"
#include "rules/layer_update.h"

void locl_backprop_block(locl_plan *plan, const locl_part *part, const locl_block_tape *tape,
                         const locl_tensor *t, bool train, const locl_tensor *input)
{
    size_t block = tape->shape->index;
    locl_arena_mark mark = locl_arena_here(locl_plan_workspace(plan));
    const locl_tensor *q = locl_layer_cotangent(plan, tape), *post = locl_layer_cotangent(plan, tape);
    const locl_tensor *from = t;
    for (int layer = LOCL_LAYER_GROUP; layer >= (int)tape->first; layer--) {
        const locl_layer_tape *l = &tape->layer[layer];
        const locl_tensor *to = layer > (int)tape->first ? post : input;
        locl_activation_vjp(plan, &l->activation, from, q);
        if (train) {
            locl_layer_gradient(plan, part, block, l, q);
        }
        if (to) {
            locl_block_layer_backward(plan, tape, (locl_layer)layer,
                                      locl_part_back(part, block, (locl_owner)layer), q, to);
        }
        from = post;
    }
    if (input && tape->shape->token) {
        locl_accumulate(plan, t, tape->out, input, part->batch * part->model->patches * tape->shape->width);
    }
    locl_arena_back(locl_plan_workspace(plan), mark);
}

void locl_backprop_readout(locl_plan *plan, const locl_part *part, const locl_readout *r,
                           const locl_tensor *back, bool add, const locl_tensor *t)
{
    locl_arena_mark mark = locl_arena_here(locl_plan_workspace(plan));
    size_t values = part->batch * part->model->patches * r->width;
    const locl_tensor *f = locl_plan_scratch(plan, part->batch * r->width, "feature errors");
    const locl_tensor *own = add ? locl_plan_scratch(plan, values, "own cotangent") : t;
    locl_readout_backward(plan, r, back, f);
    locl_head_vjp(plan, &r->head, f, own);
    if (add) {
        locl_accumulate(plan, own, NULL, t, values);
    }
    locl_arena_back(locl_plan_workspace(plan), mark);
}

locl_readout locl_backprop_forward(locl_plan *plan, locl_part *part, bool train_heads, locl_block_tape *tape,
                                   locl_readout *head)
{
    const locl_tensor *x = part->input;
    for (size_t k = part->first; k < part->last; k++) {
        locl_part_forward(plan, part, k, x, &tape[k - part->first]);
        x = tape[k - part->first].out;
        head[k - part->first] = locl_part_head(plan, part, k, x, train_heads);
    }
    return locl_part_classifier(plan, part, x, true);
}

void locl_backprop_record(locl_plan *plan, locl_part *part, locl_backprop how)
{
    locl_block_tape tape[LOCL_MODEL_MAX_BLOCKS];
    locl_readout head[LOCL_MODEL_MAX_BLOCKS];
    locl_readout classifier = locl_backprop_forward(plan, part, !how.idle_heads, tape, head);

    /* cotangents of a block's output and of its input take turns in two tensors */
    const locl_tensor *cotangent[2];
    for (int i = 0; i < 2; i++) {
        cotangent[i] = locl_layer_cotangent(plan, &tape[part->last - 1 - part->first]);
    }
    bool arrived = !how.local;
    if (!how.local) {
        locl_backprop_readout(plan, part, &classifier,
                              locl_part_back(part, part->last - 1, LOCL_OWNER_CLASSIFIER), false,
                              cotangent[0]);
    }
    for (size_t k = part->last; k-- > part->first;) {
        const locl_tensor *t = cotangent[(part->last - 1 - k) % 2], *input = cotangent[(part->last - k) % 2];
        locl_part_section(plan, k);
        if (how.local && (!how.last || k + 1 == part->last)) {
            locl_backprop_readout(plan, part, &head[k - part->first],
                                  locl_part_back(part, k, LOCL_OWNER_HEAD), arrived, t);
        }
        arrived = !how.stopped && k > part->first;
        locl_backprop_block(plan, part, &tape[k - part->first], t, true, arrived ? input : NULL);
    }
}
