#include "support/step_reference.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TOKEN, CHANNEL, GROUP, LAYERS, WINDOW = 3, MAX_MEMORY = 1 << 16 };
static const char *const layer_names[] = {"token", "channel", "group"};

double *step_set_add(step_set *set, size_t count, const char *format, ...)
{
    step_tensor t = {.count = count, .v = calloc(count, sizeof *t.v)};
    va_list args;
    va_start(args, format);
    vsnprintf(t.name, sizeof t.name, format, args);
    va_end(args);
    set->tensor = realloc(set->tensor, (set->count + 1) * sizeof t);
    if (!t.v || !set->tensor || step_set_find(set, t.name)) {
        fprintf(stderr, "tensor %s cannot be added\n", t.name);
        abort();
    }
    set->tensor[set->count++] = t;
    return t.v;
}

const step_tensor *step_set_find(const step_set *set, const char *name)
{
    for (size_t i = 0; i < set->count; i++) {
        if (strcmp(set->tensor[i].name, name) == 0) {
            return &set->tensor[i];
        }
    }
    return NULL;
}

double *step_set_get(const step_set *set, const char *format, ...)
{
    char name[96];
    va_list args;
    va_start(args, format);
    vsnprintf(name, sizeof name, format, args);
    va_end(args);
    const step_tensor *t = step_set_find(set, name);
    if (!t) {
        fprintf(stderr, "tensor %s is missing\n", name);
        abort();
    }
    return t->v;
}

void step_set_free(step_set *set)
{
    for (size_t i = 0; i < set->count; i++) {
        free(set->tensor[i].v);
    }
    free(set->tensor);
    *set = (step_set){0};
}

/* A layer as it ran; arrays [B,P,in] and [B,P,out]. */
typedef struct layer_run {
    int kind;
    size_t in, out;
    bool ln_before;
    const double *w, *b;
    const double *back; /* what sends errors back: w, or its feedback */
    double *x, *pre;    /* what reaches it, before and after the LN before it */
    double *z;          /* with bias */
    double *post;
} layer_run;

/* A block as it ran. */
typedef struct block_run {
    size_t index, in;
    int first;
    double *x;
    layer_run layer[LAYERS];
    double *out, *dout;     /* [B,P,D] */
    double *next, *dnext;   /* [B,P',D] pooled, or out and dout */
    double *features;       /* [B,D] of its head */
    double *error, *logits; /* [B,K] */
} block_run;

typedef struct step {
    step_sizes s;
    step_rule rule;
    const step_set *in;
    const int *labels;
    step_block at;          /* the block that is worked on: its sizes */
    size_t patches, tokens; /* its P, B P; of what the classifier pools behind the last block */
    int tangent;            /* the channel layer's own that runs now; -1: the base tangent */
    double **memory;        /* [MAX_MEMORY] */
    size_t memories;
} step;

static double *take(step *st, size_t count)
{
    double *v = calloc(count, sizeof *v);
    if (!v || !st->memory || st->memories == MAX_MEMORY) {
        abort();
    }
    st->memory[st->memories++] = v;
    return v;
}

static step begin_step(const step_sizes *s, const step_rule *rule, const step_set *in, const int *labels)
{
    step st = {.s = *s, .rule = *rule, .in = in, .labels = labels, .tangent = -1};
    st.memory = calloc(MAX_MEMORY, sizeof *st.memory);
    return st;
}

/* Sizes differ between blocks: all that follows is about this one. */
static void enter(step *st, size_t block)
{
    st->at = st->s.block[block];
    st->patches = st->at.side * st->at.side;
    st->tokens = st->s.batch * st->patches;
}

/* Side of the map after a block's pooling. */
static size_t next_side(const step_block *b)
{
    return (b->side + b->stride - 1) / b->stride;
}

/* About what leaves the last block. */
static void enter_classifier(step *st)
{
    enter(st, st->s.blocks - 1);
    size_t side = next_side(&st->at);
    st->patches = side * side;
    st->tokens = st->s.batch * st->patches;
}

static void end_step(step *st)
{
    for (size_t i = 0; i < st->memories; i++) {
        free(st->memory[i]);
    }
    free(st->memory);
}

