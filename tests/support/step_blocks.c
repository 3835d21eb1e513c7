#include "support/step_blocks.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WINDOW = 3, MAX_MEMORY = 1 << 16 };

const char *const step_layer_names[LAYERS] = {"token", "channel", "group"};

double *step_take(step *st, size_t count)
{
    double *v = calloc(count, sizeof *v);
    if (!v || !st->memory || st->memories == MAX_MEMORY) {
        abort();
    }
    st->memory[st->memories++] = v;
    return v;
}

step step_begin(const step_sizes *s, const step_rule *rule, const step_set *in, const int *labels)
{
    step st = {.s = *s, .rule = *rule, .in = in, .labels = labels, .tangent = -1, .nearest = INFINITY};
    st.memory = calloc(MAX_MEMORY, sizeof *st.memory);
    return st;
}

void step_enter(step *st, size_t block)
{
    st->at = st->s.block[block];
    st->patches = st->at.side * st->at.side;
    st->tokens = st->s.batch * st->patches;
}

/* Returns the side of the map after a block's pooling. */
static size_t next_side(const step_block *b)
{
    return (b->side + b->stride - 1) / b->stride;
}

void step_enter_classifier(step *st)
{
    step_enter(st, st->s.blocks - 1);
    size_t side = next_side(&st->at);
    st->patches = side * side;
    st->tokens = st->s.batch * st->patches;
}

void step_end(step *st)
{
    for (size_t i = 0; i < st->memories; i++) {
        free(st->memory[i]);
    }
    free(st->memory);
}

void step_norm(const double *x, double *y, size_t rows, size_t n)
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

void step_norm_jacobian(const double *x, const double *t, double *out, size_t rows, size_t n)
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

/* Visits the connections of a depthwise layer: output (y,x) gets input (y+i-k/2, x+j-k/2) times weight (i,j),
 * where that is within the map. */
static void each_window(const step *st, const layer_run *l, step_connect visit, const double *a, double *b)
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

void step_each_connection(const step *st, const layer_run *l, step_connect visit, const double *a, double *b)
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

void step_add_backward(const layer_run *l, size_t from, size_t to, size_t weight, const double *q, double *t)
{
    t[from] += l->back[weight] * q[to];
}

void step_add_gradient(const layer_run *l, size_t from, size_t to, size_t weight, const double *q, double *dw)
{
    dw[weight] += l->pre[from] * q[to];
}

size_t step_bias_of(const step *st, const layer_run *l, size_t index)
{
    return l->kind == TOKEN && !st->s.kernel ? index / l->out % st->patches : index % l->out;
}

size_t step_norm_rows(const step *st, const layer_run *l)
{
    return st->tokens * (l->kind == GROUP ? st->at.groups : 1);
}

/* Returns [rows,n] transposed to [n,rows]. */
static double *transpose(step *st, const double *x, size_t rows, size_t n)
{
    double *out = step_take(st, rows * n);
    for (size_t i = 0; i < rows * n; i++) {
        out[i % n * rows + i / n] = x[i];
    }
    return out;
}

double *step_post_norm(step *st, const layer_run *l, const double *x, const double *t)
{
    size_t batch = st->s.batch, count = st->tokens * l->out,
           rows = st->s.norm ? batch : step_norm_rows(st, l);
    double *out = step_take(st, count);
    if (st->s.norm == 1) { /* over the images */
        x = transpose(st, x, batch, count / batch);
        t = t ? transpose(st, t, batch, count / batch) : NULL;
        rows = count / batch;
    }
    if (t) {
        step_norm_jacobian(x, t, out, rows, count / rows);
    } else {
        step_norm(x, out, rows, count / rows);
    }
    return st->s.norm == 1 ? transpose(st, out, rows, batch) : out;
}

static void before_layer(step *st, layer_run *l, double *x, const double *dx, double **dpre)
{
    size_t rows = step_norm_rows(st, l), n = st->tokens * l->in / rows;
    l->x = l->pre = x;
    *dpre = (double *)dx;
    if (l->ln_before) {
        l->pre = step_take(st, st->tokens * l->in);
        step_norm(x, l->pre, rows, n);
        if (dx) {
            *dpre = step_take(st, st->tokens * l->in);
            step_norm_jacobian(x, dx, *dpre, rows, n);
        }
    }
}

/* Runs one layer with residual [B,P,D] (or NULL) and its tangent. With u NULL it is not perturbed. The primal
 * moves by `shift` u. Leaves post in l->post and returns its tangent, NULL when nothing moves. */
