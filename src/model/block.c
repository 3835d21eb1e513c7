#include "model/block.h"

#include "ops/accumulate.h"
#include "ops/bias.h"
#include "ops/layernorm.h"
#include "ops/pool.h"
#include "ops/repeat.h"

static bool norm_before(const locl_block_tape *tape, locl_layer layer)
{
    const locl_model_options *o = &tape->model->options;
    return layer == tape->first ? o->begin_ln : o->middle_ln;
}

/* Returns whether draws are kept for the way back, not made again. On a CPU making a Gaussian draw takes
 * longer than writing and reading it (PoCL, two cores, [8192,512]: 4.0 against 1.0 ms). On a GPU arithmetic
 * is nearly free. */
static bool keeps_draws(const locl_command_buffer *cmd, const locl_perturbation *u)
{
    return locl_command_buffer_caps(cmd)->cpu &&
           (u->source == LOCL_SOURCE_GAUSSIAN || u->source == LOCL_SOURCE_RADEMACHER);
}

static size_t tokens(const locl_block_tape *tape)
{
    return tape->batch * tape->shape->patches;
}

/* Returns P * width of a layer's output. */
static size_t image_values(const locl_layer_tape *l)
{
    return l->activation.shape.patches * l->activation.shape.width;
}

/* Takes scratch for activations or tangents. */
static const locl_tensor *take_values(locl_command_buffer *cmd, const locl_block_tape *tape, size_t count,
                                      const char *name)
{
    return locl_command_buffer_scratch_of(cmd, tape->halves, count, name);
}

bool locl_block_takes_halves(const locl_model *model, const locl_block_shape *shape)
{
    return model->options.norm == LOCL_NORM_LAYER && !shape->kernel && shape->stride == 1 &&
           (!shape->token || shape->in == shape->width);
}

/* Takes the tensors that one layer keeps for its way back. `in` is what reaches it. Without LN before it,
 * that is its `pre`. */
static void take_layer(locl_command_buffer *cmd, locl_block_tape *tape, locl_layer layer,
                       const locl_tensor *in, const locl_tensor *out)
{
    locl_layer_tape *l = &tape->layer[layer];
    l->linear = locl_linear_of(tape->shape, layer, tape->batch);
    l->pre = in;
    l->pre_r = NULL;
    if (norm_before(tape, layer)) {
        size_t split = layer == LOCL_LAYER_GROUP ? tape->shape->groups : 1;
        l->pre_rows = tokens(tape) * split;
        l->pre_n = l->linear.in / split;
        l->pre = take_values(cmd, tape, tokens(tape) * l->linear.in, "pre");
        l->pre_r = locl_command_buffer_scratch(cmd, l->pre_rows, "pre r");
    }
    locl_activation *a = &l->activation;
    a->shape = (locl_layer_shape){.layer = layer,
                                  .batch = tape->batch,
                                  .patches = tape->shape->patches,
                                  .groups = tape->shape->groups,
                                  .width = l->linear.out,
                                  .patch_bias = layer == LOCL_LAYER_TOKEN && !tape->shape->kernel,
                                  .norm = tape->model->options.post_linear_ln};
    a->z = take_values(cmd, tape, tokens(tape) * l->linear.out, "z");
    a->post = out ? out : take_values(cmd, tape, tokens(tape) * l->linear.out, "post");
    l->norm = tape->model->options.norm;
    if (l->norm == LOCL_NORM_LAYER) {
        a->stats = locl_command_buffer_scratch(cmd, 2 * locl_layer_rows(&a->shape), "statistics");
    } else {
        a->shape.norm = false;
        l->norm_r = locl_command_buffer_scratch(
            cmd, l->norm == LOCL_NORM_BATCH ? image_values(l) : tape->batch, "norm r");
    }
}

