#include "check/activation_case.h"

#include "ops/hadamard.h"

#include <string.h>

locl_layer_shape locl_act_shape(const locl_op_case *c)
{
    return (locl_layer_shape){.layer = (locl_layer)c->dim[LAYER],
                              .batch = c->dim[BATCH],
                              .patches = c->dim[PATCHES],
                              .groups = c->dim[GROUPS],
                              .width = c->dim[WIDTH],
                              .patch_bias = c->dim[LAYER] == LOCL_LAYER_TOKEN && c->dim[GROUPS] == 1,
                              .norm = c->dim[NORM] == 1};
}

const char *locl_act_refuses(const size_t *dim)
{
    return dim[WIDTH] % dim[GROUPS] ? "D is no multiple of G" : NULL;
}

size_t locl_act_biases(const locl_layer_shape *s)
{
    return s->patch_bias ? s->patches : s->width;
}

locl_row_size locl_act_size(const locl_layer_shape *s, const float *z, const float *bias, size_t i)
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

size_t locl_act_source(const locl_op_case *c, size_t noise, size_t order)
{
    return c->dim[noise] == LOCL_SOURCE_HADAMARD ? c->dim[order] * LOCL_SOURCE_HADAMARD : c->dim[noise];
}

/* Returns K of a source with rows of a Hadamard matrix, 0 of any other. */
static size_t hadamard_rows(size_t source)
{
    return source / LOCL_SOURCE_HADAMARD;
}

locl_perturbation locl_act_perturbation(const locl_op_case *c, size_t source, size_t given)
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

void locl_act_add_noise(locl_op_case *c, size_t index, size_t source, size_t draws, size_t rows, size_t n)
{
    if (source == LOCL_SOURCE_NONE) {
        return;
    }
    bool given = source == LOCL_SOURCE_GIVEN;
    size_t k = hadamard_rows(source);
    locl_op_add(c, index, "u", given ? LOCL_OP_IN : LOCL_OP_HOST, given ? LOCL_FILL_TANGENT : LOCL_FILL_NONE,
                draws * rows, n);
    if (k) {
        locl_op_add(c, index + 1, "signs", LOCL_OP_IN, LOCL_FILL_NONE, (draws + k - 1) / k * rows, n);
    }
}

static void make_hadamard(locl_op_case *c, size_t index, size_t k)
{
    locl_op_tensor *u = &c->t[index], *signs = &c->t[index + 1];
    size_t width = c->dim[WIDTH] / c->dim[GROUPS];
    size_t values = locl_layer_values(
        &(locl_layer_shape){.batch = c->dim[BATCH], .patches = c->dim[PATCHES], .width = c->dim[WIDTH]});
    locl_draw(LOCL_NOISE_RADEMACHER, LOCL_OP_SEED, 0, 0, 0, signs->rows * signs->n, signs->in);
    for (size_t i = 0; i < u->rows * u->n; i++) {
        size_t draw = i / values, element = i % values;
        u->in[i] = locl_hadamard(draw % k, element % width) * signs->in[draw / k * values + element];
    }
}

void locl_act_draw(locl_op_case *c, size_t index, size_t source, size_t draws)
{
    locl_op_tensor *t = &c->t[index];
    if (hadamard_rows(source)) {
        make_hadamard(c, index, hadamard_rows(source));
        return;
    }
    if (source != LOCL_SOURCE_GAUSSIAN && source != LOCL_SOURCE_RADEMACHER) {
        return;
    }
    uint64_t count = t->rows * t->n / (draws ? draws : 1);
    for (uint32_t m = 0; m < draws; m++) {
        locl_draw(source == LOCL_SOURCE_GAUSSIAN ? LOCL_NOISE_GAUSSIAN : LOCL_NOISE_RADEMACHER, LOCL_OP_SEED,
                  LOCL_OP_STEP, locl_draw_tag(LOCL_STREAM_NOISE, m, 2, 1), 0, count, t->in + m * count);
    }
}

