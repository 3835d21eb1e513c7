#include "check/case.h"
#include "ops/block_step.h"
#include "ops/draw.h"

#include <string.h>

enum { BATCH, VALID, PATCHES, IN, HIDDEN, WIDTH, GROUPS, CLASSES, TOKEN, WAY, NOISE, FIRST_IMAGE };
enum { X, LABELS, U, OUT = U + LOCL_LAYERS, LOGITS, JVP, RECORDS, WEIGHT };
enum { BIAS = WEIGHT + LOCL_BLOCK_OWNERS, WEIGHT_GRADIENT = BIAS + LOCL_BLOCK_OWNERS };
enum { BIAS_GRADIENT = WEIGHT_GRADIENT + LOCL_BLOCK_OWNERS, HEAD = LOCL_LAYERS };
enum { GROUP_MIRROR = BIAS_GRADIENT + LOCL_BLOCK_OWNERS, CHANNEL_MIRROR };

static const char *const shapes[] = {
    "B=3 valid=3 P=16 in=32 H=32 D=32 G=1 K=2 token=yes way=estimate",
    "B=5 valid=4 P=16 in=48 H=96 D=48 G=1 K=10 token=yes way=exact_last first_image=3",
    "B=7 valid=7 P=16 in=32 H=64 D=32 G=2 K=3 token=yes way=exact",
    "B=9 valid=9 P=1 in=80 H=64 D=96 G=2 K=10 token=no way=estimate",
    "B=131 valid=130 P=1 in=16 H=32 D=32 G=2 K=128 token=no way=exact",
    "B=2 valid=2 P=64 in=192 H=192 D=192 G=4 K=10 token=yes way=estimate noise=rademacher",
    "B=3 valid=3 P=7 in=16 H=48 D=144 G=3 K=5 token=no way=exact_last",
    "B=5 valid=4 P=16 in=48 H=96 D=48 G=1 K=10 token=yes way=forward",
    "B=5 valid=4 P=16 in=48 H=96 D=48 G=3 K=10 token=yes way=mirror",
    "B=3 valid=3 P=7 in=48 H=96 D=144 G=3 K=5 token=no way=mirror noise=rademacher",
    "B=7 valid=6 P=16 in=64 H=96 D=64 G=2 K=3 token=yes way=mirrors first_image=5",
    "B=8 valid=8 P=64 in=512 H=512 D=512 G=16 K=10 token=yes way=estimate",
    "B=8 valid=8 P=64 in=512 H=512 D=512 G=16 K=10 token=yes way=mirrors",
};
static const char *const covers[] = {
    "B=3 valid=3 P=16 in=32 H=32 D=32 G=1 K=2 token=no|yes way=estimate|exact_last|mirror|mirrors "
    "noise=gaussian|rademacher|given",
    "B=3 valid=3 P=16 in=32 H=32 D=32 G=1 K=2 token=no|yes way=exact|forward",
};

/* Returns the shape alone. */
static locl_block_step shape_of(const size_t *dim)
{
    return (locl_block_step){.first = dim[TOKEN] ? LOCL_LAYER_TOKEN : LOCL_LAYER_CHANNEL,
                             .batch = dim[BATCH],
                             .patches = dim[PATCHES],
                             .in = dim[IN],
                             .hidden = dim[HIDDEN],
                             .width = dim[WIDTH],
                             .groups = dim[GROUPS],
                             .classes = dim[CLASSES],
                             .way = (locl_block_way)dim[WAY]};
}

static bool estimates(const size_t *dim, int layer)
{
    return layer >= (dim[TOKEN] ? LOCL_LAYER_TOKEN : LOCL_LAYER_CHANNEL) &&
           (layer == LOCL_LAYER_GROUP ? dim[WAY] == LOCL_WAY_ESTIMATE
                                      : locl_block_way_estimates((locl_block_way)dim[WAY]));
}

/* Whether the cotangent of the channel layer's output is guessed, of the token layer's. */
static bool guesses(const size_t *dim)
{
    return locl_block_way_guesses((locl_block_way)dim[WAY]);
}

static bool guesses_token(const size_t *dim)
{
    return dim[WAY] == LOCL_WAY_MIRRORS && dim[TOKEN];
}

static size_t width_of(const size_t *dim, int layer)
{
    return layer == LOCL_LAYER_TOKEN ? dim[IN] : layer == LOCL_LAYER_CHANNEL ? dim[HIDDEN] : dim[WIDTH];
}