void locl_block_begin(locl_command_buffer *cmd, const locl_model *model, const locl_block_shape *shape,
                      size_t batch, size_t tangents, bool halves, const locl_tensor *x, const locl_tensor *dx,
                      const locl_tensor *out, locl_block_tape *tape)
{
    *tape = (locl_block_tape){.batch = batch,
                              .tangents = tangents,
                              .halves = halves,
                              .model = model,
                              .shape = shape,
                              .first = shape->token ? LOCL_LAYER_TOKEN : LOCL_LAYER_CHANNEL,
                              .x = x,
                              .dx = dx};
    const locl_tensor *in = x;
    for (int layer = (int)tape->first; layer < LOCL_LAYERS; layer++) {
        take_layer(cmd, tape, (locl_layer)layer, in, layer == LOCL_LAYER_GROUP ? out : NULL);
        in = tape->layer[layer].activation.post;
    }
    tape->out = in;
    if (tangents) {
        tape->dout = take_values(cmd, tape, tangents * tokens(tape) * shape->width, "d output");
    }
}

/* Takes memory for draws that are kept and returns where to write them, NULL where none are kept. The way
 * back finds them in the tape. */
static const locl_tensor *keep_draws(locl_command_buffer *cmd, const locl_block_tape *tape,
                                     locl_layer_tape *l, const locl_perturbation *u)
{
    l->u = *u;
    if (!keeps_draws(cmd, u)) {
        return NULL;
    }
    const locl_tensor *kept =
        locl_command_buffer_scratch(cmd, tape->tangents * tokens(tape) * l->linear.out, "draws");
    l->u = (locl_perturbation){.source = LOCL_SOURCE_GIVEN, .given = kept};
    return kept;
}

/* Returns x [copies,B,P,in] as the residual adds it: side by side as often as the block widens it. NULL for
 * NULL. */
static const locl_tensor *residual_of(locl_command_buffer *cmd, const locl_block_tape *tape,
                                      const locl_tensor *x, size_t copies)
{
    const locl_block_shape *s = tape->shape;
    if (!x || s->in == s->width) {
        return x;
    }
    size_t rows = copies * tokens(tape);
    const locl_tensor *repeated = locl_command_buffer_scratch(cmd, rows * s->width, "residual");
    locl_repeat(cmd, x, repeated, rows, s->in, s->width / s->in);
    return repeated;
}

/* Returns the one of the two scratch tensors that is not `used`. */
static const locl_tensor *other(const locl_tensor *const scratch[2], const locl_tensor *used)
{
    return scratch[used == scratch[0]];
}

/* What passes from layer to layer. */
typedef struct flow {
    size_t tangents;
    const locl_tensor *x, *dx;     /* [B,P,in], [M,B,P,in] or NULL: nothing moves yet */
    const locl_tensor *scratch[2]; /* tangents between layers, [M,B,P,widest] */
    const locl_tensor *product;    /* before a norm other than layer, [B,P,widest]; else NULL */
} flow;

/* Returns the channels of the widest layer's output. */
static size_t widest_of(const locl_block_shape *s)
{
    return s->hidden > s->width ? s->hidden : s->width;
}

static const locl_tensor *take_tangents(locl_command_buffer *cmd, const locl_block_tape *tape, size_t widest,
                                        const flow *f)
{
    return take_values(cmd, tape, f->tangents * tokens(tape) * widest, "tangents");
}

/* Takes the scratch that there is not yet. */
static void take_scratch(locl_command_buffer *cmd, const locl_block_tape *tape, size_t widest, flow *f)
{
    for (int i = 0; i < 2 && f->tangents; i++) {
        f->scratch[i] = f->scratch[i] ? f->scratch[i] : take_tangents(cmd, tape, widest, f);
    }
}

/* Takes the one of the scratch tensors that the channel layer's tangents end in, to stay with the tape. LN
 * between the layers takes them to the other one, the product back. */
static void keep_channel(locl_command_buffer *cmd, locl_block_tape *tape, size_t widest, flow *f)
{
    bool swapped = tape->first == LOCL_LAYER_TOKEN && !norm_before(tape, LOCL_LAYER_CHANNEL);
    f->scratch[swapped] = tape->dchannel = take_tangents(cmd, tape, widest, f);
}

/* Records the LN before a layer's linear map, if there is one. Returns the tangent that the map sees: `f->dx`
 * without LN, NULL when there is no tangent. */
static const locl_tensor *forward_norm(locl_command_buffer *cmd, const locl_layer_tape *l, const flow *f)
{
    if (!l->pre_r) {
        return f->dx;
    }
    const locl_tensor *dpre = f->dx ? other(f->scratch, f->dx) : NULL;
    locl_layernorm_dual(cmd, f->x, f->dx, l->pre, dpre, l->pre_r, l->pre_rows, l->pre_n,
                        f->dx ? f->tangents : 0);
    return dpre;
}