/* y = (x - mean) / sqrt(var + 1e-5) of each row of n values. */
static void norm(const double *x, double *y, size_t rows, size_t n)
{
    for (size_t i = 0; i < rows * n; i += n) {
        double mean = 0, var = 0;
        for (size_t j = i; j < i + n; j++) {
            mean += x[j] / (double)n;
        }
        for (size_t j = i; j < i + n; j++) {
            var += (x[j] - mean) * (x[j] - mean) / (double)n;
        }
        for (size_t j = i; j < i + n; j++) {
            y[j] = (x[j] - mean) / sqrt(var + 1e-5);
        }
    }
}

/* The Jacobian of norm() at x times t; it is symmetric. */
static void norm_jacobian(const double *x, const double *t, double *out, size_t rows, size_t n)
{
    for (size_t i = 0; i < rows * n; i += n) {
        double mean = 0, var = 0, mean_t = 0, along = 0;
        for (size_t j = i; j < i + n; j++) {
            mean += x[j] / (double)n;
            mean_t += t[j] / (double)n;
        }
        for (size_t j = i; j < i + n; j++) {
            var += (x[j] - mean) * (x[j] - mean) / (double)n;
            along += (x[j] - mean) * t[j] / (double)n;
        }
        double r = 1 / sqrt(var + 1e-5);
        for (size_t j = i; j < i + n; j++) {
            out[j] = r * (t[j] - mean_t - (x[j] - mean) * r * r * along);
        }
    }
}

/* Where value (row, j) of the layer's output gets its inputs from, and with which weights: calls out to the
 * three ways of using the map. The token layer mixes patches, the others channels (of a group). */
typedef void (*connect)(const layer_run *l, size_t from, size_t to, size_t weight, const double *a,
                        double *b);

/* Depthwise: output (y,x) gets input (y+i-k/2, x+j-k/2) times weight (i,j), where that is within the map. */
static void each_window(const step *st, const layer_run *l, connect visit, const double *a, double *b)
{
    long side = (long)st->at.side, kernel = (long)st->s.kernel;
    for (long at = 0; at < (long)st->tokens * kernel * kernel; at++) {
        long pixel = at / (kernel * kernel), i = at / kernel % kernel, j = at % kernel;
        long n = pixel / (side * side), y = pixel / side % side, x = pixel % side;
        long fy = y + i - kernel / 2, fx = x + j - kernel / 2;
        if (fy < 0 || fy >= side || fx < 0 || fx >= side) {
            continue;
        }
        for (size_t d = 0; d < l->in; d++) {
            visit(l, (size_t)((n * side + fy) * side + fx) * l->in + d, (size_t)pixel * l->in + d,
                  (size_t)(i * kernel + j) * l->in + d, a, b);
        }
    }
}

static void each_connection(const step *st, const layer_run *l, connect visit, const double *a, double *b)
{
    size_t groups = l->kind == GROUP ? st->at.groups : 1, p_count = st->patches;
    if (l->kind == TOKEN && st->s.kernel) {
        each_window(st, l, visit, a, b);
        return;
    }
    if (l->kind == TOKEN) {
        for (size_t n = 0; n < st->s.batch; n++) {
            for (size_t p = 0; p < p_count; p++) {
                for (size_t q = 0; q < p_count; q++) {
                    for (size_t d = 0; d < l->in; d++) {
                        visit(l, (n * p_count + p) * l->in + d, (n * p_count + q) * l->in + d,
                              p * p_count + q, a, b);
                    }
                }
            }
        }
        return;
    }
    size_t in = l->in / groups, out = l->out / groups;
    for (size_t row = 0; row < st->tokens; row++) {
        for (size_t g = 0; g < groups; g++) {
            for (size_t i = 0; i < in; i++) {
                for (size_t j = 0; j < out; j++) {
                    visit(l, row * l->in + g * in + i, row * l->out + g * out + j, (g * in + i) * out + j, a,
                          b);
                }
            }
        }
    }
}

static void add_forward(const layer_run *l, size_t from, size_t to, size_t weight, const double *x, double *z)
{
    z[to] += l->w[weight] * x[from];
}

static void add_backward(const layer_run *l, size_t from, size_t to, size_t weight, const double *q,
                         double *t)
{
    t[from] += l->back[weight] * q[to];
}

