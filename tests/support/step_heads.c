#include "support/step_heads.h"

#include <math.h>
#include <stdio.h>
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

double step_run_head(step *st, block_run *b, double *each)
{
    b->features = step_take(st, st->s.batch * st->at.width);
    b->logits = step_take(st, st->s.batch * st->s.classes);
    b->error = step_take(st, st->s.batch * st->s.classes);
    pool(st, head_tokens(st, b->out), b->features);
    return readout(st, b->features, step_set_get(st->in, "blocks.%zu.head.weight", b->index),
                   step_set_get(st->in, "blocks.%zu.head.bias", b->index), b->logits, b->error, each);
}

void step_head_and_gradient(step *st, block_run *b, step_set *out)
{
    size_t k = st->s.classes, batch = st->s.batch, d = st->at.width;
    bool contrasts = st->s.views > 1, last = b->index + 1 == st->s.blocks;
    *step_set_add(out, 1, "loss.blocks.%zu", b->index) = step_run_head(st, b, NULL);
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

double *step_classifier(step *st, const block_run *last, step_set *out)
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

double *step_spread(step *st, const double *f, size_t width)
{
    size_t count = st->tokens * width;
    double *t = step_take(st, count);
    for (size_t i = 0; i < count; i++) {
        t[i] = f[i / width / st->patches * width + i % width] / (double)st->tokens;
    }
    return t;
}

double *step_head_cotangent(step *st, const block_run *b)
{
    size_t d = st->at.width, count = st->tokens * d;
    char weight[64];
    snprintf(weight, sizeof weight, "blocks.%zu.head.weight", b->index);
    double *t = step_spread(st, feature_errors(st, b->error, step_back_of(st, weight)), d), *through = t;
    if (st->s.head_ln) {
        through = step_take(st, count);
        step_norm_jacobian(b->out, t, through, st->tokens * st->at.groups, d / st->at.groups);
    }
    return through;
}

double *step_classifier_cotangent(step *st, const block_run *last, const double *error)
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
    return step_spread(st, through, d);
}

void step_directional(step *st, const block_run *b, double *jvp)
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
