#include "ops/activation.h"
#include "check/case.h"
#include "ops/hadamard.h"

#include <string.h>

/* The first dimensions of all three; layer is a locl_layer, a token layer with more than one group is a
 * convolution (a bias for each channel); norm 1: LN, 2: neither LN nor bias. */
enum { LAYER, BATCH, PATCHES, GROUPS, WIDTH, NORM };
enum { NO_BIAS = 2 };

static locl_layer_shape shape_of(const locl_op_case *c)
{
    return (locl_layer_shape){.layer = (locl_layer)c->dim[LAYER],
                              .batch = c->dim[BATCH],
                              .patches = c->dim[PATCHES],
                              .groups = c->dim[GROUPS],
                              .width = c->dim[WIDTH],
                              .patch_bias = c->dim[LAYER] == LOCL_LAYER_TOKEN && c->dim[GROUPS] == 1,
                              .norm = c->dim[NORM] == 1};
}

/* Values of the bias. */
static size_t biases(const locl_layer_shape *s)
{
    return s->patch_bias ? s->patches : s->width;
}

/* Sizes of row i of z + b. */
static locl_row_size size_of(const locl_layer_shape *s, const float *z, const float *bias, size_t i)
{
    size_t n = locl_layer_n(s);
    const float *x = z + i * n;
    if (!bias) {
        return locl_row_size_of(x, NULL, 0, n, s->norm);
    }
    if (s->patch_bias) {
        return locl_row_size_of(x, bias + i % s->patches, 0, n, s->norm);
    }
    return locl_row_size_of(x, s->layer == LOCL_LAYER_GROUP ? bias + i % s->groups * n : bias, 1, n, s->norm);
}

/* A source of LOCL_SOURCE_HADAMARD K is one of K rows. */
static size_t hadamard_rows(size_t source)
{
    return source / LOCL_SOURCE_HADAMARD;
}

/* Tensor given + 1 has the signs, with rows of a Hadamard matrix. */
static locl_perturbation perturbation(const locl_op_case *c, size_t source, size_t given)
{
    if (hadamard_rows(source)) {
        return (locl_perturbation){
            .source = LOCL_SOURCE_HADAMARD,
            .hadamard = {.signs = locl_op_arg(c, given + 1), .rows = hadamard_rows(source)}};
    }
    if (source == LOCL_SOURCE_GIVEN) {
        return (locl_perturbation){.source = LOCL_SOURCE_GIVEN, .given = locl_op_arg(c, given)};
    }
    return (locl_perturbation){
        .source = (locl_noise_source)source,
        .drawn = {.seed = LOCL_OP_SEED, .tag = locl_draw_tag(LOCL_STREAM_NOISE, 0, 2, 1)}};
}

/* The perturbation's tensor: read by the device where it is given, else what the device should draw. */
static void add_noise(locl_op_case *c, size_t index, size_t source, size_t rows, size_t n)
{
    bool given = source == LOCL_SOURCE_GIVEN;
    locl_op_add(c, index, "u", given ? LOCL_OP_IN : LOCL_OP_HOST, given ? LOCL_FILL_TANGENT : LOCL_FILL_NONE,
                source == LOCL_SOURCE_NONE ? 0 : rows, n);
}

static void draw(locl_op_case *c, size_t index, size_t source, size_t tangents)
{
    locl_op_tensor *t = &c->t[index];
    if (source != LOCL_SOURCE_GAUSSIAN && source != LOCL_SOURCE_RADEMACHER) {
        return;
    }
    uint64_t count = t->rows * t->n / (tangents ? tangents : 1);
    for (uint32_t m = 0; m < tangents; m++) {
        locl_draw(source == LOCL_SOURCE_GAUSSIAN ? LOCL_NOISE_GAUSSIAN : LOCL_NOISE_RADEMACHER, LOCL_OP_SEED,
                  LOCL_OP_STEP, locl_draw_tag(LOCL_STREAM_NOISE, m, 2, 1), 0, count, t->in + m * count);
    }
}