/* Records batch or sample norm from the product and its tangents dz, in place (NULL: none), to activation.z.
 * A bias is the same for all images and cancels in batch norm, so there it is left out. In sample norm it is
 * part of z from here on. */
static void normalise(locl_command_buffer *cmd, const locl_layer_tape *l, const flow *f,
                      const locl_tensor *dz, const locl_layer_tensors *params, const locl_tensor *dbias)
{
    const locl_layer_shape *s = &l->activation.shape;
    size_t tangents = dz ? f->tangents : 0;
    if (l->norm == LOCL_NORM_BATCH) {
        locl_batchnorm_dual(cmd, f->product, dz, l->activation.z, dz, l->norm_r, &params->running, s->batch,
                            image_values(l), tangents);
        return;
    }
    locl_bias_add(cmd, s, params->bias, f->product);
    if (dbias) {
        locl_bias_add(cmd, s, dbias, dz);
    }
    locl_layernorm_dual(cmd, f->product, dz, l->activation.z, dz, l->norm_r, s->batch, image_values(l),
                        tangents);
}

/* Records the tangent of a layer's product and returns it: in scratch or, for the last layer, where the
 * block's tangents go. NULL when nothing moves in it. */
static const locl_tensor *linear_tangent(locl_command_buffer *cmd, const locl_block_tape *tape,
                                         locl_layer layer, const locl_layer_tensors *params,
                                         const locl_layer_tensors *du, const locl_tensor *dpre, const flow *f)
{
    const locl_layer_tape *l = &tape->layer[layer];
    const locl_tensor *dz = !dpre && !du                ? NULL
                            : layer == LOCL_LAYER_GROUP ? tape->dout
                                                        : other(f->scratch, dpre);
    if (dpre) {
        locl_linear_forward(cmd, &l->linear, params->weight, dpre, f->tangents, LOCL_REPLACE, dz);
    }
    if (du) {
        locl_linear_forward(cmd, &l->linear, du->weight, l->pre, 1, dpre ? LOCL_ADD : LOCL_REPLACE, dz);
    }
    return dz;
}

/* Returns what moves in the activation beside the primal, from the tangents that reach it: dz of the product,
 * dx of the residual. `kept` is where the layer's draws go. f->dx becomes the activation's tangent. */
static locl_activation_motion motion_of(const locl_block_tape *tape, locl_layer layer,
                                        const locl_block_motion *block, const locl_tensor *kept,
                                        const locl_tensor *dz, const locl_tensor *dx, flow *f)
{
    locl_activation_motion m = {.kind = block->kind};
    const locl_tensor *dpost = layer == LOCL_LAYER_GROUP ? tape->dout : dz ? dz : f->scratch[0];
    f->dx = NULL;
    switch (block->kind) {
    case LOCL_MOTION_NONE:
        break;
    case LOCL_MOTION_ACTIVITY_TANGENT:
        if (!dz && !dx && block->activity[layer].source == LOCL_SOURCE_NONE) {
            m.kind = LOCL_MOTION_NONE;
            break;
        }
        m.activity.count = f->tangents;
        m.activity.dz = dz;
        m.activity.dx = dx;
        m.activity.dpost = f->dx = dpost;
        m.activity.kept = kept;
        m.activity.u = block->activity[layer];
        break;
    case LOCL_MOTION_WEIGHT_TANGENT:
        m.weight.dz = dz;
        m.weight.dx = dx;
        m.weight.dpost = f->dx = dpost;
        m.weight.dbias = f->product ? NULL : block->weight[layer].bias;
        break;
    case LOCL_MOTION_SHIFT:
        m.shift.u = block->shift.u[layer];
        m.shift.epsilon = block->shift.epsilon;
        break;
    }
    return m;
}