/* activation_dual */
enum { Z, BIAS, DZ, X, DX, U, POST, DPOST, STATS, KEPT, DBIAS, MOVED };
enum { RESIDUAL = NORM + 1, WITH_DZ, NOISE, TANGENTS, WITH_KEPT, HALVES };
enum { DZ_AND_BIAS = 2, SHIFTED = 3, SHIFT_PASS = 1 }; /* SHIFT_PASS may be any but 0 */

static const float epsilon = 0.17f; /* any would do */

static const char *const dual_shapes[] = {
    "layer=channel B=1 P=1 G=1 D=1 norm=yes residual=no dz=yes noise=none tangents=1",
    "layer=token B=3 P=5 G=1 D=17 norm=yes residual=no dz=yes noise=gaussian tangents=3 kept=yes",
    "layer=channel B=5 P=4 G=17 D=68 norm=yes residual=both dz=yes noise=rademacher tangents=3 kept=yes",
    "layer=group B=3 P=5 G=7 D=77 norm=yes residual=both dz=yes noise=gaussian tangents=3",
    "layer=group B=2 P=3 G=1 D=509 norm=yes residual=x dz=yes noise=given tangents=1",
    "layer=group B=7 P=4 G=1 D=68 norm=no residual=both dz=yes noise=gaussian tangents=3",
    "layer=group B=5 P=3 G=4 D=64 norm=yes residual=both dz=yes noise=gaussian tangents=1",
    "layer=channel B=3 P=9 G=1 D=96 norm=yes residual=no dz=yes noise=gaussian",
    "layer=token B=2 P=64 G=16 D=512 norm=yes residual=no dz=no noise=gaussian tangents=1 kept=yes",
    "layer=channel B=2 P=64 G=16 D=512 norm=yes residual=no dz=yes noise=rademacher tangents=1 kept=yes",
    "layer=token B=3 P=5 G=1 D=17 norm=yes residual=no dz=bias noise=none tangents=1",
    "layer=channel B=5 P=4 G=17 D=68 norm=yes residual=no dz=bias noise=none tangents=1",
    "layer=group B=3 P=5 G=7 D=77 norm=yes residual=both dz=bias noise=none tangents=1",
    "layer=group B=3 P=5 G=1 D=17 norm=no residual=x dz=bias noise=none tangents=1",
    "layer=group B=3 P=5 G=7 D=77 norm=yes residual=x dz=shift noise=gaussian",
    "layer=channel B=5 P=4 G=17 D=68 norm=yes residual=no dz=shift noise=rademacher",
    "layer=token B=2 P=3 G=1 D=509 norm=yes residual=no dz=shift noise=given",
    "layer=group B=7 P=4 G=1 D=68 norm=no residual=x dz=shift noise=gaussian",
    "layer=token B=7 P=4 G=1 D=68 norm=bare residual=no dz=yes noise=gaussian tangents=3 kept=yes",
    "layer=group B=3 P=5 G=7 D=77 norm=bare residual=both dz=yes noise=rademacher tangents=1",
    "layer=channel B=5 P=4 G=17 D=68 norm=bare residual=no dz=shift noise=gaussian",
    "layer=token B=3 P=5 G=1 D=17 norm=yes noise=gaussian tangents=3 halves=yes",
    "layer=group B=3 P=5 G=7 D=77 norm=yes residual=x dz=yes noise=gaussian tangents=3 halves=yes",
    "layer=channel B=5 P=4 G=17 D=68 norm=yes dz=yes noise=rademacher tangents=3 halves=yes",
    "layer=group B=5 P=3 G=4 D=64 norm=yes residual=x dz=yes noise=given tangents=1 halves=yes",
    "layer=channel B=3 P=9 G=1 D=96 norm=yes dz=yes halves=yes",
    "layer=group B=64 P=64 G=16 D=512 norm=yes residual=both dz=yes noise=gaussian tangents=1",
};

/* The forms of src/kernels/activation.c, one by one. A token layer has a bias for each patch, the others have
 * one for each channel. */
