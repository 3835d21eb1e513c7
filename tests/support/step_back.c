#include "support/step_back.h"

#include "support/step_heads.h"

#include <stdio.h>
#include <stdlib.h>

double *step_through_activation(step *st, const layer_run *l, const double *t, bool exact)
{
    size_t count = st->tokens * l->out;
    double *y = step_take(st, count), *q = y;
    for (size_t i = 0; i < count; i++) {
        y[i] = l->post[i] > 0 ? t[i] : 0;
    }
    if (st->s.post_ln && (exact || st->rule.norm_grad)) {
        q = step_post_norm(st, l, l->z, y);
    }
    return q;
}

void step_layer_gradient(const step *st, size_t block, const layer_run *l, const double *q, double scale,
                         step_set *out)
{
    bool conv = l->kind == TOKEN && st->s.kernel;
    size_t weights = conv                 ? st->s.kernel * st->s.kernel * l->in
                     : l->kind == TOKEN   ? st->patches * st->patches
                     : l->kind == CHANNEL ? l->in * l->out
                                          : l->in * l->out / st->at.groups;
    size_t biases = l->kind == TOKEN && !conv ? st->patches : l->out;
    char name[96];
    snprintf(name, sizeof name, "grad.blocks.%zu.%s.weight", block, step_layer_names[l->kind]);
    if (!step_set_find(out, name)) {
        step_set_add(out, weights, "%s", name);
        step_set_add(out, biases, "grad.blocks.%zu.%s.bias", block, step_layer_names[l->kind]);
    }
    double *dw = step_set_get(out, "%s", name);
    double *db = step_set_get(out, "grad.blocks.%zu.%s.bias", block, step_layer_names[l->kind]);
    double *once = calloc(weights, sizeof *once);
    step_each_connection(st, l, step_add_gradient, q, once);
    for (size_t i = 0; i < weights; i++) {
        dw[i] += scale * once[i];
    }
    for (size_t i = 0; i < st->tokens * l->out; i++) {
        db[step_bias_of(st, l, i)] += scale * q[i];
    }
    free(once);
}

double *step_through_layer(step *st, const layer_run *l, const double *q)
{
    double *t = step_take(st, st->tokens * l->in), *before = t;
    step_each_connection(st, l, step_add_backward, q, t);
    if (l->ln_before) {
        size_t rows = step_norm_rows(st, l);
        before = step_take(st, st->tokens * l->in);
        step_norm_jacobian(l->x, t, before, rows, st->tokens * l->in / rows);
    }
    return before;
}

/* Adds the exact gradient of a block's layers from t, the cotangent of its output. Returns that of its
 * input. */
static double *backpropagate(step *st, const block_run *b, double *t, step_set *out)
{
    double *skip = NULL;
    step_enter(st, b->index);
    for (int layer = GROUP; layer >= b->first; layer--) {
        const layer_run *l = &b->layer[layer];
        if (layer == GROUP && b->index) {
            skip = step_take(st, st->tokens * l->out);
            for (size_t i = 0; i < st->tokens * l->out; i++) {
                skip[i] = l->post[i] > 0 ? t[i] : 0;
            }
        }
        double *q = step_through_activation(st, l, t, true);
        step_layer_gradient(st, b->index, l, q, 1, out);
        t = step_through_layer(st, l, q);
    }
    for (size_t i = 0, d = st->at.width; skip && i < st->tokens * d; i++) {
        t[i / d * b->in + i % d % b->in] += skip[i];
    }
    return t;
}

void step_update_directly(step *st, const block_run *b, const double *error, step_set *out)
{
    step_enter(st, b->index);
    for (int layer = b->first; layer < LAYERS; layer++) {
        const layer_run *l = &b->layer[layer];
        const double *sent =
            step_set_get(st->in, "blocks.%zu.%s.weight.feedback", b->index, step_layer_names[layer]);
        double *f = step_take(st, st->s.batch * l->out);
        for (size_t i = 0; i < st->s.batch * l->out; i++) {
            for (size_t k = 0; k < st->s.classes; k++) {
                f[i] += error[i / l->out * st->s.classes + k] * sent[k * l->out + i % l->out];
            }
        }
        double *q = step_through_activation(st, l, step_spread(st, f, l->out), true);
        step_layer_gradient(st, b->index, l, q, 1, out);
    }
}

void step_go_back(step *st, const block_run *run, const double *error, step_set *out)
{
    const step_rule *rule = &st->rule;
    size_t blocks = st->s.blocks;
    double *t = rule->classifier ? step_classifier_cotangent(st, &run[blocks - 1], error) : NULL;
    for (size_t k = blocks; k-- > 0;) {
        step_enter(st, k);
        t = t ? step_back_through_pooling(st, &run[k], t) : NULL;
        if (!rule->classifier && step_trains_layers(st, k)) {
            double *own = step_head_cotangent(st, &run[k]);
            for (size_t i = 0; t && rule->through && i < st->tokens * st->at.width; i++) {
                own[i] += t[i];
            }
            t = own;
        }
        t = backpropagate(st, &run[k], t, out);
    }
}
