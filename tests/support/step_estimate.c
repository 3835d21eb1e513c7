#include "support/step_estimate.h"

#include "support/step_back.h"
#include "support/step_heads.h"

/* Returns the dL [B,P,G] of the loss's block that a layer's value (row, j) uses: summed over patches and
 * groups as `losses` and the layer say. A value of an earlier block moves every patch and group of the
 * loss's. */
static double weight_of(const step *st, const layer_run *l, const step_block *loss, bool own_loss,
                        const double *dl, size_t index)
{
    size_t groups = loss->groups, patches = loss->side * loss->side, row = index / l->out,
           g = index % l->out / (l->out / st->at.groups), p = row % st->patches;
    bool all_groups = l->kind == TOKEN || !st->rule.loss_group || !own_loss;
    bool all_patches = !st->rule.loss_patch || !own_loss;
    const double *of_image = dl + row / st->patches * patches * groups;
    double sum = 0;
    for (size_t i = 0; i < patches * groups; i++) {
        sum += (all_groups || i % groups == g) && (all_patches || i / groups == p) ? of_image[i] : 0;
    }
    return sum;
}

/* Adds the estimate of one layer along one draw of its output, by the losses dl of block `loss`. */
static void estimate_layer(step *st, const block_run *b, int layer, size_t loss, const double *dl,
                           const double *u, size_t draws, step_set *out)
{
    const layer_run *l = &b->layer[layer];
    double *t = step_take(st, st->tokens * l->out);
    for (size_t i = 0; i < st->tokens * l->out; i++) {
        double d = weight_of(st, l, &st->s.block[loss], loss == b->index, dl, i);
        t[i] = d / (double)st->s.batch * u[i];
    }
    double *q = step_through_activation(st, l, t, false);
    step_layer_gradient(st, b->index, l, q, 1 / (double)draws, out);
}

/* Adds the estimate by the channel layer's own tangents, each of which perturbs that layer alone. */
static void estimate_channel(step *st, const block_run *b, size_t pass, step_set *out)
{
    size_t tangents = st->rule.channel_tangents, count = st->tokens * st->at.groups;
    double *jvp = step_set_add(out, tangents * count, "jvp.%zu.blocks.%zu.channel", pass, b->index);
    for (size_t k = 0; k < tangents; k++) {
        block_run moved;
        st->tangent = (int)k;
        step_run_block(st, &moved, b->index, pass, b->x, NULL, 0);
        step_run_head(st, &moved, NULL);
        step_directional(st, &moved, jvp + k * count);
        const double *u = step_draw_of(st, pass, b->index, CHANNEL);
        estimate_layer(st, b, CHANNEL, b->index, jvp + k * count, u, tangents * st->rule.passes, out);
        st->tangent = -1;
    }
}

/* Returns a guess of the cotangent of the output of `layer`, from that of the next layer's: through its mirror. */
static double *guess_of(step *st, const block_run *b, int layer, const double *t)
{
    const layer_run *l = &b->layer[layer];
    layer_run next = b->layer[layer + 1];
    next.back = step_set_get(st->in, "blocks.%zu.%s.mirror", b->index, step_layer_names[layer + 1]);
    double *guess = step_through_layer(st, &next, step_through_activation(st, &next, t, true));
    for (size_t i = 0; i < st->tokens * l->out; i++) {
        guess[i] = l->post[i] > 0 ? guess[i] : 0;
    }
    return guess;
}

/* Takes what a guess of the mean loss's cotangent has along some direction, of each part of a token's channels,
 * off dl [B,P,parts]. */
static void take_off(const step *st, const double *guess, const double *along, size_t width, size_t parts,
                     double *dl)
{
    for (size_t i = 0; i < st->tokens * width; i++) {
        dl[i / (width / parts)] -= (double)st->s.batch * guess[i] * along[i];
    }
}

/* Adds the estimate of a layer: a guess (NULL: 0), and u times what is left of its derivatives, rest [B,P,parts]. */
static void correct_guess(step *st, const block_run *b, int layer, size_t pass, const double *guess,
                          const double *rest, size_t parts, step_set *out)
{
    const layer_run *l = &b->layer[layer];
    const double *u = step_draw_of(st, pass, b->index, layer);
    double *t = step_take(st, st->tokens * l->out);
    for (size_t i = 0; i < st->tokens * l->out; i++) {
        t[i] = (guess ? guess[i] : 0) + rest[i / (l->out / parts)] / (double)st->s.batch * u[i];
    }
    double *q = step_through_activation(st, l, t, false);
    step_layer_gradient(st, b->index, l, q, 1 / (double)st->rule.passes, out);
}

/* Adds the estimates of a block whose guesses come back through mirrors. */
static void estimate_by_mirrors(step *st, const block_run *b, const double *dl, size_t pass, step_set *out)
{
    size_t groups = st->at.groups, width = st->at.hidden;
    const double *u = step_draw_of(st, pass, b->index, CHANNEL);
    double *exact = step_head_cotangent(st, b), *guess = guess_of(st, b, CHANNEL, exact);
    double *rest = step_take(st, st->tokens * groups), *sum = step_take(st, st->tokens);
    double *q = step_through_activation(st, &b->layer[GROUP], exact, false);
    step_layer_gradient(st, b->index, &b->layer[GROUP], q, 1 / (double)st->rule.passes, out);
    for (size_t i = 0; i < st->tokens * groups; i++) {
        rest[i] = dl[i];
        sum[i / groups] += dl[i];
    }
    take_off(st, guess, b->layer[CHANNEL].dpost, width, groups, rest);
    correct_guess(st, b, CHANNEL, pass, guess, rest, groups, out);
    if (b->first == CHANNEL) {
        return;
    }
    take_off(st, guess, u, width, 1, sum);
    double *before = st->rule.channel_mirrors ? guess_of(st, b, TOKEN, guess) : NULL;
    if (before) {
        take_off(st, before, step_draw_of(st, pass, b->index, TOKEN), b->in, 1, sum);
    }
    correct_guess(st, b, TOKEN, pass, before, sum, 1, out);
}

void step_estimate(step *st, const block_run *b, const block_run *loss, const double *dl, size_t pass,
                   step_set *out)
{
    step_enter(st, b->index);
    if (st->rule.group_mirrors) {
        estimate_by_mirrors(st, b, dl, pass, out);
        return;
    }
    for (int layer = b->first; layer < LAYERS; layer++) {
        const layer_run *l = &b->layer[layer];
        const double *u = step_draw_of(st, pass, b->index, layer);
        if (u) {
            estimate_layer(st, b, layer, loss->index, dl, u, st->rule.passes, out);
        } else if (layer == CHANNEL) {
            estimate_channel(st, b, pass, out);
        } else {
            double *q = step_through_activation(st, l, step_head_cotangent(st, loss), false);
            step_layer_gradient(st, b->index, l, q, 1 / (double)st->rule.passes, out);
        }
    }
}