static void add_gradient(const layer_run *l, size_t from, size_t to, size_t weight, const double *q,
                         double *dw)
{
    dw[weight] += l->pre[from] * q[to];
}

/* Which bias value (row, j) of the output gets. */
static size_t bias_of(const step *st, const layer_run *l, size_t index)
{
    return l->kind == TOKEN && !st->s.kernel ? index / l->out % st->patches : index % l->out;
}

/* Rows and length of the LN over a layer's channels: within a group for group layers. */
static size_t norm_rows(const step *st, const layer_run *l)
{
    return st->tokens * (l->kind == GROUP ? st->at.groups : 1);
}

/* [rows,n] to [n,rows]. */
static double *transpose(step *st, const double *x, size_t rows, size_t n)
{
    double *out = take(st, rows * n);
    for (size_t i = 0; i < rows * n; i++) {
        out[i % n * rows + i / n] = x[i];
    }
    return out;
}

/* The norm after the layer's linear map, and with `t` not NULL its Jacobian at x times t. */
static double *post_norm(step *st, const layer_run *l, const double *x, const double *t)
{
    size_t batch = st->s.batch, count = st->tokens * l->out, rows = st->s.norm ? batch : norm_rows(st, l);
    double *out = take(st, count);
    if (st->s.norm == 1) { /* over the images */
        x = transpose(st, x, batch, count / batch);
        t = t ? transpose(st, t, batch, count / batch) : NULL;
        rows = count / batch;
    }
    if (t) {
        norm_jacobian(x, t, out, rows, count / rows);
    } else {
        norm(x, out, rows, count / rows);
    }
    return st->s.norm == 1 ? transpose(st, out, rows, batch) : out;
}

static void before_layer(step *st, layer_run *l, double *x, const double *dx, double **dpre)
{
    size_t rows = norm_rows(st, l), n = st->tokens * l->in / rows;
    l->x = l->pre = x;
    *dpre = (double *)dx;
    if (l->ln_before) {
        l->pre = take(st, st->tokens * l->in);
        norm(x, l->pre, rows, n);
        if (dx) {
            *dpre = take(st, st->tokens * l->in);
            norm_jacobian(x, dx, *dpre, rows, n);
        }
    }
}

/* One layer with residual [B,P,D] (or NULL) and its tangent; u NULL: not perturbed. The primal moves by
 * `shift` u. Returns post in l->post and its tangent, NULL when nothing moves. */
static double *run_layer(step *st, layer_run *l, double *x, const double *dx, const double *u, double shift,
                         const double *residual, const double *dresidual)
{
    size_t count = st->tokens * l->out;
    double *dpre, *dz = NULL, *y = take(st, count), *dy = take(st, count);
    before_layer(st, l, x, dx, &dpre);
    l->z = take(st, count);
    l->post = take(st, count);
    each_connection(st, l, add_forward, l->pre, l->z);
    for (size_t i = 0; i < count; i++) {
        l->z[i] += l->b[bias_of(st, l, i)];
    }
    if (dpre) {
        dz = take(st, count);
        each_connection(st, l, add_forward, dpre, dz);
    }
    memcpy(y, l->z, count * sizeof *y);
    if (st->s.post_ln) {
        y = post_norm(st, l, l->z, NULL);
        if (dz) {
            dy = post_norm(st, l, l->z, dz);
        }
    } else if (dz) {
        memcpy(dy, dz, count * sizeof *dy);
    }
    for (size_t i = 0; i < count; i++) {
        y[i] += (u ? shift * u[i] : 0) + (residual ? residual[i] : 0);
        dy[i] += (u ? u[i] : 0) + (dresidual ? dresidual[i] : 0);
        l->post[i] = y[i] > 0 ? y[i] : 0;
        dy[i] = y[i] > 0 ? dy[i] : 0;
    }
    return dz || u || dresidual ? dy : NULL;
}

static bool trains_layers(const step *st, size_t block)
{
    return st->rule.loss_block || block + 1 == st->s.blocks;
}