/* [draws, rows, n] of a Hadamard matrix, as tensor `index`, and the signs that it is made with, the next one.
 */
static void add_hadamard(locl_op_case *c, size_t index, size_t source, size_t draws, size_t rows, size_t n)
{
    size_t k = hadamard_rows(source);
    locl_op_add(c, index, "u", LOCL_OP_HOST, LOCL_FILL_NONE, k ? draws * rows : 0, n);
    locl_op_add(c, index + 1, "signs", LOCL_OP_IN, LOCL_FILL_NONE, k ? (draws + k - 1) / k * rows : 0, n);
}

static void make_hadamard(locl_op_case *c, size_t index, size_t source, size_t width)
{
    size_t k = hadamard_rows(source);
    locl_op_tensor *u = &c->t[index], *signs = &c->t[index + 1];
    if (k) {
        size_t values = locl_layer_values(
            &(locl_layer_shape){.batch = c->dim[BATCH], .patches = c->dim[PATCHES], .width = c->dim[WIDTH]});
        locl_draw(LOCL_NOISE_RADEMACHER, LOCL_OP_SEED, 0, 0, 0, signs->rows * signs->n, signs->in);
        for (size_t i = 0; i < u->rows * u->n; i++) {
            size_t draw = i / values, element = i % values;
            u->in[i] = locl_hadamard(draw % k, element % width) * signs->in[draw / k * values + element];
        }
    }
}

/* activation_dual */
enum { Z, BIAS, DZ, X, DX, U, POST, DPOST, STATS, KEPT, DBIAS, MOVED };
enum { RESIDUAL = NORM + 1, WITH_DZ, NOISE, TANGENTS };
enum { DZ_AND_BIAS = 2, SHIFTED = 3, SHIFT_PASS = 1 }; /* SHIFT_PASS: any but 0 would do */

static const float epsilon = 0.17f; /* any would do */

static const size_t dual_shapes[][LOCL_OP_DIMS] = {
    /* layer, B, P, G, width, norm, residual (1: x, 2: and dx), dz (1: dz, 2: and the bias's, with one
     * tangent; 3: none, the primal moves by epsilon u, with no tangents), noise, tangents */
    {1, 1, 1, 1, 1, 1, 0, 1, 0, 1},      {0, 3, 5, 1, 17, 1, 0, 1, 1, 3},
    {1, 5, 4, 17, 68, 1, 2, 1, 2, 3},    {2, 3, 5, 7, 77, 1, 2, 1, 1, 3},
    {2, 2, 3, 1, 509, 1, 1, 1, 3, 1},    {2, 7, 4, 1, 68, 0, 2, 1, 1, 3},
    {2, 5, 3, 4, 64, 1, 2, 1, 1, 1},     {1, 3, 9, 1, 96, 1, 0, 1, 1, 0},
    {0, 2, 64, 16, 512, 1, 0, 0, 1, 1},  {1, 2, 64, 16, 512, 1, 0, 1, 2, 1},
    {2, 64, 64, 16, 512, 1, 2, 1, 1, 1}, {0, 3, 5, 1, 17, 1, 0, 2, 0, 1},
    {1, 5, 4, 17, 68, 1, 0, 2, 0, 1},    {2, 3, 5, 7, 77, 1, 2, 2, 0, 1},
    {2, 3, 5, 1, 17, 0, 1, 2, 0, 1},     {2, 3, 5, 7, 77, 1, 1, 3, 1, 0},
    {1, 5, 4, 17, 68, 1, 0, 3, 2, 0},    {0, 2, 3, 1, 509, 1, 0, 3, 3, 0},
    {2, 7, 4, 1, 68, 0, 1, 3, 1, 0},     {0, 7, 4, 1, 68, 2, 0, 1, 1, 3},
    {2, 3, 5, 7, 77, 2, 2, 1, 2, 1},     {1, 5, 4, 17, 68, 2, 0, 3, 1, 0},
};

