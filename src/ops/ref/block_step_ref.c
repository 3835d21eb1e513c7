#include "gemm/gemm.h"
#include "ops/block_step.h"
#include "ops/guess.h"
#include "ops/head.h"
#include "ops/layernorm.h"
#include "ops/loss.h"
#include "ops/sum.h"

#include <stdlib.h>
#include <string.h>

enum { HEAD = LOCL_LAYERS };

/* What the layers keep, [B,P,width] each: what the product saw behind its LN, the LN's r, the product, the
 * activation. */
typedef struct layer_memory {
    float *pre, *pre_r, *z, *post;
} layer_memory;

typedef struct block_memory {
    layer_memory layer[LOCL_LAYERS];
    float *d[2];         /* tangents, then cotangents; [B,P,widest] */
    float *features, *f; /* [B,D] */
    float *error;        /* [B,K] */
    float *q, *rows;     /* [B,P,widest], [B P] */
    float *t1;           /* [B,P,H] the tangent of the channel layer's activation */
    float *rest[2];      /* [B,P,G] what a guess leaves of dL along that tangent, along the layer's draws */
} block_memory;

static size_t width_of(const locl_block_step *s, int layer)
{
    return layer == LOCL_LAYER_TOKEN ? s->in : layer == LOCL_LAYER_CHANNEL ? s->hidden : s->width;
}

static size_t in_of(const locl_block_step *s, int layer)
{
    return layer == LOCL_LAYER_GROUP ? s->hidden : s->in;
}

static size_t tokens_of(const locl_block_step *s)
{
    return s->batch * s->patches;
}

static locl_layer_shape shape_of(const locl_block_step *s, int layer)
{
    return (locl_layer_shape){.layer = (locl_layer)layer,
                              .batch = s->batch,
                              .patches = s->patches,
                              .groups = s->groups,
                              .width = width_of(s, layer),
                              .patch_bias = layer == LOCL_LAYER_TOKEN,
                              .norm = true};
}

/* Returns the product of a layer: one for each image of a token layer, for each group of a group layer. */
static locl_gemm_shape product_of(const locl_block_step *s, int layer)
{
    size_t groups = layer == LOCL_LAYER_GROUP ? s->groups : 1;
    size_t in = in_of(s, layer) / groups, out = width_of(s, layer) / groups;
    if (layer == LOCL_LAYER_TOKEN) {
        return (locl_gemm_shape){.ta = true,
                                 .m = s->patches,
                                 .n = in,
                                 .k = s->patches,
                                 .lda = s->patches,
                                 .ldb = in,
                                 .ldc = in,
                                 .batch = s->batch,
                                 .stride_b = s->patches * in,
                                 .stride_c = s->patches * in,
                                 .sum = 1,
                                 .alpha = 1};
    }
    return (locl_gemm_shape){.m = tokens_of(s),
                             .n = out,
                             .k = in,
                             .lda = in * groups,
                             .ldb = out,
                             .ldc = out * groups,
                             .batch = groups,
                             .stride_a = in,
                             .stride_b = in * out,
                             .stride_c = out,
                             .sum = 1,
                             .alpha = 1};
}

static void product(const locl_block_step *s, int layer, const float *weight, const float *x, float *z)
{
    locl_gemm_shape shape = product_of(s, layer);
    bool token = layer == LOCL_LAYER_TOKEN;
    locl_gemm_ref(&shape, token ? weight : x, token ? x : weight, z);
}

/* Sets t to what q, the cotangent of a channel or group layer's product, says of its operand. */
static void product_back(const locl_block_step *s, int layer, const float *weight, const float *q, float *t)
{
    locl_gemm_shape shape = product_of(s, layer), forward = shape;
    shape.tb = true;
    shape.n = forward.k;
    shape.k = forward.n;
    shape.lda = forward.ldc;
    shape.stride_a = forward.stride_c;
    shape.ldc = forward.lda;
    shape.stride_c = forward.stride_a;
    locl_gemm_ref(&shape, q, weight, t);
}

