#include "support/step_reference.h"

#include "support/step_blocks.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Computes features [B,D], the mean over patches of `tokens`. */
static void pool(const step *st, const double *tokens, double *features)
{
    size_t d = st->at.width;
    for (size_t i = 0; i < st->tokens * d; i++) {
        features[i / d / st->patches * d + i % d] += tokens[i] / (double)st->patches;
    }
}

/* Computes InfoNCE of the rows' outputs z [R,K], the two views of R / 2 images: s [R,K], each row's loss
 * differentiated by its z, and the mean loss. The keys are st->keys, else the rows' own, and constants. */
static double contrast(step *st, const double *z, double *s, double *each)
{
    size_t rows = st->s.batch, k_count = st->s.classes;
    double *u = step_take(st, rows * k_count), *size = step_take(st, rows), mean = 0;
    for (size_t i = 0; i < rows * k_count; i++) {
        size[i / k_count] += z[i] * z[i];
    }
    for (size_t i = 0; i < rows * k_count; i++) {
        u[i] = z[i] / fmax(sqrt(size[i / k_count]), 1e-6);
    }
    const double *keys = st->keys ? st->keys : u;
    for (size_t n = 0; n < rows; n++) {
        size_t target = (n + rows / 2) % rows;
        double *logit = step_take(st, rows), *r = step_take(st, k_count), sum = 0, along = 0;
        for (size_t j = 0; j < rows; j++) {
            for (size_t k = 0; k < k_count; k++) {
                logit[j] += u[n * k_count + k] * keys[j * k_count + k] / st->s.temperature;
            }
            logit[j] -= j == n ? 1e9 : 0;
            sum += exp(logit[j]);
        }
        for (size_t j = 0; j < rows; j++) {
            double q = exp(logit[j]) / sum - (j == target ? 1 : 0);
            for (size_t k = 0; k < k_count; k++) {
                r[k] += q * keys[j * k_count + k] / st->s.temperature;
            }
        }
        for (size_t k = 0; k < k_count; k++) {
            along += u[n * k_count + k] * r[k];
        }
        for (size_t k = 0; k < k_count; k++) {
            s[n * k_count + k] = (r[k] - u[n * k_count + k] * along) / sqrt(size[n]);
        }
        double loss = log(sum) - logit[target];
        mean += loss / (double)rows;
        if (each) {
            each[n] = loss;
        }
    }
    st->units = u;
    return mean;
}

/* Computes logits [R,K] = features V + c. */
static void project(const step *st, const double *features, const double *v, const double *c, double *logits)
{
    size_t d = st->at.width, k_count = st->s.classes;
    for (size_t i = 0; i < st->s.batch * k_count; i++) {
        logits[i] = c[i % k_count];
        for (size_t j = 0; j < d; j++) {
            logits[i] += features[i / k_count * d + j] * v[j * k_count + i % k_count];
        }
    }
}

/* Computes softmax - onehot of logits [B,K] and returns the mean loss. `each` [B], when not NULL, gets every
 * image's. */
static double classify(const step *st, const double *logits, double *error, double *each)
{
    size_t k_count = st->s.classes;
    double mean = 0;
    for (size_t n = 0; n < st->s.batch; n++) {
        const double *l = logits + n * k_count;
        double sum = 0;
        for (size_t k = 0; k < k_count; k++) {
            sum += exp(l[k]);
        }
        for (size_t k = 0; k < k_count; k++) {
            error[n * k_count + k] = exp(l[k]) / sum - ((size_t)st->labels[n] == k ? 1 : 0);
        }
        double loss = log(sum) - l[st->labels[n]];
        mean += loss / (double)st->s.batch;
        if (each) {
            each[n] = loss;
        }
    }
    return mean;
}

/* Computes outputs and errors of a head or the classifier and returns the mean loss. */
static double readout(step *st, const double *features, const double *v, const double *c, double *logits,
                      double *error, double *each)
{
    project(st, features, v, c, logits);
    return st->s.views > 1 ? contrast(st, logits, error, each) : classify(st, logits, error, each);
}

static void readout_gradient(const step *st, const double *features, const double *error, double *dv,
                             double *dc)
{
    size_t d = st->at.width, k_count = st->s.classes;
    for (size_t n = 0; n < st->s.batch; n++) {
        for (size_t k = 0; k < k_count; k++) {
            double e = error[n * k_count + k] / (double)st->s.batch;
            dc[k] += e;
            for (size_t i = 0; i < d; i++) {
                dv[i * k_count + k] += features[n * d + i] * e;
            }
        }
    }
}