/* What the reference, which knows neither, takes instead: dz plus the bias's tangent in place of dz, or x
 * plus epsilon u in place of x. */
static void move(locl_op_case *c)
{
    locl_layer_shape s = shape_of(c);
    size_t rows = locl_layer_rows(&s), n = locl_layer_n(&s);
    const float *dbias = c->t[DBIAS].in, *x = c->t[X].in, *dz = c->t[DZ].in, *u = c->t[U].in;
    for (size_t i = 0; c->t[MOVED].in && i < rows * n; i++) {
        size_t row = i / n, j = i % n;
        if (c->dim[WITH_DZ] == SHIFTED) {
            c->t[MOVED].in[i] = (x ? x[i] : 0.0f) + epsilon * u[SHIFT_PASS * rows * n + i];
        } else if (s.patch_bias) {
            c->t[MOVED].in[i] = dz[i] + dbias[row % s.patches];
        } else {
            c->t[MOVED].in[i] = dz[i] + dbias[s.layer == LOCL_LAYER_GROUP ? row % s.groups * n + j : j];
        }
    }
}

/* Draws of `u` that there are. */
static size_t draws_of(const locl_op_case *c)
{
    return c->dim[WITH_DZ] == SHIFTED ? SHIFT_PASS + 1 : c->dim[TANGENTS];
}

static void dual_lay_out(locl_op_case *c)
{
    locl_layer_shape s = shape_of(c);
    size_t rows = locl_layer_rows(&s), n = locl_layer_n(&s), tangents = c->dim[TANGENTS];
    locl_op_add(c, Z, "z", LOCL_OP_IN, LOCL_FILL_VALUES, rows, n);
    locl_op_add(c, BIAS, "bias", LOCL_OP_IN, LOCL_FILL_TANGENT, c->dim[NORM] != NO_BIAS, biases(&s));
    locl_op_add(c, DZ, "dz", LOCL_OP_IN, LOCL_FILL_TANGENT, c->dim[WITH_DZ] ? tangents * rows : 0, n);
    locl_op_add(c, DBIAS, "dbias", LOCL_OP_IN, LOCL_FILL_TANGENT, c->dim[WITH_DZ] == DZ_AND_BIAS, biases(&s));
    locl_op_add(c, MOVED, "moved", LOCL_OP_HOST, LOCL_FILL_NONE, c->dim[WITH_DZ] >= DZ_AND_BIAS ? rows : 0,
                n);
    locl_op_add(c, X, "x", LOCL_OP_IN, LOCL_FILL_VALUES, c->dim[RESIDUAL] ? rows : 0, n);
    locl_op_add(c, DX, "dx", LOCL_OP_IN, LOCL_FILL_TANGENT, c->dim[RESIDUAL] == 2 ? tangents * rows : 0, n);
    add_noise(c, U, c->dim[NOISE], draws_of(c) * rows, n);
    locl_op_add(c, POST, "post", LOCL_OP_OUT, LOCL_FILL_NONE, rows, n);
    locl_op_add(c, DPOST, "dpost", LOCL_OP_OUT, LOCL_FILL_NONE, tangents * rows, n);
    locl_op_add(c, STATS, "stats", LOCL_OP_OUT, LOCL_FILL_NONE, s.norm ? rows : 0, 2);
    c->t[DPOST].mask = POST;
    bool drawn = c->dim[NOISE] == LOCL_SOURCE_GAUSSIAN || c->dim[NOISE] == LOCL_SOURCE_RADEMACHER;
    bool keeps = drawn && s.layer != LOCL_LAYER_GROUP; /* with and without are both to be seen */
    locl_op_add(c, KEPT, "kept", LOCL_OP_OUT, LOCL_FILL_NONE, keeps ? tangents * rows : 0, n);
    c->t[KEPT].exact = n;
}

static void dual_derive(locl_op_case *c)
{
    draw(c, U, c->dim[NOISE], draws_of(c));
    move(c);
}