/* Returns the noise's source: the dimension's words are the sources from GAUSSIAN on. */
static locl_noise_source source_of(const size_t *dim)
{
    return (locl_noise_source)(LOCL_SOURCE_GAUSSIAN + dim[NOISE]);
}

static const char *refuses(const size_t *dim)
{
    static const locl_caps cpu = {
        .cpu = true, .whole_blocks = true, .wide_chunks = true, .units = 1, .largest_buffer = UINT64_MAX};
    locl_block_step s = shape_of(dim);
    if (dim[WIDTH] % dim[GROUPS] || dim[HIDDEN] % dim[GROUPS]) {
        return "H or D is no multiple of G";
    }
    return dim[VALID] > dim[BATCH]              ? "valid is above B"
           : !locl_block_step_applies(&s, &cpu) ? "the block cannot be done in tiles"
                                                : NULL;
}

/* What the parameters and their gradients are called, by owner. */
static const char *const weight_names[] = {"token", "channel", "group", "head"};
static const char *const bias_names[] = {"token bias", "channel bias", "group bias", "head bias"};
static const char *const weight_gradient_names[] = {"token gradient", "channel gradient", "group gradient",
                                                    "head gradient"};
static const char *const bias_gradient_names[] = {"token bias gradient", "channel bias gradient",
                                                  "group bias gradient", "head bias gradient"};

static void add_parameters(locl_op_case *c, size_t first, const char *const names[LOCL_BLOCK_OWNERS],
                           locl_op_use use, const size_t counts[LOCL_BLOCK_OWNERS])
{
    for (size_t owner = 0; owner < LOCL_BLOCK_OWNERS; owner++) {
        bool there = (owner != LOCL_LAYER_TOKEN || c->dim[TOKEN]) &&
                     (use == LOCL_OP_IN || c->dim[WAY] != LOCL_WAY_FORWARD);
        locl_op_add(c, first + owner, names[owner], use,
                    use == LOCL_OP_IN ? LOCL_FILL_TANGENT : LOCL_FILL_NONE, there, counts[owner]);
    }
}

static void lay_out(locl_op_case *c)
{
    const size_t *d = c->dim;
    size_t tokens = d[BATCH] * d[PATCHES];
    const size_t weights[] = {d[PATCHES] * d[PATCHES], d[IN] * d[HIDDEN], d[HIDDEN] * d[WIDTH] / d[GROUPS],
                              d[WIDTH] * d[CLASSES]};
    const size_t biases[] = {d[PATCHES], d[HIDDEN], d[WIDTH], d[CLASSES]};
    bool given = source_of(d) == LOCL_SOURCE_GIVEN;
    locl_op_add(c, X, "x", LOCL_OP_IN, LOCL_FILL_TANGENT, tokens, d[IN]);
    locl_op_add(c, LABELS, "labels", LOCL_OP_IN, LOCL_FILL_NONE, 1, d[BATCH]);
    for (int layer = 0; layer < LOCL_LAYERS; layer++) {
        locl_op_add(c, U + (size_t)layer, "u", given ? LOCL_OP_IN : LOCL_OP_HOST,
                    given ? LOCL_FILL_TANGENT : LOCL_FILL_NONE, estimates(d, layer) ? tokens : 0,
                    width_of(d, layer));
    }
    locl_op_add(c, OUT, "out", LOCL_OP_OUT, LOCL_FILL_NONE, tokens, d[WIDTH]);
    locl_op_add(c, LOGITS, "logits", LOCL_OP_OUT, LOCL_FILL_NONE, d[BATCH], d[CLASSES]);
    locl_op_add(c, JVP, "jvp", LOCL_OP_OUT, LOCL_FILL_NONE,
                locl_block_way_estimates((locl_block_way)d[WAY]) ? tokens : 0, d[GROUPS]);
    locl_op_add(c, RECORDS, "records", LOCL_OP_OUT, LOCL_FILL_NONE, 1, 4);
    c->t[RECORDS].exact = 3; /* all but the loss are integers */
    add_parameters(c, WEIGHT, weight_names, LOCL_OP_IN, weights);
    add_parameters(c, BIAS, bias_names, LOCL_OP_IN, biases);
    locl_op_add(c, GROUP_MIRROR, "group mirror", LOCL_OP_IN, LOCL_FILL_TANGENT, guesses(d) ? 1 : 0,
                weights[LOCL_LAYER_GROUP]);
    locl_op_add(c, CHANNEL_MIRROR, "channel mirror", LOCL_OP_IN, LOCL_FILL_TANGENT, guesses_token(d) ? 1 : 0,
                weights[LOCL_LAYER_CHANNEL]);
    add_parameters(c, WEIGHT_GRADIENT, weight_gradient_names, LOCL_OP_OUT, weights);
    add_parameters(c, BIAS_GRADIENT, bias_gradient_names, LOCL_OP_OUT, biases);
}

