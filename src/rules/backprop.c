#include "rules/backprop.h"

#include "ops/accumulate.h"
#include "rules/layer_update.h"

void locl_backprop_block(locl_command_buffer *cmd, const locl_part *part, const locl_block_tape *tape,
                         const locl_tensor *t, locl_backprop_output output, const locl_tensor *input)
{
    size_t block = tape->shape->index;
    locl_arena_mark mark = locl_arena_here(locl_command_buffer_workspace(cmd));
    const locl_tensor *q = locl_layer_cotangent(cmd, tape), *post = locl_layer_cotangent(cmd, tape);
    const locl_tensor *from = t;
    for (int layer = LOCL_LAYER_GROUP; layer >= (int)tape->first; layer--) {
        const locl_layer_tape *l = &tape->layer[layer];
        const locl_tensor *to = layer > (int)tape->first ? post : input;
        locl_block_layer_vjp(cmd, l, LOCL_THROUGH_NORM, from, q);
        if (output == LOCL_WITH_GRADIENTS) {
            locl_layer_gradient(cmd, part, block, l, q);
        }
        if (to) {
            locl_block_layer_backward(cmd, tape, (locl_layer)layer,
                                      locl_part_back(part, block, (locl_owner)layer), q, to);
        }
        from = post;
    }
    if (input) {
        locl_block_residual_backward(cmd, tape, t, input);
    }
    locl_arena_back(locl_command_buffer_workspace(cmd), mark);
}

void locl_backprop_readout(locl_command_buffer *cmd, const locl_part *part, const locl_readout *r,
                           const locl_tensor *back, locl_write write, const locl_tensor *t)
{
    locl_arena_mark mark = locl_arena_here(locl_command_buffer_workspace(cmd));
    size_t tokens = part->batch * r->head.patches;
    const locl_tensor *f = locl_command_buffer_scratch(cmd, part->batch * r->width, "feature errors");
    const locl_tensor *own =
        write == LOCL_ADD ? locl_command_buffer_scratch(cmd, tokens * r->width, "own cotangent") : t;
    locl_readout_backward(cmd, r, back, f);
    locl_head_vjp(cmd, &r->head, f, own);
    if (write == LOCL_ADD) {
        locl_accumulate(cmd, own, NULL, t, tokens, r->width, 1);
    }
    locl_arena_back(locl_command_buffer_workspace(cmd), mark);
}

/* Returns what a rule does with a head. What stands for the classifier is always trained. */
static locl_head_use use_of_head(const locl_part *part, size_t block, locl_head_use heads)
{
    return locl_model_contrasts(part->model) && block + 1 == part->last ? LOCL_TRAINED : heads;
}

locl_readout locl_backprop_forward(locl_command_buffer *cmd, locl_part *part, locl_head_use heads,
                                   locl_block_tape *tape, locl_readout *head)
{
    const locl_tensor *x = part->input;
    for (size_t k = part->first; k < part->last; k++) {
        locl_part_forward(cmd, part, k, x, &tape[k - part->first]);
        head[k - part->first] =
            locl_part_head(cmd, part, k, tape[k - part->first].out, use_of_head(part, k, heads));
        x = tape[k - part->first].next;
    }
    locl_readout classifier = locl_part_classifier(cmd, part, x, LOCL_TRAINED);
    return locl_part_goal(part, &tape[part->last - 1 - part->first], &head[part->last - 1 - part->first],
                          &classifier)
        .readout;
}

/* Returns the number of values of the largest input or output of a part's blocks. */
static size_t largest(const locl_part *part)
{
    size_t most = 0;
    for (size_t k = part->first; k < part->last; k++) {
        const locl_block_shape *s = &part->model->block[k];
        size_t widest = s->in > s->width ? s->in : s->width;
        most = s->patches * widest > most ? s->patches * widest : most;
    }
    return part->batch * most;
}

const locl_tensor *locl_backprop_cotangent(locl_command_buffer *cmd, const locl_part *part)
{
    return locl_command_buffer_scratch(cmd, largest(part), "cotangent of a block");
}

locl_cotangents locl_backprop_cotangents(locl_command_buffer *cmd, const locl_part *part)
{
    return (locl_cotangents){
        .tensor = {locl_backprop_cotangent(cmd, part), locl_backprop_cotangent(cmd, part)}};
}

const locl_tensor *locl_cotangents_here(const locl_cotangents *c)
{
    return c->tensor[c->current];
}

const locl_tensor *locl_cotangents_spare(const locl_cotangents *c)
{
    return c->tensor[!c->current];
}

void locl_backprop_pool(locl_command_buffer *cmd, const locl_block_tape *tape, locl_cotangents *c)
{
    const locl_tensor *out =
        locl_block_pool_backward(cmd, tape, locl_cotangents_here(c), locl_cotangents_spare(c));
    c->current = out == c->tensor[0] ? 0 : 1;
}

void locl_backprop_record(locl_command_buffer *cmd, locl_part *part, locl_backprop how)
{
    locl_block_tape *tape = locl_part_tapes(cmd, part);
    locl_readout *head = locl_part_readouts(cmd, part);
    if (!tape || !head) {
        return;
    }
    locl_readout classifier =
        locl_backprop_forward(cmd, part, how.idle_heads ? LOCL_LOOKS_ON : LOCL_TRAINED, tape, head);
    if (!how.local && locl_model_contrasts(part->model)) { /* the last head's loss is the network's */
        how.local = how.last = true;
    }
    locl_cotangents c = locl_backprop_cotangents(cmd, part);
    bool arrived = !how.local;
    if (!how.local) {
        locl_backprop_readout(cmd, part, &classifier,
                              locl_part_back(part, part->last - 1, LOCL_OWNER_CLASSIFIER), LOCL_REPLACE,
                              locl_cotangents_here(&c));
    }
    for (size_t k = part->last; k-- > part->first;) {
        const locl_block_tape *block = &tape[k - part->first];
        locl_part_section(cmd, k);
        if (arrived) {
            locl_backprop_pool(cmd, block, &c);
        }
        if (how.local && (!how.last || k + 1 == part->last)) {
            locl_backprop_readout(cmd, part, &head[k - part->first], locl_part_back(part, k, LOCL_OWNER_HEAD),
                                  arrived ? LOCL_ADD : LOCL_REPLACE, locl_cotangents_here(&c));
        }
        arrived = !how.stopped && k > part->first;
        locl_backprop_block(cmd, part, block, locl_cotangents_here(&c), LOCL_WITH_GRADIENTS,
                            arrived ? locl_cotangents_spare(&c) : NULL);
        c.current = arrived ? !c.current : c.current;
    }
}