static void dual_record(const locl_op_case *c, locl_command_buffer *cmd)
{
    locl_activation a = {.shape = shape_of(c),
                         .z = locl_op_arg(c, Z),
                         .bias = locl_op_arg(c, BIAS),
                         .post = locl_op_arg(c, POST),
                         .stats = locl_op_arg(c, STATS)};
    locl_perturbation u = perturbation(c, c->dim[NOISE], U);
    const locl_tensor *dz = locl_op_arg(c, DZ), *dx = locl_op_arg(c, DX), *dpost = locl_op_arg(c, DPOST);
    locl_activation_motion motion = {.kind = LOCL_MOTION_NONE};
    if (c->dim[WITH_DZ] == SHIFTED) {
        u.pass = SHIFT_PASS;
        motion = (locl_activation_motion){.kind = LOCL_MOTION_SHIFT, .shift = {u, epsilon}};
    } else if (c->dim[WITH_DZ] == DZ_AND_BIAS) {
        motion = (locl_activation_motion){.kind = LOCL_MOTION_WEIGHT_TANGENT,
                                          .weight = {dz, dx, dpost, locl_op_arg(c, DBIAS)}};
    } else if (c->dim[TANGENTS]) {
        motion =
            (locl_activation_motion){.kind = LOCL_MOTION_ACTIVITY_TANGENT,
                                     .activity = {c->dim[TANGENTS], dz, dx, dpost, u, locl_op_arg(c, KEPT)}};
    }
    locl_activation_dual(cmd, &a, locl_op_arg(c, X), &motion);
}

static void dual_reference(locl_op_case *c)
{
    locl_layer_shape s = shape_of(c);
    size_t rows = locl_layer_rows(&s), n = locl_layer_n(&s);
    const float *dz = c->t[DZ].in, *x = c->t[X].in, *dx = c->t[DX].in, *u = c->t[U].in;
    const float *to = c->dim[WITH_DZ] == SHIFTED ? c->t[MOVED].in : NULL,
                *dto = c->dim[WITH_DZ] == DZ_AND_BIAS ? c->t[MOVED].in : NULL;
    locl_activation_dual_ref(&s, c->t[Z].in, c->t[BIAS].in, dto ? dto : dz, to ? to : x, dx, u,
                             c->dim[TANGENTS], c->t[POST].want, c->t[DPOST].want, c->t[STATS].want);
    if (c->t[KEPT].want) {
        memcpy(c->t[KEPT].want, u, c->dim[TANGENTS] * rows * n * sizeof *u);
    }
    for (size_t i = 0; i < rows; i++) {
        locl_row_size size = size_of(&s, c->t[Z].in, c->t[BIAS].in, i);
        locl_row_set(c->t[POST].scale + i * n, n,
                     size.y + locl_row_largest(x ? x + i * n : NULL, n) +
                         locl_row_largest(to ? to + i * n : NULL, n));
        if (s.norm) {
            c->t[STATS].scale[2 * i] = size.value;
            c->t[STATS].scale[2 * i + 1] = size.map;
        }
        for (size_t m = 0; m < c->dim[TANGENTS]; m++) {
            size_t at = (m * rows + i) * n;
            locl_row_set(c->t[DPOST].scale + at, n,
                         size.map * (locl_row_largest(dz ? dz + at : NULL, n) +
                                     locl_row_largest(dto ? dto + at : NULL, n)) +
                             locl_row_largest(dx ? dx + at : NULL, n) +
                             locl_row_largest(u ? u + at : NULL, n));
        }
    }
}

const locl_op locl_op_activation_dual = {
    .name = "activation_dual",
    .dims = "layer,batch,patches,groups,width,norm,residual,dz,noise,tangents",
    .tolerance = 1e-5,
    .lay_out = dual_lay_out,
    .derive = dual_derive,
    .record = dual_record,
    .reference = dual_reference,
    LOCL_OP_SHAPES(dual_shapes)};