static uint32_t tag_of(int layer)
{
    return locl_draw_tag(LOCL_STREAM_NOISE, 0, 2, (uint32_t)layer);
}

static int32_t *labels_of(const locl_op_case *c)
{
    return (int32_t *)(void *)c->t[LABELS].in;
}

/* Sets the labels, and the draws that the device should make. */
static void derive(locl_op_case *c)
{
    locl_noise noise =
        source_of(c->dim) == LOCL_SOURCE_RADEMACHER ? LOCL_NOISE_RADEMACHER : LOCL_NOISE_GAUSSIAN;
    for (size_t n = 0; n < c->dim[BATCH]; n++) {
        labels_of(c)[n] = (int32_t)((n * 7 + c->seed) % c->dim[CLASSES]);
    }
    for (int layer = 0; layer < LOCL_LAYERS; layer++) {
        locl_op_tensor *u = &c->t[U + layer];
        if (u->use == LOCL_OP_HOST) {
            uint64_t first = (uint64_t)c->dim[FIRST_IMAGE] * c->dim[PATCHES] * u->n;
            locl_draw(noise, LOCL_OP_SEED, LOCL_OP_STEP, tag_of(layer), first, u->rows * u->n, u->in);
        }
    }
}

static void record(const locl_op_case *c, locl_command_buffer *cmd)
{
    locl_block_step s = shape_of(c->dim);
    s.x = locl_op_arg(c, X);
    s.labels = locl_op_arg(c, LABELS);
    s.out = locl_op_arg(c, OUT);
    s.logits = locl_op_arg(c, LOGITS);
    s.jvp = locl_op_arg(c, JVP);
    s.metrics = locl_op_arg(c, RECORDS);
    for (size_t owner = 0; owner < LOCL_BLOCK_OWNERS; owner++) {
        s.weight[owner] = locl_op_arg(c, WEIGHT + owner);
        s.bias[owner] = locl_op_arg(c, BIAS + owner);
        s.weight_gradient[owner] = locl_op_arg(c, WEIGHT_GRADIENT + owner);
        s.bias_gradient[owner] = locl_op_arg(c, BIAS_GRADIENT + owner);
    }
    s.mirror[LOCL_LAYER_GROUP] = locl_op_arg(c, GROUP_MIRROR);
    s.mirror[LOCL_LAYER_CHANNEL] = locl_op_arg(c, CHANNEL_MIRROR);
    for (int layer = 0; layer < LOCL_LAYERS; layer++) {
        locl_perturbation *u = &s.u[layer];
        u->source = source_of(c->dim);
        if (u->source == LOCL_SOURCE_GIVEN) {
            u->given = locl_op_arg(c, U + (size_t)layer);
        } else {
            u->drawn.seed = LOCL_OP_SEED;
            u->drawn.tag = tag_of(layer);
            u->drawn.first_image = c->dim[FIRST_IMAGE];
        }
    }
    locl_block_step_record(cmd, &s);
}

static void bind(const locl_op_case *c, locl_bindings *bindings)
{
    bindings->step = LOCL_OP_STEP;
    bindings->valid = (cl_uint)c->dim[VALID];
}

/* Takes the tensor's largest value as the size of all of its terms. */
static void scale(locl_op_tensor *t)
{
    if (t->want) {
        locl_row_set(t->scale, t->rows * t->n, 1e-3 + locl_row_largest(t->want, t->rows * t->n));
    }
}