/* Returns the tokens as a head pools them: [B,P,G,D/G], over D/G. */
static double *head_tokens(step *st, double *x)
{
    if (!st->s.head_ln) {
        return x;
    }
    double *y = step_take(st, st->tokens * st->at.width);
    step_norm(x, y, st->tokens * st->at.groups, st->at.width / st->at.groups);
    return y;
}

static double run_head(step *st, block_run *b, double *each)
{
    b->features = step_take(st, st->s.batch * st->at.width);
    b->logits = step_take(st, st->s.batch * st->s.classes);
    b->error = step_take(st, st->s.batch * st->s.classes);
    pool(st, head_tokens(st, b->out), b->features);
    return readout(st, b->features, step_set_get(st->in, "blocks.%zu.head.weight", b->index),
                   step_set_get(st->in, "blocks.%zu.head.bias", b->index), b->logits, b->error, each);
}

static void head_and_gradient(step *st, block_run *b, step_set *out)
{
    size_t k = st->s.classes, batch = st->s.batch, d = st->at.width;
    bool contrasts = st->s.views > 1, last = b->index + 1 == st->s.blocks;
    *step_set_add(out, 1, "loss.blocks.%zu", b->index) = run_head(st, b, NULL);
    if (!contrasts) {
        memcpy(step_set_add(out, batch * k, "logits.blocks.%zu", b->index), b->logits,
               batch * k * sizeof(double));
    }
    if (st->rule.idle_heads && !(contrasts && last)) { /* the last one stands for the classifier */
        return;
    }
    double *dv = step_set_add(out, d * k, "grad.blocks.%zu.head.weight", b->index);
    readout_gradient(st, b->features, b->error, dv,
                     step_set_add(out, k, "grad.blocks.%zu.head.bias", b->index));
}

/* Runs the classifier and returns its errors [B,K]. */
static double *classifier(step *st, const block_run *last, step_set *out)
{
    step_enter_classifier(st);
    size_t k = st->s.classes, batch = st->s.batch, d = st->at.width;
    double *means = step_take(st, batch * d), *features = means, *error = step_take(st, batch * k);
    pool(st, last->next, means);
    if (st->s.classifier_ln) {
        features = step_take(st, batch * d);
        step_norm(means, features, batch, d);
    }
    double *logits = step_set_add(out, batch * k, "logits");
    double loss = readout(st, features, step_set_get(st->in, "classifier.weight"),
                          step_set_get(st->in, "classifier.bias"), logits, error, NULL);
    *step_set_add(out, 1, "loss") = loss;
    double *dv = step_set_add(out, d * k, "grad.classifier.weight");
    readout_gradient(st, features, error, dv, step_set_add(out, k, "grad.classifier.bias"));
    return error;
}

/* Returns f [B,D] = V (softmax - onehot). */
static double *feature_errors(step *st, const double *error, const double *v)
{
    size_t d = st->at.width, k_count = st->s.classes;
    double *f = step_take(st, st->s.batch * d);
    for (size_t i = 0; i < st->s.batch * d; i++) {
        for (size_t k = 0; k < k_count; k++) {
            f[i] += v[i % d * k_count + k] * error[i / d * k_count + k];
        }
    }
    return f;
}

/* Returns [B,P,width], the mean loss's cotangent of each token, from f [B,width], that of each image's pooled
 * tokens. */
static double *spread(step *st, const double *f, size_t width)
{
    size_t count = st->tokens * width;
    double *t = step_take(st, count);
    for (size_t i = 0; i < count; i++) {
        t[i] = f[i / width / st->patches * width + i % width] / (double)st->tokens;
    }
    return t;
}

/* Returns t [B,P,D], the cotangent of the block's output of its head's mean loss. */
static double *head_cotangent(step *st, const block_run *b)
{
    size_t d = st->at.width, count = st->tokens * d;
    char weight[64];
    snprintf(weight, sizeof weight, "blocks.%zu.head.weight", b->index);
    double *t = spread(st, feature_errors(st, b->error, step_back_of(st, weight)), d), *through = t;
    if (st->s.head_ln) {
        through = step_take(st, count);
        step_norm_jacobian(b->out, t, through, st->tokens * st->at.groups, d / st->at.groups);
    }
    return through;
}