/* Both ways back: what they share. */
enum {
    BACK_Z,
    BACK_BIAS,
    BACK_X,
    BACK_POST,
    BACK_STATS,
    BACK_Q,
    BACK_T,
    BACK_DL,
    BACK_U,
    BACK_SIGNS,
    BACK_LOSSES
};

static void back_lay_out(locl_op_case *c, bool in_place)
{
    locl_layer_shape s = shape_of(c);
    size_t rows = locl_layer_rows(&s), n = locl_layer_n(&s);
    locl_op_add(c, BACK_Z, "z", LOCL_OP_IN, LOCL_FILL_VALUES, rows, n);
    locl_op_add(c, BACK_BIAS, "bias", LOCL_OP_IN, LOCL_FILL_TANGENT, c->dim[NORM] != NO_BIAS, biases(&s));
    locl_op_add(c, BACK_X, "x", LOCL_OP_HOST, LOCL_FILL_VALUES, rows, n);
    locl_op_add(c, BACK_POST, "post", LOCL_OP_IN, LOCL_FILL_NONE, rows, n);
    locl_op_add(c, BACK_STATS, "stats", LOCL_OP_IN, LOCL_FILL_NONE, s.norm ? rows : 0, 2);
    locl_op_add(c, BACK_Q, "q", in_place ? LOCL_OP_IN_OUT : LOCL_OP_OUT, LOCL_FILL_TANGENT, rows, n);
}

static void back_derive(locl_op_case *c)
{
    locl_layer_shape s = shape_of(c);
    locl_activation_dual_ref(&s, c->t[BACK_Z].in, c->t[BACK_BIAS].in, NULL, c->t[BACK_X].in, NULL, NULL, 0,
                             c->t[BACK_POST].in, NULL, c->t[BACK_STATS].in);
}

static locl_activation back_activation(const locl_op_case *c)
{
    return (locl_activation){.shape = shape_of(c),
                             .z = locl_op_arg(c, BACK_Z),
                             .bias = locl_op_arg(c, BACK_BIAS),
                             .post = locl_op_arg(c, BACK_POST),
                             .stats = locl_op_arg(c, BACK_STATS)};
}

/* activation_dual, as activation_tangents: of a layer whose primal ran. */
enum { ALONE_DZ = BACK_Q + 1, ALONE_U, ALONE_SIGNS, ALONE_DPOST };
enum { ALONE_WITH_DZ = NORM + 1, ALONE_NOISE, FIRST, ALONE_TANGENTS };

static const size_t alone_shapes[][LOCL_OP_DIMS] = {
    /* layer, B, P, G, width, norm, dz, noise (4 K: K rows of a Hadamard matrix), first draw, tangents */
    {1, 1, 1, 1, 1, 1, 0, 4, 0, 1},       {1, 3, 5, 7, 77, 1, 0, 4 * 16, 3, 5},
    {1, 5, 4, 17, 68, 0, 0, 4 * 3, 2, 3}, {1, 3, 3, 2, 128, 2, 0, 4 * 64, 60, 4},
    {1, 3, 3, 3, 96, 1, 0, 4 * 2, 1, 4},  {1, 2, 64, 16, 512, 1, 0, 4 * 32, 4, 4},
    {1, 3, 5, 1, 17, 1, 0, 3, 2, 3},      {2, 3, 5, 7, 77, 1, 1, 0, 0, 3},
    {2, 5, 4, 17, 68, 2, 1, 0, 0, 4},     {2, 64, 64, 16, 512, 1, 1, 0, 0, 1},
    {1, 3, 5, 1, 17, 1, 1, 0, 0, 3},
};

