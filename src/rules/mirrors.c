#include "rules/mirrors.h"

#include "ops/guess.h"
#include "ops/mirror.h"
#include "rules/layer_update.h"

/* Rows that a mirror is shown at a step. Group weights are small and have many mirrors. */
enum { GROUP_ROWS = 8, CHANNEL_ROWS = 64 };

static const locl_layer_tape *layer_of(const locl_block_tape *tape, locl_layer layer)
{
    return &tape->layer[layer];
}

/* Records the group layer's exact gradient, and in `guess` what its mirror makes of it before the channel layer.
 * The cotangent of the group layer's product takes the place of the tangent of its output. */
static void guess_channel(locl_command_buffer *cmd, const locl_part *part, const locl_block_tape *tape,
                          const locl_readout *head, const locl_tensor *f, const locl_tensor *guess)
{
    const locl_layer_tape *group = layer_of(tape, LOCL_LAYER_GROUP);
    const locl_tensor *q = tape->dout;
    size_t block = tape->shape->index;
    locl_head_vjp(cmd, &head->head, f, q);
    locl_block_layer_vjp(cmd, group, part->options->norm_grad, q, q);
    locl_layer_gradient(cmd, part, block, group, q);
    if (!part->options->norm_grad) {
        locl_block_layer_vjp(cmd, group, LOCL_THROUGH_NORM, q, q);
    }
    locl_block_layer_backward(cmd, tape, LOCL_LAYER_GROUP, locl_part_mirror(part, block, LOCL_OWNER_GROUP), q,
                              guess);
}

/* Records a layer's gradient, by way of q, from its guess (NULL: 0), which may be q, and from what that leaves of
 * the derivatives, dl [M,B,P,groups]. */
static void estimate(locl_command_buffer *cmd, const locl_part *part, const locl_block_tape *tape,
                     locl_layer layer, const locl_tensor *guess, const locl_tensor *dl, size_t groups,
                     const locl_tensor *q)
{
    locl_estimate e = {.dl = dl,
                       .lp = tape->shape->patches,
                       .lg = groups,
                       .tangents = part->options->passes,
                       .side = 1,
                       .guess = guess};
    locl_block_layer_estimate(cmd, layer_of(tape, layer), part->options->norm_grad, e, q);
    locl_layer_gradient(cmd, part, tape->shape->index, layer_of(tape, layer), q);
}

/* Returns scratch for derivatives [M,B,P,groups]. */
static const locl_tensor *derivatives(locl_command_buffer *cmd, const locl_part *part,
                                      const locl_block_tape *tape, size_t groups)
{
    size_t values = part->options->passes * part->batch * tape->shape->patches * groups;
    return locl_command_buffer_scratch(cmd, values, "rest of jvp");
}

/* Records the channel layer's gradient from the guess of it, which is overwritten. Returns the derivatives [M,B,P,G]
 * less those that the guess has along the channel layer's draws, for the token layer. */
static const locl_tensor *update_channel(locl_command_buffer *cmd, const locl_part *part,
                                         const locl_block_tape *tape, const locl_tensor *guess)
{
    const locl_layer_tape *channel = layer_of(tape, LOCL_LAYER_CHANNEL);
    size_t groups = tape->shape->groups;
    const locl_tensor *rest = derivatives(cmd, part, tape, groups),
                      *before = tape->dchannel ? derivatives(cmd, part, tape, groups) : NULL;
    locl_guess g = {.shape = channel->activation.shape,
                    .post = channel->activation.post,
                    .guess = guess,
                    .units = groups,
                    .sums = 1,
                    .tangents = part->options->passes,
                    .u = channel->u,
                    .dl = part->tap.jvp[tape->shape->index],
                    .tangent = tape->dchannel};
    locl_guess_subtract(cmd, &g, rest, before);
    if (locl_part_mirror(part, tape->shape->index, LOCL_OWNER_CHANNEL)) { /* the guess goes on from here */
        locl_block_layer_vjp(cmd, channel, LOCL_THROUGH_NORM, guess, tape->dchannel);
    }
    estimate(cmd, part, tape, LOCL_LAYER_CHANNEL, guess, rest, groups, guess);
    return before;
}