static const char *const dual_covers[] = {
    "layer=token|channel B=3 P=5 G=1 D=21 norm=no|yes|bare",
    "layer=group B=3 P=5 G=3 D=21 norm=no|yes|bare residual=x",
    "layer=token|channel G=1 D=21 norm=no|yes|bare dz=no|yes noise=gaussian tangents=2 kept=no|yes",
    "layer=token|channel G=1 D=21 norm=no|yes|bare dz=no|yes noise=rademacher tangents=2 kept=no|yes",
    "layer=token|channel B=3 P=5 G=1 D=21 norm=no|yes|bare dz=no|yes noise=given tangents=2",
    "layer=channel B=3 P=5 G=1 D=21 norm=no|yes|bare dz=yes tangents=2",
    "layer=group B=3 P=5 G=3 D=21 norm=no|yes|bare residual=x|both dz=yes noise=none|given tangents=2",
    "layer=group G=3 D=21 norm=no|yes|bare residual=x|both dz=yes noise=gaussian tangents=2 kept=no|yes",
    "layer=group G=3 D=21 norm=no|yes|bare residual=x|both dz=yes noise=rademacher tangents=2 kept=no|yes",
    "layer=token|channel B=3 P=5 G=1 D=21 norm=no|yes dz=bias tangents=1",
    "layer=group B=3 P=5 G=3 D=21 norm=no|yes residual=x|both dz=bias tangents=1",
    "layer=token|channel B=3 P=5 G=1 D=21 norm=no|yes|bare dz=shift noise=gaussian|rademacher|given",
    "layer=group B=3 P=5 G=3 D=21 norm=no|yes|bare residual=x dz=shift noise=gaussian|rademacher|given",
    "layer=token|channel B=3 P=5 G=1 D=21 norm=no|yes halves=yes",
    "layer=group B=3 P=5 G=3 D=21 norm=no|yes residual=x halves=yes",
    "layer=token|channel G=1 D=21 norm=no|yes noise=gaussian|rademacher|given tangents=2 halves=yes",
    ("layer=channel B=3 P=5 G=1 D=21 norm=no|yes dz=yes noise=none|gaussian|rademacher|given tangents=2 "
     "halves=yes"),
    ("layer=group G=3 D=21 norm=no|yes residual=x dz=yes noise=none|gaussian|rademacher|given tangents=2 "
     "halves=yes"),
};

/* Prepares the reference's inputs. The reference knows neither a bias's tangent nor a shift, so dz plus the
 * bias's tangent stands for dz, and x plus epsilon u for x. */