static void forward_layer(locl_command_buffer *cmd, locl_block_tape *tape, locl_layer layer,
                          const locl_layer_tensors *params, const locl_block_motion *motion,
                          const locl_tensor *kept, flow *f)
{
    locl_layer_tape *l = &tape->layer[layer];
    bool residual = layer == LOCL_LAYER_GROUP && tape->shape->token;
    const locl_layer_tensors *du = motion->kind == LOCL_MOTION_WEIGHT_TANGENT ? &motion->weight[layer] : NULL;
    const locl_tensor *dpre = forward_norm(cmd, l, f);
    locl_linear_forward(cmd, &l->linear, params->weight, l->pre, 1, LOCL_REPLACE,
                        f->product ? f->product : l->activation.z);
    const locl_tensor *dz = linear_tangent(cmd, tape, layer, params, du, dpre, f);
    if (f->product) {
        normalise(cmd, l, f, dz, params, du ? du->bias : NULL);
    }
    l->activation.bias = f->product ? NULL : params->bias;
    const locl_tensor *x = residual ? residual_of(cmd, tape, tape->x, 1) : NULL;
    const locl_tensor *dx = residual ? residual_of(cmd, tape, tape->dx, f->tangents) : NULL;
    locl_activation_motion m = motion_of(tape, layer, motion, kept, dz, dx, f);
    locl_activation_dual(cmd, &l->activation, x, &m);
    f->x = l->activation.post;
}

void locl_block_forward(locl_command_buffer *cmd, locl_block_tape *tape,
                        const locl_layer_tensors params[LOCL_LAYERS], const locl_block_motion *motion)
{
    const locl_tensor *kept[LOCL_LAYERS] = {NULL};
    for (int layer = (int)tape->first; layer < LOCL_LAYERS; layer++) {
        if (motion->kind == LOCL_MOTION_ACTIVITY_TANGENT) {
            kept[layer] = keep_draws(cmd, tape, &tape->layer[layer], &motion->activity[layer]);
        }
    }
    const locl_block_shape *s = tape->shape;
    flow f = {.tangents = tape->tangents, .x = tape->x, .dx = tape->dx};
    size_t widest = widest_of(s) < s->in && tape->dx ? s->in : widest_of(s);
    if (motion->keeps_channel) {
        keep_channel(cmd, tape, widest, &f);
    }
    locl_arena_mark mark = locl_arena_here(locl_command_buffer_workspace(cmd));
    take_scratch(cmd, tape, widest, &f);
    if (tape->model->options.norm != LOCL_NORM_LAYER) {
        f.product = locl_command_buffer_scratch(cmd, tokens(tape) * widest, "product");
    }
    for (int layer = (int)tape->first; layer < LOCL_LAYERS; layer++) {
        forward_layer(cmd, tape, (locl_layer)layer, &params[layer], motion, kept[layer], &f);
    }
    if (!f.dx) {
        tape->dout = NULL;
    }
    locl_arena_back(locl_command_buffer_workspace(cmd), mark);
}

static locl_pooling pooling_of(const locl_block_tape *tape)
{
    const locl_block_shape *s = tape->shape;
    return (locl_pooling){.batch = tape->batch,
                          .side = s->side,
                          .channels = s->width,
                          .stride = s->stride,
                          .max = tape->model->options.pool == LOCL_POOL_MAX};
}

void locl_block_pool(locl_command_buffer *cmd, locl_block_tape *tape, locl_block_pass pass,
                     const locl_tensor *next)
{
    const locl_block_shape *s = tape->shape;
    size_t values = tape->batch * s->next_patches * s->width;
    bool tangents = pass == LOCL_PASS_TANGENTS && tape->dout;
    if (s->stride == 1) {
        tape->next = tape->out;
        tape->dnext = tangents ? tape->dout : NULL;
        return;
    }
    locl_pooling pooling = pooling_of(tape);
    tape->next = next ? next : locl_command_buffer_scratch(cmd, values, "pooled");
    tape->dnext = tangents ? locl_command_buffer_scratch(cmd, tape->tangents * values, "d pooled") : NULL;
    locl_pooling_dual(cmd, &pooling, tape->out, tangents ? tape->dout : NULL, tangents ? tape->tangents : 0,
                      tape->next, tape->dnext);
}

const locl_tensor *locl_block_pool_backward(locl_command_buffer *cmd, const locl_block_tape *tape,
                                            const locl_tensor *t, const locl_tensor *out)
{
    locl_pooling pooling = pooling_of(tape);
    if (tape->shape->stride == 1) {
        return t;
    }
    locl_pooling_vjp(cmd, &pooling, tape->out, t, out);
    return out;
}