static void product_gradient(const locl_block_step *s, int layer, const block_memory *m,
                             const locl_block_arrays *a)
{
    locl_gemm_shape shape = product_of(s, layer), forward = shape;
    size_t image = s->patches * s->in;
    if (layer == LOCL_LAYER_TOKEN) {
        shape = (locl_gemm_shape){.tb = true,
                                  .m = s->patches,
                                  .n = s->patches,
                                  .k = s->in,
                                  .lda = s->in,
                                  .ldb = s->in,
                                  .ldc = s->patches,
                                  .batch = 1,
                                  .sum = s->batch,
                                  .sum_a = image,
                                  .sum_b = image,
                                  .alpha = 1};
        locl_sum_rows_ref(m->q, m->rows, tokens_of(s), s->in);
        locl_sum_columns_ref(m->rows, a->bias_gradient[layer], s->batch, s->patches, 1.0f);
    } else {
        shape.ta = true;
        shape.m = forward.k;
        shape.k = forward.m;
        shape.ldb = forward.ldc;
        shape.stride_b = forward.stride_c;
        shape.ldc = forward.ldb;
        shape.stride_c = forward.stride_b;
        locl_sum_columns_ref(m->q, a->bias_gradient[layer], tokens_of(s), width_of(s, layer), 1.0f);
    }
    locl_gemm_ref(&shape, m->layer[layer].pre, m->q, a->weight_gradient[layer]);
}

/* Runs the layers, with a tangent unless all is exact; the output's is left in d[0]. */
static void forward(const locl_block_step *s, const locl_block_arrays *a, block_memory *m)
{
    const float *x = a->x;
    bool moves = false;
    for (int layer = (int)s->first; layer < LOCL_LAYERS; layer++) {
        layer_memory *l = &m->layer[layer];
        locl_layer_shape shape = shape_of(s, layer);
        size_t groups = layer == LOCL_LAYER_GROUP ? s->groups : 1, n = in_of(s, layer) / groups;
        bool tangent = locl_block_way_estimates(s->way),
             residual = layer == LOCL_LAYER_GROUP && s->first == LOCL_LAYER_TOKEN;
        bool perturbed = tangent && (layer != LOCL_LAYER_GROUP || s->way == LOCL_WAY_ESTIMATE);
        locl_layernorm_dual_ref(x, moves ? m->d[0] : NULL, l->pre, m->d[1], l->pre_r, tokens_of(s) * groups,
                                n, moves);
        product(s, layer, a->weight[layer], l->pre, l->z);
        if (moves) {
            product(s, layer, a->weight[layer], m->d[1], m->d[0]);
        }
        locl_activation_dual_ref(&shape, l->z, a->bias[layer], moves ? m->d[0] : NULL, residual ? a->x : NULL,
                                 NULL, perturbed ? a->u[layer] : NULL, tangent, l->post, m->d[1], NULL);
        float *swapped = m->d[0];
        m->d[0] = m->d[1];
        m->d[1] = swapped;
        moves = tangent;
        if (layer == LOCL_LAYER_CHANNEL && tangent) {
            memcpy(m->t1, m->d[0], tokens_of(s) * s->hidden * sizeof *m->t1);
        }
        x = l->post;
    }
}