static void alone_lay_out(locl_op_case *c)
{
    locl_layer_shape s = shape_of(c);
    size_t rows = locl_layer_rows(&s), n = locl_layer_n(&s), tangents = c->dim[ALONE_TANGENTS];
    size_t draws = c->dim[FIRST] + tangents;
    back_lay_out(c, false);
    c->t[BACK_Q] = (locl_op_tensor){.use = LOCL_OP_ABSENT};
    locl_op_add(c, ALONE_DZ, "dz", LOCL_OP_IN, LOCL_FILL_TANGENT, c->dim[ALONE_WITH_DZ] * tangents * rows, n);
    if (hadamard_rows(c->dim[ALONE_NOISE])) {
        add_hadamard(c, ALONE_U, c->dim[ALONE_NOISE], draws, rows, n);
    } else {
        add_noise(c, ALONE_U, c->dim[ALONE_NOISE], draws * rows, n);
    }
    locl_op_add(c, ALONE_DPOST, "dpost", LOCL_OP_OUT, LOCL_FILL_NONE, tangents * rows, n);
}

static void alone_derive(locl_op_case *c)
{
    back_derive(c);
    draw(c, ALONE_U, c->dim[ALONE_NOISE], c->dim[FIRST] + c->dim[ALONE_TANGENTS]);
    make_hadamard(c, ALONE_U, c->dim[ALONE_NOISE], c->dim[WIDTH] / c->dim[GROUPS]);
}

static void alone_record(const locl_op_case *c, locl_command_buffer *cmd)
{
    locl_activation a = back_activation(c);
    locl_perturbation u = perturbation(c, c->dim[ALONE_NOISE], ALONE_U);
    u.pass = (uint32_t)c->dim[FIRST];
    locl_activation_tangents(cmd, &a, locl_op_arg(c, ALONE_DZ), &u, c->dim[ALONE_TANGENTS],
                             locl_op_arg(c, ALONE_DPOST));
}

/* The reference makes the primal too: what it gives there is checked with activation_dual. */
static void alone_reference(locl_op_case *c)
{
    locl_layer_shape s = shape_of(c);
    size_t rows = locl_layer_rows(&s), n = locl_layer_n(&s);
    const float *dz = c->t[ALONE_DZ].in, *u = c->t[ALONE_U].in;
    u = u ? u + c->dim[FIRST] * rows * n : NULL;
    locl_activation_dual_ref(&s, c->t[BACK_Z].in, c->t[BACK_BIAS].in, dz, c->t[BACK_X].in, NULL, u,
                             c->dim[ALONE_TANGENTS], c->t[BACK_POST].in, c->t[ALONE_DPOST].want, NULL);
    for (size_t i = 0; i < rows; i++) {
        locl_row_size size = size_of(&s, c->t[BACK_Z].in, c->t[BACK_BIAS].in, i);
        for (size_t m = 0; m < c->dim[ALONE_TANGENTS]; m++) {
            size_t at = (m * rows + i) * n;
            locl_row_set(c->t[ALONE_DPOST].scale + at, n,
                         size.map * locl_row_largest(dz ? dz + at : NULL, n) +
                             locl_row_largest(u ? u + at : NULL, n));
        }
    }
}

const locl_op locl_op_activation_tangents = {
    .name = "activation_tangents",
    .dims = "layer,batch,patches,groups,width,norm,dz,noise,first,tangents",
    .tolerance = 1e-5,
    .lay_out = alone_lay_out,
    .derive = alone_derive,
    .record = alone_record,
    .reference = alone_reference,
    LOCL_OP_SHAPES(alone_shapes)};

/* activation_vjp */
enum { IN_PLACE = NORM + 1 };

static const size_t vjp_shapes[][LOCL_OP_DIMS] = {
    /* layer, B, P, G, width, norm, in_place */
    {1, 1, 1, 1, 1, 1, 0},      {0, 3, 5, 1, 17, 1, 1}, {1, 5, 4, 17, 68, 0, 0}, {2, 3, 5, 7, 77, 1, 0},
    {2, 3, 5, 5, 80, 1, 1},     {1, 3, 9, 1, 96, 1, 0}, {2, 2, 3, 1, 509, 1, 1}, {0, 2, 64, 16, 512, 1, 0},
    {2, 64, 64, 16, 512, 1, 1}, {2, 3, 5, 5, 80, 2, 1},
};