static void move(locl_op_case *c)
{
    locl_layer_shape s = locl_act_shape(c);
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

/* Returns the number of draws of `u` that there are. */
static size_t draws_of(const locl_op_case *c)
{
    return c->dim[WITH_DZ] == SHIFTED ? SHIFT_PASS + 1 : c->dim[TANGENTS];
}

static bool is_drawn(size_t noise)
{
    return noise == LOCL_SOURCE_GAUSSIAN || noise == LOCL_SOURCE_RADEMACHER;
}

static const char *dual_refuses(const size_t *dim)
{
    bool shifted = dim[WITH_DZ] == SHIFTED, with_bias = dim[WITH_DZ] == DZ_AND_BIAS;
    return shifted && (dim[TANGENTS] || !dim[NOISE]) ? "dz=shift takes noise and no tangents"
           : with_bias && dim[TANGENTS] != 1         ? "dz=bias takes one tangent"
           : with_bias && dim[NORM] == NO_BIAS       ? "dz=bias takes a bias"
           : dim[WITH_KEPT] && (!is_drawn(dim[NOISE]) || !dim[TANGENTS])
               ? "kept=yes takes noise that is drawn, and tangents"
           : dim[HALVES] &&
                   (dim[NORM] == NO_BIAS || dim[RESIDUAL] == 2 || dim[WITH_KEPT] || shifted || with_bias)
               ? "halves=yes takes a bias, and neither dx nor what is kept, shifted or of weights"
           : dim[HALVES] && dim[LAYER] == LOCL_LAYER_TOKEN && dim[WITH_DZ]
               ? "halves=yes takes token layers that come first"
           : dim[RESIDUAL] == 2 && !dim[TANGENTS] ? "residual=both takes tangents"
                                                  : locl_act_refuses(dim);
}

static void dual_lay_out(locl_op_case *c)
{
    locl_layer_shape s = locl_act_shape(c);
    size_t rows = locl_layer_rows(&s), n = locl_layer_n(&s), tangents = c->dim[TANGENTS];
    locl_op_add(c, Z, "z", LOCL_OP_IN, LOCL_FILL_VALUES, rows, n);
    locl_op_add(c, BIAS, "bias", LOCL_OP_IN, LOCL_FILL_TANGENT, c->dim[NORM] != NO_BIAS, locl_act_biases(&s));
    locl_op_add(c, DZ, "dz", LOCL_OP_IN, LOCL_FILL_TANGENT, c->dim[WITH_DZ] ? tangents * rows : 0, n);
    locl_op_add(c, DBIAS, "dbias", LOCL_OP_IN, LOCL_FILL_TANGENT, c->dim[WITH_DZ] == DZ_AND_BIAS,
                locl_act_biases(&s));
    locl_op_add(c, MOVED, "moved", LOCL_OP_HOST, LOCL_FILL_NONE, c->dim[WITH_DZ] >= DZ_AND_BIAS ? rows : 0,
                n);
    locl_op_add(c, X, "x", LOCL_OP_IN, LOCL_FILL_VALUES, c->dim[RESIDUAL] ? rows : 0, n);
    locl_op_add(c, DX, "dx", LOCL_OP_IN, LOCL_FILL_TANGENT, c->dim[RESIDUAL] == 2 ? tangents * rows : 0, n);
    locl_act_add_noise(c, U, c->dim[NOISE], draws_of(c), rows, n);
    locl_op_add(c, POST, "post", LOCL_OP_OUT, LOCL_FILL_NONE, rows, n);
    locl_op_add(c, DPOST, "dpost", LOCL_OP_OUT, LOCL_FILL_NONE, tangents * rows, n);
    locl_op_add(c, STATS, "stats", LOCL_OP_OUT, LOCL_FILL_NONE, s.norm ? rows : 0, 2);
    c->t[DPOST].mask = POST;
    locl_op_add(c, KEPT, "kept", LOCL_OP_OUT, LOCL_FILL_NONE, c->dim[WITH_KEPT] * tangents * rows, n);
    c->t[KEPT].exact = n;
    const size_t stored[] = {Z, DZ, X, POST, DPOST};
    for (size_t i = 0; i < LOCL_OP_COUNT(stored); i++) {
        locl_op_store(c, stored[i], c->dim[HALVES]);
    }
}

static void dual_derive(locl_op_case *c)
{
    locl_act_draw(c, U, c->dim[NOISE], draws_of(c));
    move(c);
}

static void dual_record(const locl_op_case *c, locl_command_buffer *cmd)
{
    locl_activation a = {.shape = locl_act_shape(c),
                         .z = locl_op_arg(c, Z),
                         .bias = locl_op_arg(c, BIAS),
                         .post = locl_op_arg(c, POST),
                         .stats = locl_op_arg(c, STATS)};
    locl_perturbation u = locl_act_perturbation(c, c->dim[NOISE], U);
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
    locl_layer_shape s = locl_act_shape(c);
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
        locl_row_size size = locl_act_size(&s, c->t[Z].in, c->t[BIAS].in, i);
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

double locl_act_draw_flops(const locl_op_case *c, size_t noise)
{
    return c->dim[noise] == LOCL_SOURCE_GAUSSIAN ? 4 : 0;
}

/* Returns the cost. Of the primal: bias 1, LN 6, residual 1, shift epsilon u 2 and its draw. Of a tangent:
 * its draw, LN's map 7, and 1 each for a bias's tangent added to dz, the perturbation and the residual's
 * tangent. Of given noise a shift reads one draw. */
static locl_op_cost dual_cost(const locl_op_case *c, const locl_caps *caps)
{
    (void)caps;
    size_t dz = c->dim[WITH_DZ];
    bool norm = c->dim[NORM] == 1, noise = c->dim[NOISE] != LOCL_SOURCE_NONE;
    double draw = locl_act_draw_flops(c, NOISE);
    double primal =
        (c->dim[NORM] != NO_BIAS) + (norm ? 6 : 0) + (c->dim[RESIDUAL] != 0) + (dz == SHIFTED ? 2 + draw : 0);
    double terms = (dz != 0) + (dz == DZ_AND_BIAS) + noise + (c->dim[RESIDUAL] == 2);
    double tangent = (dz && norm ? 7 : 0) + (terms > 1 ? terms - 1 : 0) + draw;
    double skipped = dz == SHIFTED ? SHIFT_PASS * locl_op_bytes_of(&c->t[U]) / (SHIFT_PASS + 1) : 0;
    return (locl_op_cost){.flops = (double)(c->t[Z].rows * c->t[Z].n) *
                                   (primal + tangent * (double)c->dim[TANGENTS]),
                          .bytes = locl_op_bytes(c) - skipped};
}

static const locl_op_break dual_breaks[] = {
    {.shape = "layer=group B=3 P=5 G=7 D=77 norm=yes residual=both dz=yes noise=gaussian tangents=3",
     .kernel = "activation_dual",
     .file = "activation.cl",
     .from = "vec_relu(a)",
     .to = "a"},
    {.shape = "layer=group B=3 P=5 G=7 D=77 norm=yes residual=x dz=yes noise=gaussian tangents=3 halves=yes",
     .kernel = "activation_dual",
     .file = "activation.cl",
     .from = "x_store(vec_relu(a)",
     .to = "x_store(1.001f * vec_relu(a)"},
    {.shape = "layer=group B=3 P=5 G=7 D=77 norm=yes residual=x dz=yes noise=gaussian tangents=3 halves=yes",
     .kernel = "activation_dual",
     .file = "activation.cl",
     .from = "vec_where_positive(a, da)",
     .to = "vec_where_positive(a, 1.002f * da)"},
    {.shape = "layer=group B=3 P=5 G=7 D=77 norm=yes residual=both dz=yes noise=gaussian tangents=3",
     .kernel = "activation_dual",
     .file = "activation.cl",
     .from = "- y * means.yt)",
     .to = ")"},
    {.shape = "layer=group B=3 P=5 G=7 D=77 norm=yes residual=both dz=yes noise=gaussian tangents=3",
     .kernel = "activation_dual",
     .file = "activation.cl",
     .from = "tag, pass + m, given",
     .to = "tag, pass, given"},
    {.shape = "layer=group B=3 P=5 G=7 D=77 norm=yes residual=x dz=shift noise=gaussian",
     .kernel = "activation_dual",
     .file = "activation.cl",
     .from = "epsilon * u.v[i]",
     .to = "u.v[i]"},
    {.shape = "layer=group B=3 P=5 G=7 D=77 norm=yes residual=both dz=bias tangents=1",
     .kernel = "activation_dual",
     .file = "activation.cl",
     .from = "row_bias(dbias, row,",
     .to = "row_bias(dbias, 0,"},
};

const locl_op locl_op_activation_dual = {
    .name = "activation_dual",
    .dims = "layer=token|channel|group B=4 P=16 G=4 D=64 norm=no|yes|bare residual=no|x|both "
            "dz=no|yes|bias|shift noise=none|gaussian|rademacher|given tangents=0 kept=no|yes halves=no|yes",
    .tolerance = 1e-5,
    .lay_out = dual_lay_out,
    .derive = dual_derive,
    .refuses = dual_refuses,
    .record = dual_record,
    .reference = dual_reference,
    .cost = dual_cost,
    LOCL_OP_BREAKS(dual_breaks),
    LOCL_OP_CUTS,
    LOCL_OP_COVERS(dual_covers),
    LOCL_OP_SHAPES(dual_shapes, 1)};