/* Returns [B,P',D], the cotangent of what leaves the last block, of the classifier's mean loss. */
static double *classifier_cotangent(step *st, const block_run *last, const double *error)
{
    step_enter_classifier(st);
    size_t d = st->at.width, batch = st->s.batch;
    double *f = feature_errors(st, error, step_back_of(st, "classifier.weight")), *through = f;
    if (st->s.classifier_ln) {
        double *means = step_take(st, batch * d);
        through = step_take(st, batch * d);
        pool(st, last->next, means);
        step_norm_jacobian(means, f, through, batch, d);
    }
    return spread(st, through, d);
}

/* Computes dL [B,P,G] of SPEC 2. */
static void directional(step *st, const block_run *b, double *jvp)
{
    size_t d = st->at.width, w = d / st->at.groups, count = st->tokens * d;
    double *dx = b->dout;
    if (!dx) {
        return; /* nothing moves */
    }
    double *f = feature_errors(st, b->error, step_set_get(st->in, "blocks.%zu.head.weight", b->index));
    if (st->s.head_ln) {
        dx = step_take(st, count);
        step_norm_jacobian(b->out, b->dout, dx, st->tokens * st->at.groups, w);
    }
    for (size_t i = 0; i < count; i++) {
        jvp[i / w] += dx[i] * f[i / d / st->patches * d + i % d] / (double)st->patches;
    }
}

/* Returns the cotangent of z from that of post. With `exact` it goes through the LN whatever norm_grad
 * says. */
static double *through_activation(step *st, const layer_run *l, const double *t, bool exact)
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

static void layer_gradient(const step *st, size_t block, const layer_run *l, const double *q, double scale,
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

/* Returns the cotangent of what reaches a layer, before its LN, from that of z. */
static double *through_layer(step *st, const layer_run *l, const double *q)
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
        double *q = through_activation(st, l, t, true);
        layer_gradient(st, b->index, l, q, 1, out);
        t = through_layer(st, l, q);
    }
    for (size_t i = 0, d = st->at.width; skip && i < st->tokens * d; i++) {
        t[i / d * b->in + i % d % b->in] += skip[i];
    }
    return t;
}

/* Adds the gradients of dfa: every layer's output gets the classifier's error through its own matrix
 * [K,width]. */
static void update_directly(step *st, const block_run *b, const double *error, step_set *out)
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
        double *q = through_activation(st, l, spread(st, f, l->out), true);
        layer_gradient(st, b->index, l, q, 1, out);
    }
}

/* Sends the losses' cotangents back block by block as the rule says. */
static void go_back(step *st, const block_run *run, const double *error, step_set *out)
{
    const step_rule *rule = &st->rule;
    size_t blocks = st->s.blocks;
    double *t = rule->classifier ? classifier_cotangent(st, &run[blocks - 1], error) : NULL;
    for (size_t k = blocks; k-- > 0;) {
        step_enter(st, k);
        t = t ? step_back_through_pooling(st, &run[k], t) : NULL;
        if (!rule->classifier && step_trains_layers(st, k)) {
            double *own = head_cotangent(st, &run[k]);
            for (size_t i = 0; t && rule->through && i < st->tokens * st->at.width; i++) {
                own[i] += t[i];
            }
            t = own;
        }
        t = backpropagate(st, &run[k], t, out);
    }
}

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
    double *q = through_activation(st, l, t, false);
    layer_gradient(st, b->index, l, q, 1 / (double)draws, out);
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
        run_head(st, &moved, NULL);
        directional(st, &moved, jvp + k * count);
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
    double *guess = through_layer(st, &next, through_activation(st, &next, t, true));
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
    double *q = through_activation(st, l, t, false);
    layer_gradient(st, b->index, l, q, 1 / (double)st->rule.passes, out);
}

/* Adds the estimates of a block whose guesses come back through mirrors. */
static void estimate_by_mirrors(step *st, const block_run *b, const double *dl, size_t pass, step_set *out)
{
    size_t groups = st->at.groups, width = st->at.hidden;
    const double *u = step_draw_of(st, pass, b->index, CHANNEL);
    double *exact = head_cotangent(st, b), *guess = guess_of(st, b, CHANNEL, exact);
    double *rest = step_take(st, st->tokens * groups), *sum = step_take(st, st->tokens);
    double *q = through_activation(st, &b->layer[GROUP], exact, false);
    layer_gradient(st, b->index, &b->layer[GROUP], q, 1 / (double)st->rule.passes, out);
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

static void estimate(step *st, const block_run *b, const block_run *loss, const double *dl, size_t pass,
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
            double *q = through_activation(st, l, head_cotangent(st, loss), false);
            layer_gradient(st, b->index, l, q, 1 / (double)st->rule.passes, out);
        }
    }
}