/* Records the token layer's gradient from derivatives dl [M,B,P,G]. If the channel layer has a mirror, the guess of
 * the gradient of that layer's product has taken the place of its tangent. `guess` is scratch. */
static void update_token(locl_command_buffer *cmd, const locl_part *part, const locl_block_tape *tape,
                         const locl_tensor *dl, const locl_tensor *guess)
{
    const locl_layer_tape *token = layer_of(tape, LOCL_LAYER_TOKEN);
    const locl_tensor *mirror = locl_part_mirror(part, tape->shape->index, LOCL_OWNER_CHANNEL);
    size_t groups = tape->shape->groups;
    if (!mirror) {
        estimate(cmd, part, tape, LOCL_LAYER_TOKEN, NULL, dl, groups, guess);
        return;
    }
    const locl_tensor *rest = derivatives(cmd, part, tape, 1);
    locl_block_layer_backward(cmd, tape, LOCL_LAYER_CHANNEL, mirror, tape->dchannel, guess);
    locl_guess g = {.shape = token->activation.shape,
                    .post = token->activation.post,
                    .guess = guess,
                    .units = 1,
                    .sums = groups,
                    .tangents = part->options->passes,
                    .u = token->u,
                    .dl = dl};
    locl_guess_subtract(cmd, &g, rest, NULL);
    estimate(cmd, part, tape, LOCL_LAYER_TOKEN, guess, rest, 1, guess);
}

void locl_mirrors_update(locl_command_buffer *cmd, const locl_part *part, const locl_block_tape *tape,
                         const locl_readout *head, const locl_tensor *f)
{
    locl_arena_mark mark = locl_arena_here(locl_command_buffer_workspace(cmd));
    const locl_tensor *guess = locl_layer_cotangent(cmd, tape);
    guess_channel(cmd, part, tape, head, f, guess);
    const locl_tensor *dl = update_channel(cmd, part, tape, guess);
    if (tape->first == LOCL_LAYER_TOKEN) {
        update_token(cmd, part, tape, dl, guess);
    }
    locl_arena_back(locl_command_buffer_workspace(cmd), mark);
}

/* ---- what mirrors learn ---- */

typedef void (*lesson)(locl_command_buffer *cmd, const locl_mirror *m);

static void teach_mirror(locl_command_buffer *cmd, const locl_part *part, const locl_block_shape *s,
                         locl_layer layer, lesson record)
{
    bool group = layer == LOCL_LAYER_GROUP;
    size_t groups = group ? s->groups : 1, in = group ? s->hidden / groups : s->in;
    locl_mirror m = {.groups = groups,
                     .in = in,
                     .out = group ? s->width / groups : s->hidden,
                     .rows = locl_mirror_rows_at_once(in, group ? GROUP_ROWS : CHANNEL_ROWS),
                     .seed = part->seed,
                     .block = s->index,
                     .layer = layer,
                     .weight = locl_part_value(part, s->index, (locl_owner)layer, LOCL_WEIGHT),
                     .mirror = locl_part_mirror(part, s->index, (locl_owner)layer)};
    if (m.mirror) {
        record(cmd, &m);
    }
}

static void teach(locl_command_buffer *cmd, const locl_part *part, lesson record)
{
    locl_command_buffer_section(cmd, "mirrors");
    for (size_t block = part->first; block < part->last; block++) {
        teach_mirror(cmd, part, &part->model->block[block], LOCL_LAYER_GROUP, record);
        teach_mirror(cmd, part, &part->model->block[block], LOCL_LAYER_CHANNEL, record);
    }
}

void locl_mirrors_begin(locl_command_buffer *cmd, const locl_part *part)
{
    teach(cmd, part, locl_mirror_begin);
}

void locl_mirrors_follow(locl_command_buffer *cmd, const locl_part *part)
{
    teach(cmd, part, locl_mirror_learn);
}
