#include "ops/block_step.h"

#include "gemm/policy.h"
#include "kernels/kernels.h"
#include "ops/draw.h"
#include "ops/loss.h"

enum {
    VECTOR = 16,      /* values that row passes take at once */
    PANEL = 32,       /* columns of a panel */
    PACKED_ROWS = 8,  /* rows of a product that are packed side by side */
    MOST_GROUP = 512, /* channels of a group, which is held in registers and what they spill to */
    TILE_ROWS = 64,
    PLANES = 11, /* of cl/block_step.cl; one more for a guess behind a token layer */
    MOST_CLASSES = 128,
    MOST_PLANE = 1 << 18 /* floats: tiles that are larger leave the caches, and gain nothing */
};

static size_t round_up(size_t value, size_t to)
{
    return (value + to - 1) / to * to;
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

static bool has_token(const locl_block_step *s)
{
    return s->first == LOCL_LAYER_TOKEN;
}

/* Work-groups, each with sums of its own: one for each unit, but no more than there are tiles. */
typedef struct tiling {
    size_t images, groups; /* of a tile; of work */
    size_t plane, slot;    /* floats of scratch: of a plane, of a work-group */
} tiling;

static tiling tiling_of(const locl_block_step *s, const locl_caps *caps)
{
    size_t units = larger(caps->units, 1);
    tiling t = {.images = larger(TILE_ROWS / s->patches, 1)};
    size_t share = larger(s->batch / units, 1);
    t.images = t.images < share ? t.images : share;
    size_t tiles = (s->batch + t.images - 1) / t.images, rows = t.images * s->patches;
    t.groups = units < tiles ? units : tiles;
    size_t widest = larger(larger(s->in, s->hidden), s->width);
    t.plane = round_up(round_up(rows, PACKED_ROWS) * round_up(widest, PANEL), 64);
    bool guesses = locl_block_way_guesses(s->way);
    size_t small = round_up(rows * (3 + 4 * s->groups), VECTOR) +
                   (guesses ? round_up(rows * (1 + s->groups), VECTOR) : 0) + 2 * t.images * s->width +
                   round_up(t.images * s->classes, VECTOR) + VECTOR;
    t.slot = (guesses && has_token(s) ? PLANES + 1 : PLANES) * t.plane +
             round_up(small + larger(rows * 8, PANEL * s->patches), VECTOR);
    return t;
}

/* Whether a cotangent goes back through the channel or group layer: through its weight, or its mirror. */
static bool goes_through(const locl_block_step *s, locl_layer layer)
{
    return layer == LOCL_LAYER_GROUP
               ? s->way == LOCL_WAY_EXACT || locl_block_way_guesses(s->way)
               : has_token(s) && (s->way == LOCL_WAY_EXACT || s->way == LOCL_WAY_MIRRORS);
}

/* Floats of the packed weights and of a work-group's sums: as packed_of() and sums_of() of the kernel lay them out. */
static size_t packed_floats(const locl_block_step *s)
{
    bool token = has_token(s);
    size_t group = s->hidden * (s->width / s->groups);
    return round_up(s->hidden, PANEL) * s->in + (token ? round_up(s->patches * s->patches, VECTOR) : 0) +
           group + s->classes * s->width + (token ? round_up(s->patches, VECTOR) : 0) + s->hidden + s->width +
           round_up(s->classes, VECTOR) +
           (goes_through(s, LOCL_LAYER_CHANNEL) ? round_up(s->in, PANEL) * s->hidden : 0) +
           (goes_through(s, LOCL_LAYER_GROUP) ? group : 0);
}

static size_t sums_floats(const locl_block_step *s)
{
    if (s->way == LOCL_WAY_FORWARD) {
        return 0;
    }
    size_t token = has_token(s) ? s->patches * s->patches + round_up(s->patches, VECTOR) : 0;
    return token + s->in * s->hidden + s->hidden + s->hidden * (s->width / s->groups) + s->width +
           s->classes * s->width + round_up(s->classes, VECTOR);
}

bool locl_block_step_applies(const locl_block_step *s, const locl_caps *caps)
{
    bool whole =
        s->in % VECTOR == 0 && s->hidden / s->groups % VECTOR == 0 && s->width / s->groups % VECTOR == 0;
    bool small = s->hidden / s->groups <= MOST_GROUP && s->width / s->groups <= MOST_GROUP;
    bool tokens = !has_token(s) || (s->patches % VECTOR == 0 && s->in == s->width);
    bool cut = caps->cpu && caps->whole_blocks && whole && small && tokens && s->classes <= MOST_CLASSES;
    if (!cut) {
        return false;
    }
    tiling t = tiling_of(s, caps);
    size_t largest = sums_floats(s) > t.slot ? sums_floats(s) : t.slot; /* each unit has its own */
    return t.plane <= MOST_PLANE && t.groups * largest <= caps->largest_buffer / sizeof(float);
}

static void macros(locl_command_buffer *cmd, locl_launch *l, const locl_block_step *s)
{
    locl_noise_source source =
        locl_block_way_estimates(s->way) ? s->u[LOCL_LAYER_CHANNEL].source : LOCL_SOURCE_NONE;
    locl_launch_macro(l, "TOKEN", has_token(s));
    locl_launch_macro(l, "WAY", s->way);
    locl_launch_macro(l, "NOISE", source);
    locl_launch_macro(l, "IN_VECS", s->hidden / s->groups / VECTOR);
    locl_launch_macro(l, "OUT_VECS", s->width / s->groups / VECTOR);
    locl_launch_macro(l, "STRIP", locl_gemm_strip(locl_command_buffer_caps(cmd), PACKED_ROWS));
}

static void sizes(locl_launch *l, const locl_block_step *s)
{
    locl_launch_u32(l, "patches", s->patches);
    locl_launch_u32(l, "in", s->in);
    locl_launch_u32(l, "hidden", s->hidden);
    locl_launch_u32(l, "width", s->width);
    locl_launch_u32(l, "groups", s->groups);
    locl_launch_u32(l, "classes", s->classes);
}

/* Values of an owner's weight and bias. */
static size_t weights_of(const locl_block_step *s, int owner)
{
    return owner == LOCL_LAYER_TOKEN     ? (has_token(s) ? s->patches * s->patches : 0)
           : owner == LOCL_LAYER_CHANNEL ? s->in * s->hidden
           : owner == LOCL_LAYER_GROUP   ? s->hidden * (s->width / s->groups)
                                         : s->width * s->classes;
}

static size_t biases_of(const locl_block_step *s, int owner)
{
    return owner == LOCL_LAYER_TOKEN     ? (has_token(s) ? s->patches : 0)
           : owner == LOCL_LAYER_CHANNEL ? s->hidden
           : owner == LOCL_LAYER_GROUP   ? s->width
                                         : s->classes;
}

/* Floats of the parameters, of them packed, and of the draws that are read. */
static size_t parameters(const locl_block_step *s)
{
    size_t count = 0;
    for (int owner = 0; owner < LOCL_BLOCK_OWNERS; owner++) {
        count += weights_of(s, owner) + biases_of(s, owner);
    }
    return count;
}

static size_t packed_values(const locl_block_step *s)
{
    size_t count = parameters(s);
    for (int layer = LOCL_LAYER_CHANNEL; layer < LOCL_LAYERS; layer++) {
        count += goes_through(s, (locl_layer)layer) ? weights_of(s, layer) : 0;
    }
    return count;
}

static size_t draws_read(const locl_block_step *s)
{
    const size_t widths[] = {s->in, s->hidden, s->width};
    size_t each = 0;
    for (int layer = (int)s->first; layer < LOCL_LAYERS; layer++) {
        bool group = layer == LOCL_LAYER_GROUP;
        bool estimated = group ? s->way == LOCL_WAY_ESTIMATE : locl_block_way_estimates(s->way);
        each += estimated && s->u[layer].source == LOCL_SOURCE_GIVEN ? widths[layer] : 0;
    }
    return s->batch * s->patches * each;
}

/* Bytes that have to move: what lies in the tiles does not leave the caches. */
static double step_bytes(const locl_block_step *s, size_t slots)
{
    size_t tokens = s->batch * s->patches, jvp = locl_block_way_estimates(s->way) ? tokens * s->groups : 0;
    return 4 * (double)(tokens * (s->in + s->width) + jvp + s->batch * (s->classes + 3) + packed_values(s) +
                        draws_read(s) + (sums_floats(s) ? slots * parameters(s) : 0));
}

static const char *const weight_names[] = {"token", "channel", "group", "head"};
static const char *const bias_names[] = {"token_bias", "channel_bias", "group_bias", "head_bias"};

static void back_weight(locl_launch *l, const locl_block_step *s, locl_layer layer, const char *name)
{
    bool guess = locl_block_way_guesses(s->way), there = goes_through(s, layer);
    const locl_tensor *weight = guess ? s->mirror[layer] : s->weight[layer];
    locl_launch_in(l, name, there ? weight : NULL, there ? weights_of(s, layer) : 0);
}

static void pack(locl_command_buffer *cmd, const locl_block_step *s, const locl_tensor *packed)
{
    locl_launch l = locl_launch_begin(cmd, &locl_kernel_block_pack);
    for (int owner = 0; owner < LOCL_BLOCK_OWNERS; owner++) {
        size_t weights = weights_of(s, owner), biases = biases_of(s, owner);
        locl_launch_in(&l, weight_names[owner], weights ? s->weight[owner] : NULL, weights);
        locl_launch_in(&l, bias_names[owner], biases ? s->bias[owner] : NULL, biases);
    }
    back_weight(&l, s, LOCL_LAYER_CHANNEL, "channel_back");
    back_weight(&l, s, LOCL_LAYER_GROUP, "group_back");
    locl_launch_out(&l, "packed", packed, packed_floats(s));
    sizes(&l, s);
    macros(cmd, &l, s);
    size_t mirrors = locl_block_way_guesses(s->way) ? packed_values(s) - parameters(s) : 0;
    locl_launch_cost(&l, 0, 4 * (double)(parameters(s) + mirrors + packed_values(s)));
    locl_launch_run(&l, 3, 1);
}

static void reduce(locl_command_buffer *cmd, const locl_block_step *s, const locl_tensor *sums, size_t slots)
{
    locl_launch l = locl_launch_begin(cmd, &locl_kernel_block_reduce);
    locl_launch_in(&l, "sums", sums, slots * sums_floats(s));
    for (int owner = 0; owner < LOCL_BLOCK_OWNERS; owner++) {
        size_t weights = weights_of(s, owner), biases = biases_of(s, owner);
        locl_launch_out(&l, weight_names[owner], weights ? s->weight_gradient[owner] : NULL, weights);
        locl_launch_out(&l, bias_names[owner], biases ? s->bias_gradient[owner] : NULL, biases);
    }
    locl_launch_u32(&l, "slots", slots);
    sizes(&l, s);
    macros(cmd, &l, s);
    locl_launch_cost(&l, (double)((slots - 1) * parameters(s)), 4 * (double)((slots + 1) * parameters(s)));
    locl_launch_run(&l, larger(locl_command_buffer_caps(cmd)->units, 1), 1);
}

static void draws(locl_launch *l, const locl_block_step *s)
{
    static const char *const given[] = {"given_token", "given_channel", "given_group"};
    static const char *const tag[] = {"token_tag", "channel_tag", "group_tag"};
    size_t tokens = s->batch * s->patches;
    const locl_perturbation *channel = &s->u[LOCL_LAYER_CHANNEL];
    bool estimates = locl_block_way_estimates(s->way),
         drawn = estimates && channel->source != LOCL_SOURCE_GIVEN;
    const size_t widths[] = {s->in, s->hidden, s->width};
    for (int layer = 0; layer < LOCL_LAYERS; layer++) {
        bool used =
            estimates && layer >= (int)s->first && (layer != LOCL_LAYER_GROUP || s->way == LOCL_WAY_ESTIMATE);
        const locl_perturbation *u = &s->u[layer];
        bool read = used && u->source == LOCL_SOURCE_GIVEN;
        locl_launch_in(l, given[layer],
                       read                  ? u->given
                       : estimates && !drawn ? channel->given
                                             : NULL,
                       read                  ? tokens * widths[layer]
                       : estimates && !drawn ? 1
                                             : 0);
        locl_launch_u32(l, tag[layer], used && drawn ? u->drawn.tag : 0);
    }
    locl_launch_first(l, "first_image", drawn ? channel->drawn.first_image : 0, 1);
    locl_launch_u64(l, "seed", drawn ? channel->drawn.seed : 0);
}

/* A product of the step: [m,k] x [k,n], of each of `batch` groups or images, transposed as the operands lie. */
static locl_gemm_shape product(size_t m, size_t n, size_t k, size_t batch)
{
    return (locl_gemm_shape){.m = m,
                             .n = n,
                             .k = k,
                             .lda = k * batch,
                             .ldb = n,
                             .ldc = n * batch,
                             .batch = batch,
                             .stride_a = k,
                             .stride_b = k * n,
                             .stride_c = n,
                             .sum = 1,
                             .alpha = 1};
}

static locl_gemm_shape gradient(size_t m, size_t n, size_t k, size_t batch)
{
    return (locl_gemm_shape){.ta = true,
                             .m = m,
                             .n = n,
                             .k = k,
                             .lda = m * batch,
                             .ldb = n * batch,
                             .ldc = n,
                             .batch = batch,
                             .stride_a = m,
                             .stride_b = n,
                             .stride_c = m * n,
                             .sum = 1,
                             .alpha = 1};
}

enum { MOST_PRODUCTS = 16 };

/* Adds the products of the forward pass: each layer's primal, the head's. */
static size_t forward_products(const locl_block_step *s, locl_gemm_shape out[MOST_PRODUCTS])
{
    size_t rows = s->batch * s->patches, image = s->patches * s->in, count = 0;
    if (has_token(s)) {
        out[count++] = (locl_gemm_shape){.ta = true,
                                         .m = s->patches,
                                         .n = s->in,
                                         .k = s->patches,
                                         .lda = s->patches,
                                         .ldb = s->in,
                                         .ldc = s->in,
                                         .batch = s->batch,
                                         .stride_b = image,
                                         .stride_c = image,
                                         .sum = 1,
                                         .alpha = 1};
    }
    out[count++] = product(rows, s->hidden, s->in, 1);
    out[count++] = product(rows, s->width / s->groups, s->hidden / s->groups, s->groups);
    out[count++] = product(s->batch, s->classes, s->width, 1);
    return count;
}

/* Adds those of tangents or the way back, for the group layer, and behind a token layer the channel layer; and of the
 * gradients. */
static size_t back_products(const locl_block_step *s, locl_gemm_shape *out)
{
    size_t rows = s->batch * s->patches, image = s->patches * s->in, count = 0;
    size_t in = s->hidden / s->groups, width = s->width / s->groups;
    bool tangent = locl_block_way_estimates(s->way);
    if (goes_through(s, LOCL_LAYER_CHANNEL)) {
        out[count++] = product(rows, s->in, s->hidden, 1);
    }
    if (has_token(s) && tangent) {
        out[count++] = product(rows, s->hidden, s->in, 1);
    }
    if (has_token(s)) {
        out[count++] = (locl_gemm_shape){.tb = true,
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
    }
    if (goes_through(s, LOCL_LAYER_GROUP)) {
        out[count++] = product(rows, in, width, s->groups);
    }
    if (tangent) {
        out[count++] = product(rows, width, in, s->groups);
    }
    out[count++] = gradient(s->in, s->hidden, rows, 1);
    out[count++] = gradient(in, width, rows, s->groups);
    out[count++] = gradient(s->width, s->classes, s->batch, 1);
    out[count++] = product(s->batch, s->width, s->classes, 1);
    return count;
}

/* Lists the products. Returns how many. */
static size_t products(const locl_block_step *s, locl_gemm_shape out[MOST_PRODUCTS])
{
    size_t count = forward_products(s, out);
    return s->way == LOCL_WAY_FORWARD ? count : count + back_products(s, out + count);
}

static double product_flops(const locl_block_step *s)
{
    locl_gemm_shape shape[MOST_PRODUCTS];
    double flops = 0;
    for (size_t i = products(s, shape); i-- > 0;) {
        flops += locl_gemm_flops(&shape[i]);
    }
    return flops;
}

/* FLOPs of a guess for each value of the layer's output: the map of the LN that it comes back through, its parts along
 * tangent and draws, its sum with what is left, and its own way through the LN before. */
static double guess_flops(const locl_block_step *s, int layer)
{
    bool next = layer == LOCL_LAYER_CHANNEL && goes_through(s, LOCL_LAYER_CHANNEL);
    if (layer == LOCL_LAYER_TOKEN && !goes_through(s, LOCL_LAYER_CHANNEL)) {
        return 0;
    }
    return 7 + 2 + 1 + (layer == LOCL_LAYER_CHANNEL && has_token(s) ? 2 : 0) + (next ? 2 + 7 : 0);
}

/* FLOPs for each value of a layer's output. LN takes 6 and its map 7; y of a map whose y is not there 2. */
static double layer_flops(const locl_block_step *s, int layer)
{
    bool group = layer == LOCL_LAYER_GROUP, tangent = locl_block_way_estimates(s->way),
         reached = tangent && layer > (int)s->first;
    bool estimated = tangent && (!group || s->way == LOCL_WAY_ESTIMATE);
    bool gaussian = estimated && s->u[layer].source == LOCL_SOURCE_GAUSSIAN;
    double forward =
        1 + 6 + (group && has_token(s) ? 1 : 0) + (reached ? 7 : 0) + (reached && estimated ? 1 : 0);
    double next = group ? 7 : 6 + (tangent ? 7 : 0); /* the head pools */
    double derivative = group && tangent ? 10 : 0;
    if (s->way == LOCL_WAY_FORWARD) {
        return forward + (group ? 7 : 6);
    }
    double back = 2 + 7 + 1 + (estimated ? 1 : group ? 9 : 7);
    if (locl_block_way_guesses(s->way) && !group) {
        back += guess_flops(s, layer);
    }
    return forward + next + derivative + back + (gaussian ? LOCL_DRAW_FLOPS : 0);
}

static double step_flops(const locl_block_step *s)
{
    double rows = (double)s->batch * (double)s->patches, each = 6 * (double)s->in;
    const size_t widths[] = {s->in, s->hidden, s->width};
    for (int layer = (int)s->first; layer < LOCL_LAYERS; layer++) {
        each += (double)widths[layer] * layer_flops(s, layer);
    }
    return product_flops(s) + rows * each;
}

static void run(locl_command_buffer *cmd, const locl_block_step *s, const locl_tensor *packed,
                const locl_tensor *sums, const locl_tensor *losses, const locl_tensor *wrong)
{
    tiling t = tiling_of(s, locl_command_buffer_caps(cmd));
    size_t tokens = s->batch * s->patches;
    const locl_tensor *scratch = locl_command_buffer_scratch(cmd, t.groups * t.slot, "tiles");
    locl_launch l = locl_launch_begin(cmd, &locl_kernel_block_step);
    locl_launch_in(&l, "x", s->x, tokens * s->in);
    locl_launch_in(&l, "labels", s->labels, s->batch);
    locl_launch_in(&l, "packed", packed, packed_floats(s));
    draws(&l, s);
    locl_launch_out(&l, "out", s->out, tokens * s->width);
    locl_launch_out(&l, "logits", s->logits, s->batch * s->classes);
    locl_launch_out(&l, "losses", losses, s->batch);
    locl_launch_out(&l, "wrong", wrong, s->batch);
    locl_launch_out(&l, "jvp", locl_block_way_estimates(s->way) ? s->jvp : NULL,
                    locl_block_way_estimates(s->way) ? tokens * s->groups : 0);
    locl_launch_out(&l, "sums", sums, t.groups * sums_floats(s));
    locl_launch_out(&l, "scratch", scratch, t.groups * t.slot);
    locl_launch_u32(&l, "batch", s->batch);
    locl_launch_u32(&l, "images", t.images);
    sizes(&l, s);
    locl_launch_u64(&l, "slot", t.slot);
    locl_launch_u32(&l, "plane", t.plane);
    macros(cmd, &l, s);
    locl_launch_cost(&l, step_flops(s), step_bytes(s, t.groups));
    locl_launch_run(&l, t.groups, 1);
}

void locl_block_step_record(locl_command_buffer *cmd, const locl_block_step *s)
{
    locl_arena *workspace = locl_command_buffer_workspace(cmd);
    locl_arena_mark mark = locl_arena_here(workspace);
    tiling t = tiling_of(s, locl_command_buffer_caps(cmd));
    const locl_tensor *packed = locl_command_buffer_scratch(cmd, packed_floats(s), "packed weights");
    size_t floats = t.groups * sums_floats(s);
    const locl_tensor *sums = floats ? locl_command_buffer_scratch(cmd, floats, "gradient sums") : NULL;
    const locl_tensor *losses = locl_command_buffer_scratch(cmd, s->batch, "losses");
    const locl_tensor *wrong = locl_command_buffer_scratch(cmd, s->batch, "wrong");
    locl_gemm_shape shape[MOST_PRODUCTS];
    for (size_t i = 0, count = products(s, shape); i < count; i++) {
        locl_gemm_note(cmd, &shape[i]);
    }
    pack(cmd, s, packed);
    run(cmd, s, packed, sums, losses, wrong);
    locl_loss_record(cmd, losses, wrong, s->metrics, s->record, s->batch);
    if (sums) {
        reduce(cmd, s, sums, t.groups);
    }
    locl_arena_back(workspace, mark);
}