static void vjp_lay_out(locl_op_case *c)
{
    locl_layer_shape s = shape_of(c);
    back_lay_out(c, c->dim[IN_PLACE]);
    locl_op_add(c, BACK_T, "t", LOCL_OP_IN, LOCL_FILL_TANGENT, c->dim[IN_PLACE] ? 0 : locl_layer_rows(&s),
                locl_layer_n(&s));
}

static size_t vjp_t(const locl_op_case *c)
{
    return c->dim[IN_PLACE] ? BACK_Q : BACK_T;
}

static void vjp_record(const locl_op_case *c, locl_command_buffer *cmd)
{
    locl_activation a = back_activation(c);
    locl_activation_vjp(cmd, &a, locl_op_arg(c, vjp_t(c)), locl_op_arg(c, BACK_Q));
}

static void vjp_reference(locl_op_case *c)
{
    locl_layer_shape s = shape_of(c);
    size_t n = locl_layer_n(&s);
    const float *t = c->t[vjp_t(c)].in;
    locl_activation_vjp_ref(&s, c->t[BACK_Z].in, c->t[BACK_BIAS].in, c->t[BACK_POST].in, t,
                            c->t[BACK_Q].want);
    for (size_t i = 0; i < locl_layer_rows(&s); i++) {
        locl_row_size size = size_of(&s, c->t[BACK_Z].in, c->t[BACK_BIAS].in, i);
        locl_row_set(c->t[BACK_Q].scale + i * n, n, size.map * locl_row_largest(t + i * n, n));
    }
}

const locl_op locl_op_activation_vjp = {.name = "activation_vjp",
                                        .dims = "layer,batch,patches,groups,width,norm,in_place",
                                        .tolerance = 1e-5,
                                        .lay_out = vjp_lay_out,
                                        .derive = back_derive,
                                        .record = vjp_record,
                                        .reference = vjp_reference,
                                        LOCL_OP_SHAPES(vjp_shapes)};

/* activation_vjp, as the activity-perturbed estimate */
enum { LP = NORM + 1, LG, BACK_NOISE, BACK_TANGENTS, SIDE };

static const size_t estimate_shapes[][LOCL_OP_DIMS] = {
    /* layer, B, P, G, width, norm, lp, lg, noise (4 K: K rows of a Hadamard matrix), tangents, how many of
     * these side by side (0: 1) */
    {1, 1, 1, 1, 1, 1, 1, 1, 1, 1},
    {0, 3, 5, 1, 17, 1, 5, 1, 1, 3},
    {0, 3, 5, 7, 77, 1, 5, 7, 1, 1},
    {1, 3, 5, 7, 77, 1, 5, 7, 1, 3},
    {2, 3, 5, 7, 77, 1, 5, 7, 2, 3},
    {2, 5, 4, 17, 68, 0, 1, 17, 1, 1},
    {1, 5, 4, 17, 68, 1, 4, 1, 3, 3},
    {0, 5, 4, 5, 80, 1, 1, 5, 1, 1},
    {1, 5, 3, 3, 96, 1, 1, 3, 1, 1},
    {1, 3, 3, 2, 128, 1, 1, 1, 2, 1},
    {0, 2, 64, 16, 512, 1, 64, 16, 1, 1},
    {1, 64, 64, 16, 512, 1, 64, 16, 1, 1},
    {2, 2, 64, 16, 512, 1, 64, 16, 1, 2},
    {1, 5, 4, 17, 68, 2, 4, 17, 1, 1},
    {1, 3, 5, 7, 77, 1, 5, 7, 4 * 16, 32, 16},
    {1, 5, 4, 17, 68, 1, 4, 1, 4 * 3, 6, 3},
    {1, 3, 3, 2, 128, 1, 1, 2, 4 * 64, 64, 64},
    {1, 3, 3, 3, 96, 0, 1, 3, 4 * 5, 5, 5},
    {1, 64, 64, 16, 512, 1, 64, 16, 4 * 8, 8, 8},
    {1, 3, 5, 7, 77, 1, 5, 7, 3, 6, 3},
    {0, 3, 5, 7, 77, 1, 5, 7, 1, 4, 2},
};