static void head(const locl_block_step *s, const locl_block_arrays *a, block_memory *m, size_t valid,
                 locl_step_metrics *record)
{
    locl_head h = {.batch = s->batch,
                   .patches = s->patches,
                   .groups = s->groups,
                   .width = s->width / s->groups,
                   .norm = true};
    const float *out = m->layer[LOCL_LAYER_GROUP].post;
    locl_gemm_shape logits = {.m = s->batch,
                              .n = s->classes,
                              .k = s->width,
                              .lda = s->width,
                              .ldb = s->classes,
                              .ldc = s->classes,
                              .batch = 1,
                              .sum = 1,
                              .alpha = 1};
    locl_gemm_shape back = {.tb = true,
                            .m = s->batch,
                            .n = s->width,
                            .k = s->classes,
                            .lda = s->classes,
                            .ldb = s->classes,
                            .ldc = s->width,
                            .batch = 1,
                            .sum = 1,
                            .alpha = 1};
    float mean = (float)(1.0 / (double)s->batch);
    locl_gemm_shape gradient = {.ta = true,
                                .m = s->width,
                                .n = s->classes,
                                .k = s->batch,
                                .lda = s->width,
                                .ldb = s->classes,
                                .ldc = s->classes,
                                .batch = 1,
                                .sum = 1,
                                .alpha = mean};
    locl_head_pool_ref(&h, out, m->features);
    locl_gemm_ref(&logits, m->features, a->weight[HEAD], a->logits);
    locl_loss_softmax_ref(a->logits, a->bias[HEAD], a->labels, m->error, record, s->batch, s->classes, valid);
    if (s->way == LOCL_WAY_FORWARD) {
        return;
    }
    locl_gemm_ref(&gradient, m->features, m->error, a->weight_gradient[HEAD]);
    locl_sum_columns_ref(m->error, a->bias_gradient[HEAD], s->batch, s->classes, mean);
    locl_gemm_ref(&back, m->error, a->weight[HEAD], m->f);
    if (locl_block_way_estimates(s->way)) {
        locl_head_jvp_ref(&h, out, m->d[0], m->f, 1, a->jvp);
    }
    if (s->way != LOCL_WAY_ESTIMATE) {
        locl_head_vjp_ref(&h, out, m->f, m->d[1]);
    }
}

/* Sets rest to dl less what the guess in d[1] has along a direction of the layer's activation: in `units` parts, of
 * which each had `sums` derivatives. */
static void subtract(const locl_block_step *s, int layer, const block_memory *m, size_t units,
                     const float *dl, const float *along, float *rest)
{
    const locl_guess g = {
        .shape = shape_of(s, layer), .units = units, .sums = s->groups / units, .tangents = 1};
    locl_guess_subtract_ref(&g, m->layer[layer].post, m->d[1], dl, along, rest);
}

/* Takes what came back in d[1] through weight or mirror to the layer before, there. */
static void go_back(const locl_block_step *s, int layer, const float *weight, block_memory *m)
{
    const layer_memory *l = &m->layer[layer];
    size_t groups = layer == LOCL_LAYER_GROUP ? s->groups : 1;
    product_back(s, layer, weight, m->q, m->d[0]);
    locl_layernorm_vjp_ref(l->pre, l->pre_r, m->d[0], m->d[1], tokens_of(s) * groups,
                           in_of(s, layer) / groups);
}

/* Gradients from the guess of each layer's cotangent that came back through mirrors, and from what it leaves of dL. */
static void back_by_guess(const locl_block_step *s, const locl_block_arrays *a, block_memory *m)
{
    const layer_memory *l = &m->layer[LOCL_LAYER_CHANNEL], *token = &m->layer[LOCL_LAYER_TOKEN];
    locl_layer_shape shape = shape_of(s, LOCL_LAYER_CHANNEL), before = shape_of(s, LOCL_LAYER_TOKEN);
    bool through = s->way == LOCL_WAY_MIRRORS;
    go_back(s, LOCL_LAYER_GROUP, a->mirror[LOCL_LAYER_GROUP], m);
    subtract(s, LOCL_LAYER_CHANNEL, m, s->groups, a->jvp, m->t1, m->rest[0]);
    subtract(s, LOCL_LAYER_CHANNEL, m, s->groups, a->jvp, a->u[LOCL_LAYER_CHANNEL], m->rest[1]);
    locl_activation_estimate_ref(&shape, l->z, a->bias[LOCL_LAYER_CHANNEL], l->post, m->d[1], m->rest[0],
                                 s->patches, s->groups, a->u[LOCL_LAYER_CHANNEL], 1, m->q);
    product_gradient(s, LOCL_LAYER_CHANNEL, m, a);
    if (s->first != LOCL_LAYER_TOKEN) {
        return;
    }
    if (through) {
        locl_activation_vjp_ref(&shape, l->z, a->bias[LOCL_LAYER_CHANNEL], l->post, m->d[1], m->q);
        go_back(s, LOCL_LAYER_CHANNEL, a->mirror[LOCL_LAYER_CHANNEL], m);
        subtract(s, LOCL_LAYER_TOKEN, m, 1, m->rest[1], a->u[LOCL_LAYER_TOKEN], m->rest[0]);
    }
    locl_activation_estimate_ref(&before, token->z, a->bias[LOCL_LAYER_TOKEN], token->post,
                                 through ? m->d[1] : NULL, m->rest[through ? 0 : 1], s->patches,
                                 through ? 1 : s->groups, a->u[LOCL_LAYER_TOKEN], 1, m->q);
    product_gradient(s, LOCL_LAYER_TOKEN, m, a);
}