static const double *draw_of(const step *st, size_t pass, size_t block, int layer)
{
    bool exact = st->rule.exact_last && layer == GROUP && trains_layers(st, block);
    bool own = layer == CHANNEL && st->rule.channel_tangents > 1;
    if (st->rule.backward || exact || own != (st->tangent >= 0)) {
        return NULL;
    }
    const double *u = step_set_get(st->in, "noise.%zu.blocks.%zu.%s", pass, block, layer_names[layer]);
    return own ? u + (size_t)st->tangent * st->tokens * st->at.hidden : u;
}

/* What sends errors back through a weight: its feedback where there is one of the weight's shape. */
static const double *back_of(const step *st, const char *weight)
{
    char name[96];
    snprintf(name, sizeof name, "%s.feedback", weight);
    const step_tensor *t = st->rule.direct ? NULL : step_set_find(st->in, name);
    return t ? t->v : step_set_get(st->in, "%s", weight);
}

/* Each value of the window of output `index` [B,S',S',D] of the pooling: calls out with the input's index.
 * Windows of 3 x 3, SAME padding with the odd cell last. */
typedef void (*in_window)(size_t from, size_t to, const double *a, double *b);

static void each_pooled(const step *st, size_t to, in_window visit, const double *a, double *b)
{
    long side = (long)st->at.side, next = (long)next_side(&st->at), stride = (long)st->at.stride;
    long padding = (next - 1) * stride + WINDOW - side, before = padding > 0 ? padding / 2 : 0;
    size_t d = st->at.width, pixel = to / d;
    long n = (long)pixel / (next * next), y = (long)pixel / next % next, x = (long)pixel % next;
    for (long i = 0; i < WINDOW * WINDOW; i++) {
        long fy = y * stride - before + i / WINDOW, fx = x * stride - before + i % WINDOW;
        if (fy >= 0 && fy < side && fx >= 0 && fx < side) {
            visit((size_t)((n * side + fy) * side + fx) * d + to % d, to, a, b);
        }
    }
}

static void add_average(size_t from, size_t to, const double *x, double *y)
{
    y[to] += x[from] / (WINDOW * WINDOW);
}

static void add_average_back(size_t from, size_t to, const double *q, double *t)
{
    t[from] += q[to] / (WINDOW * WINDOW);
}

/* b [values of the output]: index of the largest so far, -1 before the first. */
static void find_largest(size_t from, size_t to, const double *x, double *best)
{
    if (best[to] < 0 || x[from] > x[(size_t)best[to]]) {
        best[to] = (double)from;
    }
}

static size_t pooled_count(const step *st)
{
    size_t side = next_side(&st->at);
    return st->s.batch * side * side * st->at.width;
}

/* [pooled_count]: which input a maximum takes. */
static double *largest_of(step *st, const double *x)
{
    double *best = take(st, pooled_count(st));
    for (size_t i = 0; i < pooled_count(st); i++) {
        best[i] = -1;
        each_pooled(st, i, find_largest, x, best);
    }
    return best;
}

/* The map behind the block, of its values x or, with `taken` by the maximum, of tangents. */
static double *pooled(step *st, const double *x, const double *taken)
{
    double *y = take(st, pooled_count(st));
    for (size_t i = 0; i < pooled_count(st); i++) {
        if (taken) {
            y[i] = x[(size_t)taken[i]];
        } else {
            each_pooled(st, i, add_average, x, y);
        }
    }
    return y;
}

static void pass_on(step *st, block_run *b)
{
    double *taken = st->at.stride > 1 && st->s.max_pool ? largest_of(st, b->out) : NULL;
    b->next = st->at.stride > 1 ? pooled(st, b->out, taken) : b->out;
    b->dnext = st->at.stride > 1 && b->dout ? pooled(st, b->dout, taken) : b->dout;
}

/* From the cotangent of b->next to that of b->out. */
static double *back_through_pooling(step *st, const block_run *b, double *q)
{
    if (st->at.stride == 1) {
        return q;
    }
    double *t = take(st, st->tokens * st->at.width), *taken = st->s.max_pool ? largest_of(st, b->out) : NULL;
    for (size_t i = 0; i < pooled_count(st); i++) {
        if (taken) {
            t[(size_t)taken[i]] += q[i];
        } else {
            each_pooled(st, i, add_average_back, q, t);
        }
    }
    return t;
}