static void reference(locl_op_case *c)
{
    locl_block_step s = shape_of(c->dim);
    locl_step_metrics metrics = {0};
    locl_block_arrays a = {.x = c->t[X].in,
                           .labels = labels_of(c),
                           .out = c->t[OUT].want,
                           .logits = c->t[LOGITS].want,
                           .jvp = c->t[JVP].want};
    for (size_t owner = 0; owner < LOCL_BLOCK_OWNERS; owner++) {
        a.weight[owner] = c->t[WEIGHT + owner].in;
        a.bias[owner] = c->t[BIAS + owner].in;
        a.weight_gradient[owner] = c->t[WEIGHT_GRADIENT + owner].want;
        a.bias_gradient[owner] = c->t[BIAS_GRADIENT + owner].want;
    }
    a.mirror[LOCL_LAYER_GROUP] = c->t[GROUP_MIRROR].in;
    a.mirror[LOCL_LAYER_CHANNEL] = c->t[CHANNEL_MIRROR].in;
    for (size_t layer = 0; layer < LOCL_LAYERS; layer++) {
        a.u[layer] = c->t[U + layer].in;
    }
    if (!locl_block_step_ref(&s, &a, c->dim[VALID], &metrics)) {
        metrics.loss = NAN; /* fails the case */
    }
    memcpy(c->t[RECORDS].want, &metrics, sizeof metrics);
    for (size_t i = 0; i < LOCL_OP_TENSORS; i++) {
        scale(&c->t[i]);
    }
    /* no bias before an LN over the same axis has a gradient (SPEC 3): what is left is rounding of the weights' */
    if (c->t[BIAS_GRADIENT].want) {
        locl_row_set(c->t[BIAS_GRADIENT].scale, c->dim[PATCHES], c->t[WEIGHT_GRADIENT].scale[0]);
    }
    locl_row_set(c->t[RECORDS].scale, 4, 1 + fabs((double)metrics.loss));
}

/* Returns the values of all parameters. */
static size_t parameters(const locl_op_case *c)
{
    size_t count = 0;
    for (size_t i = WEIGHT; i < WEIGHT_GRADIENT; i++) {
        count += c->t[i].use == LOCL_OP_IN ? c->t[i].rows * c->t[i].n : 0;
    }
    return count;
}

/* Returns how many work-groups share the batch: each has sums of its own. */
static size_t slots(const locl_op_case *c, const locl_caps *caps)
{
    size_t images = c->dim[PATCHES] >= 64 ? 1 : 64 / c->dim[PATCHES], share = c->dim[BATCH] / caps->units;
    share = share ? share : 1;
    images = images < share ? images : share;
    size_t tiles = (c->dim[BATCH] + images - 1) / images;
    return tiles < caps->units ? tiles : caps->units;
}

/* Counts the FLOPs: of products three for the head; for each layer primal, gradient and, but for the first one, tangent
 * or way back. Of rows, for each value: LN 6, bias 1, residual 1, the map of an LN 7, y before it 2. */
static double flops(const locl_op_case *c)
{
    const size_t *d = c->dim;
    double rows = (double)(d[BATCH] * d[PATCHES]), in = (double)d[IN], h = (double)d[HIDDEN],
           w = (double)d[WIDTH];
    double token = d[TOKEN] ? 1 : 0, group = h * w / (double)d[GROUPS],
           draw = source_of(d) == LOCL_SOURCE_GAUSSIAN ? 4 : 0;
    double products = rows * (2 * token * (double)d[PATCHES] * in + (2 + token) * in * h + 3 * group) +
                      3 * (double)d[BATCH] * w * (double)d[CLASSES];
    double values = 6 * in;
    if (d[WAY] == LOCL_WAY_FORWARD) {
        products = rows * (token * (double)d[PATCHES] * in + in * h + group) +
                   (double)d[BATCH] * w * (double)d[CLASSES];
        return 2 * products + rows * (values + token * in * 13 + h * 13 + w * (7 + token + 7));
    }
    if (d[WAY] == LOCL_WAY_EXACT) {
        values += token * in * (7 + 6 + 7 + 10) + h * (7 + 6 + 7 + 10) + w * (7 + token + 7 + 9 + 10);
    } else {
        double last = d[WAY] == LOCL_WAY_ESTIMATE ? 1 + 1 + draw : 9;
        products += guesses(d) ? rows * group : 0;
        products += guesses_token(d) ? rows * in * h : 0;
        values += guesses(d) ? h * (7 + 2 + 1 + 2 * token)
                             : 0; /* LN's map, along the tangent, the sum, along draws */
        values += guesses_token(d) ? h * (2 + 7) + in * (7 + 2 + 1) : 0;
        values += token * in * (7 + 13 + 1 + 10 + draw) + h * (7 + 8 * token + 13 + 1 + 10 + draw) +
                  w * (7 + token + 7 + 7 + 10 + 10 + last);
    }
    return 2 * products + rows * values;
}