/* Goes back layer by layer; d[1] holds the cotangent of the layer's activation where that is exact. */
static void back(const locl_block_step *s, const locl_block_arrays *a, block_memory *m)
{
    for (int layer = LOCL_LAYER_GROUP; layer >= (int)s->first; layer--) {
        const layer_memory *l = &m->layer[layer];
        locl_layer_shape shape = shape_of(s, layer);
        bool exact = s->way == LOCL_WAY_EXACT || (s->way != LOCL_WAY_ESTIMATE && layer == LOCL_LAYER_GROUP);
        if (exact) {
            locl_activation_vjp_ref(&shape, l->z, a->bias[layer], l->post, m->d[1], m->q);
        } else {
            locl_activation_estimate_ref(&shape, l->z, a->bias[layer], l->post, NULL, a->jvp, s->patches,
                                         s->groups, a->u[layer], 1, m->q);
        }
        product_gradient(s, layer, m, a);
        if (locl_block_way_guesses(s->way)) {
            back_by_guess(s, a, m);
            return;
        }
        if (exact && layer > (int)s->first) {
            go_back(s, layer, a->weight[layer], m);
        }
    }
}

/* Cuts one allocation into the arrays; NULL when memory has run out. */
static float *take(const locl_block_step *s, block_memory *m)
{
    size_t tokens = tokens_of(s), widest = s->in > s->hidden ? s->in : s->hidden;
    widest = s->width > widest ? s->width : widest;
    size_t plane = tokens * widest, count = plane * (3 * LOCL_LAYERS + 4) +
                                            (LOCL_LAYERS + 2) * tokens * s->groups + 2 * s->batch * s->width +
                                            s->batch * s->classes + tokens;
    float *all = calloc(count, sizeof *all), *next = all;
    if (!all) {
        return NULL;
    }
    float **const planes[] = {&m->d[0], &m->d[1], &m->q, &m->t1};
    for (size_t i = 0; i < 4; i++, next += plane) {
        *planes[i] = next;
    }
    for (size_t i = 0; i < 2; i++, next += tokens * s->groups) {
        m->rest[i] = next;
    }
    for (int layer = 0; layer < LOCL_LAYERS; layer++) {
        layer_memory *l = &m->layer[layer];
        *l = (layer_memory){
            .pre = next, .z = next + plane, .post = next + 2 * plane, .pre_r = next + 3 * plane};
        next += 3 * plane + tokens * s->groups;
    }
    m->features = next;
    m->f = m->features + s->batch * s->width;
    m->error = m->f + s->batch * s->width;
    m->rows = m->error + s->batch * s->classes;
    return all;
}

bool locl_block_step_ref(const locl_block_step *step, const locl_block_arrays *arrays, size_t valid,
                         locl_step_metrics *record)
{
    block_memory m;
    float *all = take(step, &m);
    if (!all) {
        return false;
    }
    forward(step, arrays, &m);
    head(step, arrays, &m, valid, record);
    if (step->way != LOCL_WAY_FORWARD) {
        back(step, arrays, &m);
    }
    for (size_t i = 0; i < tokens_of(step) * step->width; i++) {
        arrays->out[i] = m.layer[LOCL_LAYER_GROUP].post[i];
    }
    free(all);
    return true;
}