/* [B,P,D]: the input side by side as often as the block is wider. */
static double *residual_of(step *st, const double *x)
{
    size_t in = st->at.in, d = st->at.width;
    double *r = x ? take(st, st->tokens * d) : NULL;
    for (size_t i = 0; x && i < st->tokens * d; i++) {
        r[i] = x[i / d * in + i % d % in];
    }
    return r;
}

static void run_block(step *st, block_run *b, size_t index, size_t pass, double *x, double *dx, double shift)
{
    enter(st, index);
    size_t d = st->at.width, h = st->at.hidden;
    *b = (block_run){.index = index, .in = st->at.in, .x = x, .first = index ? TOKEN : CHANNEL};
    double *skip = index ? residual_of(st, x) : NULL, *dskip = index ? residual_of(st, dx) : NULL;
    const size_t in[] = {b->in, b->in, h}, out[] = {b->in, h, d};
    double *at = x, *dat = dx;
    for (int layer = b->first; layer < LAYERS; layer++) {
        bool residual = layer == GROUP && index > 0;
        b->layer[layer] = (layer_run){.kind = layer,
                                      .in = in[layer],
                                      .out = out[layer],
                                      .ln_before = layer == b->first ? st->s.begin_ln : st->s.middle_ln};
        layer_run *l = &b->layer[layer];
        char weight[64];
        snprintf(weight, sizeof weight, "blocks.%zu.%s.weight", index, layer_names[layer]);
        l->w = step_set_get(st->in, "%s", weight);
        l->back = back_of(st, weight);
        l->b = step_set_get(st->in, "blocks.%zu.%s.bias", index, layer_names[layer]);
        dat = run_layer(st, l, at, dat, draw_of(st, pass, index, layer), shift, residual ? skip : NULL,
                        residual ? dskip : NULL);
        at = l->post;
    }
    b->out = at;
    b->dout = dat;
    pass_on(st, b);
}

/* features [B,D]: the mean over patches of `tokens`. */
static void pool(const step *st, const double *tokens, double *features)
{
    size_t d = st->at.width;
    for (size_t i = 0; i < st->tokens * d; i++) {
        features[i / d / st->patches * d + i % d] += tokens[i] / (double)st->patches;
    }
}