/* Cuts images into patches, each flattened in (row, column, channel) order: [B,P,C], of one view after the other. */
static double *patches_of(step *st)
{
    step_enter(st, 0);
    size_t side = st->at.side, of_view = st->s.batch / st->s.views;
    const size_t *image = st->s.image, ph = image[0] / side, pw = image[1] / side, c = image[2];
    double *x = step_take(st, st->s.batch * image[0] * image[1] * c), *at = x;
    for (size_t row = 0; row < st->tokens; row++) {
        size_t n = row / st->patches, p = row % st->patches, top = p / side * ph, left = p % side * pw;
        const double *images = st->s.views > 1 ? step_set_get(st->in, "images.%zu", 1 + n / of_view)
                                               : step_set_get(st->in, "images");
        for (size_t i = 0; i < ph; i++) {
            for (size_t j = 0; j < pw * c; j++) {
                *at++ = images[((n % of_view * image[0] + top + i) * image[1] + left) * c + j];
            }
        }
    }
    return x;
}

static void forward_pass(step *st, size_t pass, block_run *run, step_set *out)
{
    double *x = patches_of(st), *dx = NULL;
    for (size_t k = 0; k < st->s.blocks; k++) {
        block_run *b = &run[k];
        step_run_block(st, b, k, pass, x, dx, 0);
        if (pass == 0) {
            head_and_gradient(st, b, out);
        } else {
            run_head(st, b, NULL);
        }
        if (step_trains_layers(st, k) && !st->rule.backward) {
            double *jvp = step_set_add(out, st->tokens * st->at.groups, "jvp.%zu.blocks.%zu", pass, k);
            directional(st, b, jvp);
            for (size_t i = st->rule.loss_block ? k : 0; i <= k; i++) {
                estimate(st, &run[i], b, jvp, pass, out);
            }
        }
        x = b->next;
        dx = st->rule.loss_block ? NULL : b->dnext;
    }
}

void step_reference(const step_sizes *sizes, const step_rule *rule, const step_set *in, const int *labels,
                    step_set *out)
{
    step st = step_begin(sizes, rule, in, labels);
    block_run run[STEP_BLOCKS];
    for (size_t pass = 0; pass < (rule->backward ? 1 : rule->passes); pass++) {
        forward_pass(&st, pass, run, out);
    }
    const block_run *last = &run[sizes->blocks - 1];
    const double *error = sizes->views > 1 ? last->error : classifier(&st, last, out);
    for (size_t k = 0; k < sizes->blocks && rule->direct; k++) {
        update_directly(&st, &run[k], error, out);
    }
    if (rule->backward && !rule->direct) {
        go_back(&st, run, error, out);
    }
    out->nearest = st.nearest;
    step_end(&st);
}

void step_reference_moved(const step_sizes *sizes, const step_rule *rule, const step_set *in,
                          const int *labels, size_t block, size_t pass, int tangent, double epsilon,
                          double *moved)
{
    step st = step_begin(sizes, rule, in, labels);
    st.tangent = tangent;
    block_run still, shifted;
    double *x = patches_of(&st), *shifted_x = x;
    for (size_t k = 0; k <= block; k++) {
        step_run_block(&st, &still, k, pass, x, NULL, 0);
        step_run_block(&st, &shifted, k, pass, rule->loss_block ? x : shifted_x, NULL, epsilon);
        x = still.next;
        shifted_x = shifted.next;
    }
    size_t width = st.at.width, groups = st.at.groups, w = width / groups;
    if (sizes->views > 1) { /* the keys stay where they are */
        run_head(&st, &still, NULL);
        st.keys = st.units;
    }
    double *each = step_take(&st, sizes->batch), *all = still.out;
    for (size_t p = 0; p < st.patches; p++) {
        for (size_t g = 0; g < groups; g++) {
            still.out = step_take(&st, st.tokens * width);
            memcpy(still.out, all, st.tokens * width * sizeof *all);
            for (size_t n = 0; n < sizes->batch; n++) {
                size_t at = (n * st.patches + p) * width + g * w;
                memcpy(still.out + at, shifted.out + at, w * sizeof *all);
            }
            run_head(&st, &still, each);
            for (size_t n = 0; n < sizes->batch; n++) {
                moved[(n * st.patches + p) * groups + g] = each[n];
            }
        }
    }
    step_end(&st);
}