static double *run_layer(step *st, layer_run *l, double *x, const double *dx, const double *u, double shift,
                         const double *residual, const double *dresidual)
{
    size_t count = st->tokens * l->out;
    double *dpre, *dz = NULL, *y = step_take(st, count), *dy = step_take(st, count);
    before_layer(st, l, x, dx, &dpre);
    l->z = step_take(st, count);
    l->post = step_take(st, count);
    step_each_connection(st, l, add_forward, l->pre, l->z);
    for (size_t i = 0; i < count; i++) {
        l->z[i] += l->b[step_bias_of(st, l, i)];
    }
    if (dpre) {
        dz = step_take(st, count);
        step_each_connection(st, l, add_forward, dpre, dz);
    }
    memcpy(y, l->z, count * sizeof *y);
    if (st->s.post_ln) {
        y = step_post_norm(st, l, l->z, NULL);
        if (dz) {
            dy = step_post_norm(st, l, l->z, dz);
        }
    } else if (dz) {
        memcpy(dy, dz, count * sizeof *dy);
    }
    for (size_t i = 0; i < count; i++) {
        y[i] += (u ? shift * u[i] : 0) + (residual ? residual[i] : 0);
        dy[i] += (u ? u[i] : 0) + (dresidual ? dresidual[i] : 0);
        st->nearest = y[i] != 0 ? fmin(st->nearest, fabs(y[i])) : st->nearest;
        l->post[i] = y[i] > 0 ? y[i] : 0;
        dy[i] = y[i] > 0 ? dy[i] : 0;
    }
    l->dpost = dz || u || dresidual ? dy : NULL;
    return l->dpost;
}

bool step_trains_layers(const step *st, size_t block)
{
    return st->rule.loss_block || block + 1 == st->s.blocks;
}

/* Returns [B,..] draws as often as there are views. */
static const double *for_each_view(step *st, const double *u, size_t count)
{
    double *all = st->s.views > 1 ? step_take(st, count) : NULL;
    for (size_t i = 0; all && i < count; i++) {
        all[i] = u[i % (count / st->s.views)];
    }
    return all ? all : u;
}

const double *step_draw_of(step *st, size_t pass, size_t block, int layer)
{
    bool exact = st->rule.exact_last && layer == GROUP && step_trains_layers(st, block);
    bool own = layer == CHANNEL && st->rule.channel_tangents > 1;
    const size_t width[] = {st->at.in, st->at.hidden, st->at.width};
    if (st->rule.backward || exact || own != (st->tangent >= 0)) {
        return NULL;
    }
    const double *u = step_set_get(st->in, "noise.%zu.blocks.%zu.%s", pass, block, step_layer_names[layer]);
    size_t count = st->tokens * width[layer];
    return for_each_view(st, own ? u + (size_t)st->tangent * count / st->s.views : u, count);
}

const double *step_back_of(const step *st, const char *weight)
{
    char name[96];
    snprintf(name, sizeof name, "%s.feedback", weight);
    const step_tensor *t = st->rule.direct ? NULL : step_set_find(st->in, name);
    return t ? t->v : step_set_get(st->in, "%s", weight);
}

/* Gets each value of the window of an output [B,S',S',D] of the pooling: output `to` and input `from`.
 * Windows are 3 x 3, SAME padding with the odd cell last. */
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

/* Keeps in `best` [values of the output] the index of the largest so far, -1 before the first. */
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

/* Returns [pooled_count] which input a maximum takes. */
static double *largest_of(step *st, const double *x)
{
    double *best = step_take(st, pooled_count(st));
    for (size_t i = 0; i < pooled_count(st); i++) {
        best[i] = -1;
        each_pooled(st, i, find_largest, x, best);
    }
    return best;
}

/* Returns the map behind the block, of its values x or, with `taken` by the maximum, of tangents. */
static double *pooled(step *st, const double *x, const double *taken)
{
    double *y = step_take(st, pooled_count(st));
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

double *step_back_through_pooling(step *st, const block_run *b, double *q)
{
    if (st->at.stride == 1) {
        return q;
    }
    double *t = step_take(st, st->tokens * st->at.width),
           *taken = st->s.max_pool ? largest_of(st, b->out) : NULL;
    for (size_t i = 0; i < pooled_count(st); i++) {
        if (taken) {
            t[(size_t)taken[i]] += q[i];
        } else {
            each_pooled(st, i, add_average_back, q, t);
        }
    }
    return t;
}

/* Returns [B,P,D], the input side by side as often as the block is wider. */
static double *residual_of(step *st, const double *x)
{
    size_t in = st->at.in, d = st->at.width;
    double *r = x ? step_take(st, st->tokens * d) : NULL;
    for (size_t i = 0; x && i < st->tokens * d; i++) {
        r[i] = x[i / d * in + i % d % in];
    }
    return r;
}

void step_run_block(step *st, block_run *b, size_t index, size_t pass, double *x, double *dx, double shift)
{
    step_enter(st, index);
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
        snprintf(weight, sizeof weight, "blocks.%zu.%s.weight", index, step_layer_names[layer]);
        l->w = step_set_get(st->in, "%s", weight);
        l->back = step_back_of(st, weight);
        l->b = step_set_get(st->in, "blocks.%zu.%s.bias", index, step_layer_names[layer]);
        dat = run_layer(st, l, at, dat, step_draw_of(st, pass, index, layer), shift, residual ? skip : NULL,
                        residual ? dskip : NULL);
        at = l->post;
    }
    b->out = at;
    b->dout = dat;
    pass_on(st, b);
}