/* Counts the bytes: parameters are read, packed, the packed ones read; sums of each work-group written, read, and the
 * gradient written. Losses and answers of the images are read once more. */
static locl_op_cost cost(const locl_op_case *c, const locl_caps *caps)
{
    const size_t *d = c->dim;
    size_t all = parameters(c), groups = slots(c, caps);
    size_t back = (d[WAY] == LOCL_WAY_EXACT || guesses(d) ? d[HIDDEN] * d[WIDTH] / d[GROUPS] : 0) +
                  ((d[WAY] == LOCL_WAY_EXACT && d[TOKEN]) || guesses_token(d) ? d[IN] * d[HIDDEN] : 0);
    bool summed = d[WAY] != LOCL_WAY_FORWARD;
    double sums = summed ? (double)((groups - 1) * all) : 0;
    return (locl_op_cost){
        .flops = flops(c) + sums + (double)d[BATCH],
        .bytes = locl_op_bytes(c) +
                 4 * (double)(2 * (all + back) + (summed ? 2 * groups * all : 0) + 4 * d[BATCH])};
}

static const locl_op_break breaks[] = {
    {.shape = "B=3 valid=3 P=16 in=32 H=32 D=32 G=1 K=2 token=yes way=estimate",
     .kernel = "block_pack",
     .file = "block_step.cl",
     .from = "copy(channel_bias, packed + at.channel_bias, hidden)",
     .to = "copy(channel_bias, packed + at.channel_bias, 1)"},
    {.shape = "B=5 valid=4 P=16 in=48 H=96 D=48 G=1 K=10 token=yes way=exact_last first_image=3",
     .kernel = "block_step",
     .file = "block_step.cl",
     .from = "image + n < valid",
     .to = "true"},
    {.shape = "B=5 valid=4 P=16 in=48 H=96 D=48 G=1 K=10 token=yes way=exact_last first_image=3",
     .kernel = "block_step",
     .file = "block_step.cl",
     .from = "given_channel, first_image,",
     .to = "given_channel, 0,"},
    {.shape = "B=5 valid=4 P=16 in=48 H=96 D=48 G=3 K=10 token=yes way=mirror",
     .kernel = "block_pack",
     .file = "block_step.cl",
     .from = "transpose(group_back +",
     .to = "transpose(group +"},
    {.shape = "B=7 valid=6 P=16 in=64 H=96 D=64 G=2 K=3 token=yes way=mirrors first_image=5",
     .kernel = "block_pack",
     .file = "block_step.cl",
     .from = "pack_panels(true, channel_back,",
     .to = "pack_panels(true, channel,"},
    {.shape = "B=9 valid=9 P=1 in=80 H=64 D=96 G=2 K=10 token=no way=estimate",
     .kernel = "block_reduce",
     .file = "block_step.cl",
     .from = "s < slots",
     .to = "s < 1"},
};

/* As on a CPU with few or many units: each has its share of the batch. */
static const locl_op_variant variants[] = {{.name = "device", .caps = LOCL_OP_AS_CPU},
                                           {.name = "single", .caps = LOCL_OP_AS_CPU, .units = 1},
                                           {.name = "many", .caps = LOCL_OP_AS_CPU, .units = 5}};

const locl_op locl_op_block_step = {.name = "block_step",
                                    .dims = "B=4 valid=4 P=16 in=64 H=64 D=64 G=2 K=10 token=no|yes "
                                            "way=estimate|exact_last|exact|forward|mirror|mirrors "
                                            "noise=gaussian|rademacher|given first_image=0",
                                    .tolerance = 1e-4,
                                    .sums = true,
                                    .whole_blocks = true,
                                    .refuses = refuses,
                                    .lay_out = lay_out,
                                    .derive = derive,
                                    .record = record,
                                    .bind = bind,
                                    .reference = reference,
                                    .cost = cost,
                                    LOCL_OP_BREAKS(breaks),
                                    LOCL_OP_COVERS(covers),
                                    LOCL_OP_VARIANTS(variants, 1),
                                    LOCL_OP_SHAPES(shapes, 1)};