/* logits and softmax - onehot; returns the mean loss. `each` [B], when not NULL, gets every image's. */
static double readout(const step *st, const double *features, const double *v, const double *c,
                      double *logits, double *error, double *each)
{
    size_t d = st->at.width, k_count = st->s.classes;
    double mean = 0;
    for (size_t n = 0; n < st->s.batch; n++) {
        double sum = 0, *l = logits + n * k_count;
        for (size_t k = 0; k < k_count; k++) {
            l[k] = c[k];
            for (size_t i = 0; i < d; i++) {
                l[k] += features[n * d + i] * v[i * k_count + k];
            }
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

/* The tokens as a head pools them: [B,P,G,D/G], over D/G. */
static double *head_tokens(step *st, double *x)
{
    if (!st->s.head_ln) {
        return x;
    }
    double *y = take(st, st->tokens * st->at.width);
    norm(x, y, st->tokens * st->at.groups, st->at.width / st->at.groups);
    return y;
}

static double run_head(step *st, block_run *b, double *each)
{
    b->features = take(st, st->s.batch * st->at.width);
    b->logits = take(st, st->s.batch * st->s.classes);
    b->error = take(st, st->s.batch * st->s.classes);
    pool(st, head_tokens(st, b->out), b->features);
    return readout(st, b->features, step_set_get(st->in, "blocks.%zu.head.weight", b->index),
                   step_set_get(st->in, "blocks.%zu.head.bias", b->index), b->logits, b->error, each);
}

static void head_and_gradient(step *st, block_run *b, step_set *out)
{
    size_t k = st->s.classes, batch = st->s.batch, d = st->at.width;
    *step_set_add(out, 1, "loss.blocks.%zu", b->index) = run_head(st, b, NULL);
    memcpy(step_set_add(out, batch * k, "logits.blocks.%zu", b->index), b->logits,
           batch * k * sizeof(double));
    if (st->rule.idle_heads) {
        return;
    }
    double *dv = step_set_add(out, d * k, "grad.blocks.%zu.head.weight", b->index);
    readout_gradient(st, b->features, b->error, dv,
                     step_set_add(out, k, "grad.blocks.%zu.head.bias", b->index));
}

/* Returns its errors [B,K]. */
static double *classifier(step *st, const block_run *last, step_set *out)
{
    enter_classifier(st);
    size_t k = st->s.classes, batch = st->s.batch, d = st->at.width;
    double *means = take(st, batch * d), *features = means, *error = take(st, batch * k);
    pool(st, last->next, means);
    if (st->s.classifier_ln) {
        features = take(st, batch * d);
        norm(means, features, batch, d);
    }
    double *logits = step_set_add(out, batch * k, "logits");
    double loss = readout(st, features, step_set_get(st->in, "classifier.weight"),
                          step_set_get(st->in, "classifier.bias"), logits, error, NULL);
    *step_set_add(out, 1, "loss") = loss;
    double *dv = step_set_add(out, d * k, "grad.classifier.weight");
    readout_gradient(st, features, error, dv, step_set_add(out, k, "grad.classifier.bias"));
    return error;
}

/* f [B,D] = V (softmax - onehot) */
static double *feature_errors(step *st, const double *error, const double *v)
{
    size_t d = st->at.width, k_count = st->s.classes;
    double *f = take(st, st->s.batch * d);
    for (size_t i = 0; i < st->s.batch * d; i++) {
        for (size_t k = 0; k < k_count; k++) {
            f[i] += v[i % d * k_count + k] * error[i / d * k_count + k];
        }
    }
    return f;
}

/* [B,P,width]: what errors f [B,width] of each image's pooled tokens say of each token, of the mean loss. */
static double *spread(step *st, const double *f, size_t width)
{
    size_t count = st->tokens * width;
    double *t = take(st, count);
    for (size_t i = 0; i < count; i++) {
        t[i] = f[i / width / st->patches * width + i % width] / (double)st->tokens;
    }
    return t;
}

/* t [B,P,D]: the cotangent of the block's output of its head's mean loss. */
static double *head_cotangent(step *st, const block_run *b)
{
    size_t d = st->at.width, count = st->tokens * d;
    char weight[64];
    snprintf(weight, sizeof weight, "blocks.%zu.head.weight", b->index);
    double *t = spread(st, feature_errors(st, b->error, back_of(st, weight)), d), *through = t;
    if (st->s.head_ln) {
        through = take(st, count);
        norm_jacobian(b->out, t, through, st->tokens * st->at.groups, d / st->at.groups);
    }
    return through;
}

/* [B,P',D]: the cotangent of what leaves the last block, of the classifier's mean loss. */
static double *classifier_cotangent(step *st, const block_run *last, const double *error)
{
    enter_classifier(st);
    size_t d = st->at.width, batch = st->s.batch;
    double *f = feature_errors(st, error, back_of(st, "classifier.weight")), *through = f;
    if (st->s.classifier_ln) {
        double *means = take(st, batch * d);
        through = take(st, batch * d);
        pool(st, last->next, means);
        norm_jacobian(means, f, through, batch, d);
    }
    return spread(st, through, d);
}

/* dL [B,P,G] of section 2. */
static void directional(step *st, const block_run *b, double *jvp)
{
    size_t d = st->at.width, w = d / st->at.groups, count = st->tokens * d;
    double *dx = b->dout;
    if (!dx) {
        return; /* nothing moves */
    }
    double *f = feature_errors(st, b->error, step_set_get(st->in, "blocks.%zu.head.weight", b->index));
    if (st->s.head_ln) {
        dx = take(st, count);
        norm_jacobian(b->out, b->dout, dx, st->tokens * st->at.groups, w);
    }
    for (size_t i = 0; i < count; i++) {
        jvp[i / w] += dx[i] * f[i / d / st->patches * d + i % d] / (double)st->patches;
    }
}

/* From the cotangent of post to that of z; `exact`: through the LN whatever norm_grad says. */
static double *through_activation(step *st, const layer_run *l, const double *t, bool exact)
{
    size_t count = st->tokens * l->out;
    double *y = take(st, count), *q = y;
    for (size_t i = 0; i < count; i++) {
        y[i] = l->post[i] > 0 ? t[i] : 0;
    }
    if (st->s.post_ln && (exact || st->rule.norm_grad)) {
        q = post_norm(st, l, l->z, y);
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
    snprintf(name, sizeof name, "grad.blocks.%zu.%s.weight", block, layer_names[l->kind]);
    if (!step_set_find(out, name)) {
        step_set_add(out, weights, "%s", name);
        step_set_add(out, biases, "grad.blocks.%zu.%s.bias", block, layer_names[l->kind]);
    }
    double *dw = step_set_get(out, "%s", name);
    double *db = step_set_get(out, "grad.blocks.%zu.%s.bias", block, layer_names[l->kind]);
    double *once = calloc(weights, sizeof *once);
    each_connection(st, l, add_gradient, q, once);
    for (size_t i = 0; i < weights; i++) {
        dw[i] += scale * once[i];
    }
    for (size_t i = 0; i < st->tokens * l->out; i++) {
        db[bias_of(st, l, i)] += scale * q[i];
    }
    free(once);
}

/* The exact gradient of a block's layers from t, the cotangent of its output. Returns that of its input. */
static double *backpropagate(step *st, const block_run *b, double *t, step_set *out)
{
    double *skip = NULL;
    enter(st, b->index);
    for (int layer = GROUP; layer >= b->first; layer--) {
        const layer_run *l = &b->layer[layer];
        if (layer == GROUP && b->index) {
            skip = take(st, st->tokens * l->out);
            for (size_t i = 0; i < st->tokens * l->out; i++) {
                skip[i] = l->post[i] > 0 ? t[i] : 0;
            }
        }
        double *q = through_activation(st, l, t, true);
        layer_gradient(st, b->index, l, q, 1, out);
        t = take(st, st->tokens * l->in);
        each_connection(st, l, add_backward, q, t);
        if (l->ln_before) {
            double *before = take(st, st->tokens * l->in);
            size_t rows = norm_rows(st, l);
            norm_jacobian(l->x, t, before, rows, st->tokens * l->in / rows);
            t = before;
        }
    }
    for (size_t i = 0, d = st->at.width; skip && i < st->tokens * d; i++) {
        t[i / d * b->in + i % d % b->in] += skip[i];
    }
    return t;
}

/* dfa: every layer's output gets the classifier's error through its own matrix [K,width]. */
static void update_directly(step *st, const block_run *b, const double *error, step_set *out)
{
    enter(st, b->index);
    for (int layer = b->first; layer < LAYERS; layer++) {
        const layer_run *l = &b->layer[layer];
        const double *sent =
            step_set_get(st->in, "blocks.%zu.%s.weight.feedback", b->index, layer_names[layer]);
        double *f = take(st, st->s.batch * l->out);
        for (size_t i = 0; i < st->s.batch * l->out; i++) {
            for (size_t k = 0; k < st->s.classes; k++) {
                f[i] += error[i / l->out * st->s.classes + k] * sent[k * l->out + i % l->out];
            }
        }
        double *q = through_activation(st, l, spread(st, f, l->out), true);
        layer_gradient(st, b->index, l, q, 1, out);
    }
}

/* The losses' cotangents, sent back block by block as the rule says. */
static void go_back(step *st, const block_run *run, const double *error, step_set *out)
{
    const step_rule *rule = &st->rule;
    size_t blocks = st->s.blocks;
    double *t = rule->classifier ? classifier_cotangent(st, &run[blocks - 1], error) : NULL;
    for (size_t k = blocks; k-- > 0;) {
        enter(st, k);
        t = t ? back_through_pooling(st, &run[k], t) : NULL;
        if (!rule->classifier && trains_layers(st, k)) {
            double *own = head_cotangent(st, &run[k]);
            for (size_t i = 0; t && rule->through && i < st->tokens * st->at.width; i++) {
                own[i] += t[i];
            }
            t = own;
        }
        t = backpropagate(st, &run[k], t, out);
    }
}

/* dL [B,P,G] of the loss's block as a layer's value (row, j) uses it: summed over patches and groups as
 * `losses` and the layer say. A value of an earlier block moves every patch and group of the loss's. */
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

/* The estimate of one layer along one draw of its output, by the losses dl of block `loss`. */
static void estimate_layer(step *st, const block_run *b, int layer, size_t loss, const double *dl,
                           const double *u, size_t draws, step_set *out)
{
    const layer_run *l = &b->layer[layer];
    double *t = take(st, st->tokens * l->out);
    for (size_t i = 0; i < st->tokens * l->out; i++) {
        double d = weight_of(st, l, &st->s.block[loss], loss == b->index, dl, i);
        t[i] = d / (double)st->s.batch * u[i];
    }
    double *q = through_activation(st, l, t, false);
    layer_gradient(st, b->index, l, q, 1 / (double)draws, out);
}

/* The channel layer's own tangents: each perturbs that layer alone. */
static void estimate_channel(step *st, const block_run *b, size_t pass, step_set *out)
{
    size_t tangents = st->rule.channel_tangents, count = st->tokens * st->at.groups;
    double *jvp = step_set_add(out, tangents * count, "jvp.%zu.blocks.%zu.channel", pass, b->index);
    for (size_t k = 0; k < tangents; k++) {
        block_run moved;
        st->tangent = (int)k;
        run_block(st, &moved, b->index, pass, b->x, NULL, 0);
        run_head(st, &moved, NULL);
        directional(st, &moved, jvp + k * count);
        const double *u = draw_of(st, pass, b->index, CHANNEL);
        estimate_layer(st, b, CHANNEL, b->index, jvp + k * count, u, tangents * st->rule.passes, out);
        st->tangent = -1;
    }
}

static void estimate(step *st, const block_run *b, const block_run *loss, const double *dl, size_t pass,
                     step_set *out)
{
    enter(st, b->index);
    for (int layer = b->first; layer < LAYERS; layer++) {
        const layer_run *l = &b->layer[layer];
        const double *u = draw_of(st, pass, b->index, layer);
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

/* Cut into patches, each flattened in (row, column, channel) order: [B,P,C]. */
static double *patches_of(step *st)
{
    enter(st, 0);
    size_t side = st->at.side;
    const size_t *image = st->s.image, ph = image[0] / side, pw = image[1] / side, c = image[2];
    const double *images = step_set_get(st->in, "images");
    double *x = take(st, st->s.batch * image[0] * image[1] * c), *at = x;
    for (size_t row = 0; row < st->tokens; row++) {
        size_t n = row / st->patches, p = row % st->patches, top = p / side * ph, left = p % side * pw;
        for (size_t i = 0; i < ph; i++) {
            for (size_t j = 0; j < pw * c; j++) {
                *at++ = images[((n * image[0] + top + i) * image[1] + left) * c + j];
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
        run_block(st, b, k, pass, x, dx, 0);
        if (pass == 0) {
            head_and_gradient(st, b, out);
        } else {
            run_head(st, b, NULL);
        }
        if (trains_layers(st, k) && !st->rule.backward) {
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
    step st = begin_step(sizes, rule, in, labels);
    block_run run[STEP_BLOCKS];
    for (size_t pass = 0; pass < (rule->backward ? 1 : rule->passes); pass++) {
        forward_pass(&st, pass, run, out);
    }
    const double *error = classifier(&st, &run[sizes->blocks - 1], out);
    for (size_t k = 0; k < sizes->blocks && rule->direct; k++) {
        update_directly(&st, &run[k], error, out);
    }
    if (rule->backward && !rule->direct) {
        go_back(&st, run, error, out);
    }
    end_step(&st);
}

void step_reference_moved(const step_sizes *sizes, const step_rule *rule, const step_set *in,
                          const int *labels, size_t block, size_t pass, int tangent, double epsilon,
                          double *moved)
{
    step st = begin_step(sizes, rule, in, labels);
    st.tangent = tangent;
    block_run still, shifted;
    double *x = patches_of(&st), *shifted_x = x;
    for (size_t k = 0; k <= block; k++) {
        run_block(&st, &still, k, pass, x, NULL, 0);
        run_block(&st, &shifted, k, pass, rule->loss_block ? x : shifted_x, NULL, epsilon);
        x = still.next;
        shifted_x = shifted.next;
    }
    size_t width = st.at.width, groups = st.at.groups, w = width / groups;
    double *each = take(&st, sizes->batch), *all = still.out;
    for (size_t p = 0; p < st.patches; p++) {
        for (size_t g = 0; g < groups; g++) {
            still.out = take(&st, st.tokens * width);
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
    end_step(&st);
}