static void estimate_lay_out(locl_op_case *c)
{
    locl_layer_shape s = shape_of(c);
    size_t tangents = c->dim[BACK_TANGENTS];
    back_lay_out(c, false);
    locl_op_add(c, BACK_DL, "dl", LOCL_OP_IN, LOCL_FILL_TANGENT, tangents * s.batch * c->dim[LP], c->dim[LG]);
    locl_op_add(c, BACK_LOSSES, "losses", LOCL_OP_HOST, LOCL_FILL_NONE, tangents * s.batch * c->dim[LP],
                c->dim[LG]);
    if (hadamard_rows(c->dim[BACK_NOISE])) {
        add_hadamard(c, BACK_U, c->dim[BACK_NOISE], tangents, locl_layer_rows(&s), locl_layer_n(&s));
    } else {
        add_noise(c, BACK_U, c->dim[BACK_NOISE], tangents * locl_layer_rows(&s), locl_layer_n(&s));
    }
}

static size_t side_of(const locl_op_case *c)
{
    return c->dim[SIDE] ? c->dim[SIDE] : 1;
}

/* The losses as the reference takes them, one tangent after another. */
static void estimate_derive(locl_op_case *c)
{
    size_t each = c->dim[BATCH] * c->dim[LP] * c->dim[LG], side = side_of(c);
    for (size_t i = 0; i < c->dim[BACK_TANGENTS] * each; i++) {
        size_t m = i / each;
        c->t[BACK_LOSSES].in[i] = c->t[BACK_DL].in[(m / side * each + i % each) * side + m % side];
    }
    back_derive(c);
    draw(c, BACK_U, c->dim[BACK_NOISE], c->dim[BACK_TANGENTS]);
    make_hadamard(c, BACK_U, c->dim[BACK_NOISE], c->dim[WIDTH] / c->dim[GROUPS]);
}

static void estimate_record(const locl_op_case *c, locl_command_buffer *cmd)
{
    locl_activation a = back_activation(c);
    locl_estimate e = {.dl = locl_op_arg(c, BACK_DL),
                       .lp = c->dim[LP],
                       .lg = c->dim[LG],
                       .tangents = c->dim[BACK_TANGENTS],
                       .side = side_of(c),
                       .u = perturbation(c, c->dim[BACK_NOISE], BACK_U)};
    locl_activation_estimate(cmd, &a, &e, locl_op_arg(c, BACK_Q));
}

static void estimate_reference(locl_op_case *c)
{
    locl_layer_shape s = shape_of(c);
    size_t n = locl_layer_n(&s), lg = c->dim[LG];
    const locl_op_tensor *dl = &c->t[BACK_DL];
    locl_activation_estimate_ref(&s, c->t[BACK_Z].in, c->t[BACK_BIAS].in, c->t[BACK_POST].in,
                                 c->t[BACK_LOSSES].in, c->dim[LP], lg, c->t[BACK_U].in, c->dim[BACK_TANGENTS],
                                 c->t[BACK_Q].want);
    double largest = locl_row_largest(dl->in, dl->rows * dl->n) *
                     locl_row_largest(c->t[BACK_U].in, c->t[BACK_U].rows * n) / (double)s.batch;
    for (size_t i = 0; i < locl_layer_rows(&s); i++) {
        locl_row_size size = size_of(&s, c->t[BACK_Z].in, c->t[BACK_BIAS].in, i);
        locl_row_set(c->t[BACK_Q].scale + i * n, n, size.map * largest);
    }
}

const locl_op locl_op_activation_estimate = {
    .name = "activation_estimate",
    .dims = "layer,batch,patches,groups,width,norm,lp,lg,noise,tangents,side",
    .tolerance = 1e-5,
    .lay_out = estimate_lay_out,
    .derive = estimate_derive,
    .record = estimate_record,
    .reference = estimate_reference,
    LOCL_OP_SHAPES(estimate_shapes)};