void locl_block_residual_backward(locl_command_buffer *cmd, const locl_block_tape *tape, const locl_tensor *t,
                                  const locl_tensor *x)
{
    const locl_block_shape *s = tape->shape;
    if (s->token) {
        locl_accumulate(cmd, t, tape->out, x, tokens(tape), s->in, s->width / s->in);
    }
}

/* Returns the activation as the way back sees it. */
static locl_activation activation_back(const locl_layer_tape *layer, locl_norm_way way)
{
    locl_activation a = layer->activation;
    a.shape.norm = a.shape.norm && way == LOCL_THROUGH_NORM;
    return a;
}

/* Records the map of a norm that is not part of the activation, in place: q [copies,B,P,width], cotangents or
 * tangents. */
static void norm_map(locl_command_buffer *cmd, const locl_layer_tape *layer, const locl_tensor *q,
                     size_t copies)
{
    const locl_activation *a = &layer->activation;
    switch (layer->norm) {
    case LOCL_NORM_LAYER:
        break;
    case LOCL_NORM_BATCH:
        locl_batchnorm_vjp(cmd, a->z, layer->norm_r, q, q, a->shape.batch, image_values(layer), copies);
        break;
    case LOCL_NORM_SAMPLE:
        locl_layernorm_vjp(cmd, a->z, layer->norm_r, q, q, a->shape.batch, image_values(layer), copies);
        break;
    }
}

void locl_block_tangents(locl_command_buffer *cmd, const locl_block_tape *tape, locl_layer layer,
                         const locl_layer_tensors params[LOCL_LAYERS], const locl_perturbation *u,
                         size_t tangents, const locl_tensor *dout)
{
    const locl_perturbation still = {.source = LOCL_SOURCE_NONE};
    locl_arena_mark mark = locl_arena_here(locl_command_buffer_workspace(cmd));
    flow f = {.tangents = tangents};
    take_scratch(cmd, tape, widest_of(tape->shape), &f);
    f.dx = layer == LOCL_LAYER_GROUP ? dout : f.scratch[0];
    locl_activation_tangents(cmd, &tape->layer[layer].activation, NULL, u, tangents, f.dx);
    for (int later = (int)layer + 1; later < LOCL_LAYERS; later++) {
        const locl_layer_tape *l = &tape->layer[later];
        const locl_tensor *dz = other(f.scratch, f.dx);
        if (l->pre_r) {
            locl_layernorm_vjp(cmd, l->pre, l->pre_r, f.dx, f.dx, l->pre_rows, l->pre_n, tangents);
        }
        locl_linear_forward(cmd, &l->linear, params[later].weight, f.dx, tangents, LOCL_REPLACE, dz);
        norm_map(cmd, l, dz, tangents);
        f.dx = later == LOCL_LAYER_GROUP ? dout : dz;
        locl_activation_tangents(cmd, &l->activation, dz, &still, tangents, f.dx);
    }
    locl_arena_back(locl_command_buffer_workspace(cmd), mark);
}

void locl_block_layer_vjp(locl_command_buffer *cmd, const locl_layer_tape *layer, locl_norm_way way,
                          const locl_tensor *t, const locl_tensor *q)
{
    locl_activation a = activation_back(layer, way);
    locl_activation_vjp(cmd, &a, t, q);
    if (way == LOCL_THROUGH_NORM) {
        norm_map(cmd, layer, q, 1);
    }
}

void locl_block_layer_estimate(locl_command_buffer *cmd, const locl_layer_tape *layer, locl_norm_way way,
                               locl_estimate e, const locl_tensor *q)
{
    locl_activation a = activation_back(layer, way);
    e.u = layer->u;
    locl_activation_estimate(cmd, &a, &e, q);
    if (way == LOCL_THROUGH_NORM) {
        norm_map(cmd, layer, q, 1);
    }
}

void locl_block_layer_backward(locl_command_buffer *cmd, const locl_block_tape *tape, locl_layer layer,
                               const locl_tensor *weight, const locl_tensor *q, const locl_tensor *t)
{
    const locl_layer_tape *l = &tape->layer[layer];
    locl_linear_backward(cmd, &l->linear, weight, q, t);
    if (l->pre_r) {
        locl_layernorm_vjp(cmd, l->pre, l->pre_r, t, t, l->pre_rows, l->pre_n, 1);
    }
}
