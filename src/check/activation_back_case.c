/* The ways back through an activation, and tangents of one whose primal ran. */
#include "check/activation_case.h"

/* The tensors that all of these cases share. */
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
    BACK_LOSSES,
    BACK_GUESS
};

static void back_lay_out(locl_op_case *c)
{
    locl_layer_shape s = locl_act_shape(c);
    size_t rows = locl_layer_rows(&s), n = locl_layer_n(&s);
    locl_op_add(c, BACK_Z, "z", LOCL_OP_IN, LOCL_FILL_VALUES, rows, n);
    locl_op_add(c, BACK_BIAS, "bias", LOCL_OP_IN, LOCL_FILL_TANGENT, c->dim[NORM] != NO_BIAS,
                locl_act_biases(&s));
    locl_op_add(c, BACK_X, "x", LOCL_OP_HOST, LOCL_FILL_VALUES, rows, n);
    locl_op_add(c, BACK_POST, "post", LOCL_OP_IN, LOCL_FILL_NONE, rows, n);
    locl_op_add(c, BACK_STATS, "stats", LOCL_OP_IN, LOCL_FILL_NONE, s.norm ? rows : 0, 2);
}

/* Stores what the forward pass kept as halves, where `half` says so. */
static void back_store(locl_op_case *c, bool half)
{
    locl_op_store(c, BACK_Z, half);
    locl_op_store(c, BACK_POST, half);
}

static const char *back_refuses(const size_t *dim, size_t halves)
{
    return dim[halves] && dim[NORM] == NO_BIAS ? "halves=yes takes a bias" : locl_act_refuses(dim);
}

static void back_derive(locl_op_case *c)
{
    locl_layer_shape s = locl_act_shape(c);
    locl_activation_dual_ref(&s, c->t[BACK_Z].in, c->t[BACK_BIAS].in, NULL, c->t[BACK_X].in, NULL, NULL, 0,
                             c->t[BACK_POST].in, NULL, c->t[BACK_STATS].in);
}

static locl_activation back_activation(const locl_op_case *c)
{
    return (locl_activation){.shape = locl_act_shape(c),
                             .z = locl_op_arg(c, BACK_Z),
                             .bias = locl_op_arg(c, BACK_BIAS),
                             .post = locl_op_arg(c, BACK_POST),
                             .stats = locl_op_arg(c, BACK_STATS)};
}

/* activation_dual as activation_tangents: of a layer whose primal ran */
enum { ALONE_DZ = BACK_Q + 1, ALONE_U, ALONE_SIGNS, ALONE_DPOST };
enum { ALONE_WITH_DZ = NORM + 1, ALONE_NOISE, FIRST, ALONE_TANGENTS, ALONE_ORDER };

static const char *const alone_shapes[] = {
    "layer=channel B=1 P=1 G=1 D=1 norm=yes dz=no noise=hadamard tangents=1 order=1",
    "layer=channel B=3 P=5 G=7 D=77 norm=yes dz=no noise=hadamard first=3 tangents=5 order=16",
    "layer=channel B=5 P=4 G=17 D=68 norm=no dz=no noise=hadamard first=2 tangents=3 order=3",
    "layer=channel B=3 P=3 G=2 D=128 norm=bare dz=no noise=hadamard first=60 tangents=4 order=64",
    "layer=channel B=3 P=3 G=3 D=96 norm=yes dz=no noise=hadamard first=1 tangents=4 order=2",
    "layer=channel B=2 P=64 G=16 D=512 norm=yes dz=no noise=hadamard first=4 tangents=4 order=32",
    "layer=channel B=3 P=5 G=1 D=17 norm=yes dz=no noise=given first=2 tangents=3",
    "layer=group B=3 P=5 G=7 D=77 norm=yes dz=yes noise=none tangents=3",
    "layer=group B=5 P=4 G=17 D=68 norm=bare dz=yes noise=none tangents=4",
    "layer=channel B=3 P=5 G=1 D=17 norm=yes dz=yes noise=none tangents=3",
    "layer=group B=64 P=64 G=16 D=512 norm=yes dz=yes noise=none tangents=1",
};

static const char *const alone_covers[] = {
    "layer=channel B=3 P=5 G=3 D=21 norm=no|yes|bare noise=given first=1 tangents=2",
    "layer=channel B=3 P=5 G=3 D=21 norm=no|yes|bare noise=hadamard first=1 tangents=2 order=2",
    "layer=group B=3 P=5 G=3 D=21 norm=no|yes|bare dz=yes tangents=2",
};

static const char *alone_refuses(const size_t *dim)
{
    bool hadamard = dim[ALONE_NOISE] == LOCL_SOURCE_HADAMARD;
    return hadamard && (!dim[ALONE_ORDER] || dim[LAYER] != LOCL_LAYER_CHANNEL)
               ? "noise=hadamard takes a channel layer and an order"
               : locl_act_refuses(dim);
}

static void alone_lay_out(locl_op_case *c)
{
    locl_layer_shape s = locl_act_shape(c);
    size_t rows = locl_layer_rows(&s), n = locl_layer_n(&s), tangents = c->dim[ALONE_TANGENTS];
    size_t draws = c->dim[FIRST] + tangents;
    back_lay_out(c);
    locl_op_add(c, ALONE_DZ, "dz", LOCL_OP_IN, LOCL_FILL_TANGENT, c->dim[ALONE_WITH_DZ] * tangents * rows, n);
    locl_act_add_noise(c, ALONE_U, locl_act_source(c, ALONE_NOISE, ALONE_ORDER), draws, rows, n);
    locl_op_add(c, ALONE_DPOST, "dpost", LOCL_OP_OUT, LOCL_FILL_NONE, tangents * rows, n);
}

static void alone_derive(locl_op_case *c)
{
    back_derive(c);
    locl_act_draw(c, ALONE_U, locl_act_source(c, ALONE_NOISE, ALONE_ORDER),
                  c->dim[FIRST] + c->dim[ALONE_TANGENTS]);
}

static void alone_record(const locl_op_case *c, locl_command_buffer *cmd)
{
    locl_activation a = back_activation(c);
    locl_perturbation u = locl_act_perturbation(c, locl_act_source(c, ALONE_NOISE, ALONE_ORDER), ALONE_U);
    u.pass = (uint32_t)c->dim[FIRST];
    locl_activation_tangents(cmd, &a, locl_op_arg(c, ALONE_DZ), &u, c->dim[ALONE_TANGENTS],
                             locl_op_arg(c, ALONE_DPOST));
}

/* Runs the reference. Its primal is checked with activation_dual. */
static void alone_reference(locl_op_case *c)
{
    locl_layer_shape s = locl_act_shape(c);
    size_t rows = locl_layer_rows(&s), n = locl_layer_n(&s);
    const float *dz = c->t[ALONE_DZ].in, *u = c->t[ALONE_U].in;
    u = u ? u + c->dim[FIRST] * rows * n : NULL;
    locl_activation_dual_ref(&s, c->t[BACK_Z].in, c->t[BACK_BIAS].in, dz, c->t[BACK_X].in, NULL, u,
                             c->dim[ALONE_TANGENTS], c->t[BACK_POST].in, c->t[ALONE_DPOST].want, NULL);
    for (size_t i = 0; i < rows; i++) {
        locl_row_size size = locl_act_size(&s, c->t[BACK_Z].in, c->t[BACK_BIAS].in, i);
        for (size_t m = 0; m < c->dim[ALONE_TANGENTS]; m++) {
            size_t at = (m * rows + i) * n;
            locl_row_set(c->t[ALONE_DPOST].scale + at, n,
                         size.map * locl_row_largest(dz ? dz + at : NULL, n) +
                             locl_row_largest(u ? u + at : NULL, n));
        }
    }
}

/* Returns the bytes of z, its bias and stats, which are read for LN alone. */
static double norm_bytes(const locl_op_case *c)
{
    return locl_op_bytes_of(&c->t[BACK_Z]) + locl_op_bytes_of(&c->t[BACK_BIAS]) +
           locl_op_bytes_of(&c->t[BACK_STATS]);
}

/* Returns the bytes of given noise, or signs, of draws before the first, which are there but not read. */
static double alone_skipped(const locl_op_case *c)
{
    bool given = c->dim[ALONE_NOISE] == LOCL_SOURCE_GIVEN,
         signs = c->dim[ALONE_NOISE] == LOCL_SOURCE_HADAMARD;
    size_t tensors = given ? c->dim[FIRST] : signs ? c->dim[FIRST] / c->dim[ALONE_ORDER] : 0;
    return 4 * (double)tensors * (double)(c->t[BACK_Z].rows * c->t[BACK_Z].n);
}

/* Returns the cost: y = (z + b - m) r once, if a tangent goes through LN, then that of activation_dual's
 * tangents. A Hadamard matrix only changes signs. */
static locl_op_cost alone_cost(const locl_op_case *c, const locl_caps *caps)
{
    (void)caps;
    bool norm = c->dim[NORM] == 1, dz = c->dim[ALONE_WITH_DZ],
         noise = c->dim[ALONE_NOISE] != LOCL_SOURCE_NONE;
    double once = dz && norm ? 3 : 0;
    double tangent = (dz && norm ? 7 : 0) + (dz && noise) + locl_act_draw_flops(c, ALONE_NOISE);
    return (locl_op_cost){.flops = (double)(c->t[BACK_Z].rows * c->t[BACK_Z].n) *
                                   (once + tangent * (double)c->dim[ALONE_TANGENTS]),
                          .bytes = locl_op_bytes(c) - alone_skipped(c) - (dz && norm ? 0 : norm_bytes(c))};
}

static const locl_op_break alone_breaks[] = {
    {.shape = "layer=channel B=3 P=5 G=7 D=77 norm=yes noise=hadamard first=3 tangents=5 order=16",
     .kernel = "activation_dual",
     .file = "activation.cl",
     .from = "a = x_load(post + row * n + c)",
     .to = "a = 1.0f"},
    {.shape = "layer=channel B=3 P=5 G=7 D=77 norm=yes noise=hadamard first=3 tangents=5 order=16",
     .argument = "first=4 tangents=4"},
};

const locl_op locl_op_activation_tangents = {
    .name = "activation_tangents",
    .dims = "layer=token|channel|group B=4 P=16 G=4 D=64 norm=no|yes|bare dz=no|yes "
            "noise=none|gaussian|rademacher|given|hadamard first=0 tangents=1 order=0",
    .tolerance = 1e-5,
    .lay_out = alone_lay_out,
    .derive = alone_derive,
    .refuses = alone_refuses,
    .record = alone_record,
    .reference = alone_reference,
    .cost = alone_cost,
    LOCL_OP_BREAKS(alone_breaks),
    LOCL_OP_CUTS,
    LOCL_OP_COVERS(alone_covers),
    LOCL_OP_SHAPES(alone_shapes, 1)};

/* activation_vjp */
enum { IN_PLACE = NORM + 1, VJP_HALVES };

static const char *const vjp_shapes[] = {
    "layer=channel B=1 P=1 G=1 D=1 norm=yes in_place=no",
    "layer=token B=3 P=5 G=1 D=17 norm=yes in_place=yes",
    "layer=channel B=5 P=4 G=17 D=68 norm=no in_place=no",
    "layer=group B=3 P=5 G=7 D=77 norm=yes in_place=no",
    "layer=group B=3 P=5 G=5 D=80 norm=yes in_place=yes",
    "layer=channel B=3 P=9 G=1 D=96 norm=yes in_place=no",
    "layer=group B=2 P=3 G=1 D=509 norm=yes in_place=yes",
    "layer=token B=2 P=64 G=16 D=512 norm=yes in_place=no",
    "layer=group B=3 P=5 G=5 D=80 norm=bare in_place=yes",
    "layer=group B=3 P=5 G=7 D=77 norm=yes in_place=yes halves=yes",
    "layer=channel B=5 P=4 G=17 D=68 norm=yes halves=yes",
    "layer=channel B=3 P=9 G=1 D=96 norm=yes halves=yes",
    "layer=group B=64 P=64 G=16 D=512 norm=yes in_place=yes",
};

static const char *const vjp_covers[] = {
    "layer=token|channel B=3 P=5 G=1 D=21 norm=no|yes|bare",
    "layer=token|channel B=3 P=5 G=1 D=21 norm=no|yes halves=yes",
};

static void vjp_lay_out(locl_op_case *c)
{
    locl_layer_shape s = locl_act_shape(c);
    back_lay_out(c);
    back_store(c, c->dim[VJP_HALVES]);
    locl_op_add_back(c, BACK_T, BACK_Q, c->dim[IN_PLACE], locl_layer_rows(&s), locl_layer_n(&s));
}

static const char *vjp_refuses(const size_t *dim)
{
    return back_refuses(dim, VJP_HALVES);
}

static void vjp_record(const locl_op_case *c, locl_command_buffer *cmd)
{
    locl_activation a = back_activation(c);
    locl_activation_vjp(cmd, &a, locl_op_arg(c, locl_op_back_from(c, BACK_T, BACK_Q)),
                        locl_op_arg(c, BACK_Q));
}

static void vjp_reference(locl_op_case *c)
{
    locl_layer_shape s = locl_act_shape(c);
    size_t n = locl_layer_n(&s);
    const float *t = c->t[locl_op_back_from(c, BACK_T, BACK_Q)].in;
    locl_activation_vjp_ref(&s, c->t[BACK_Z].in, c->t[BACK_BIAS].in, c->t[BACK_POST].in, t,
                            c->t[BACK_Q].want);
    for (size_t i = 0; i < locl_layer_rows(&s); i++) {
        locl_row_size size = locl_act_size(&s, c->t[BACK_Z].in, c->t[BACK_BIAS].in, i);
        locl_row_set(c->t[BACK_Q].scale + i * n, n, size.map * locl_row_largest(t + i * n, n));
    }
}

/* Returns the cost: y = (z + b - m) r is 3, LN's map 7. Without LN values are only chosen. */
static locl_op_cost vjp_cost(const locl_op_case *c, const locl_caps *caps)
{
    (void)caps;
    bool norm = c->dim[NORM] == 1;
    return (locl_op_cost){.flops = (double)(c->t[BACK_Z].rows * c->t[BACK_Z].n) * (norm ? 10 : 0),
                          .bytes = locl_op_bytes(c) - (norm ? 0 : norm_bytes(c))};
}

static const locl_op_break vjp_breaks[] = {
    {.shape = "layer=group B=3 P=5 G=7 D=77 norm=yes",
     .kernel = "activation_vjp",
     .file = "activation.cl",
     .from = "tv - means.t",
     .to = "tv"},
    {.shape = "layer=channel B=5 P=4 G=17 D=68 norm=yes halves=yes",
     .kernel = "activation_vjp",
     .file = "activation.cl",
     .from = "tv - means.t",
     .to = "tv - 1.01f * means.t"},
};

const locl_op locl_op_activation_vjp = {
    .name = "activation_vjp",
    .dims = "layer=token|channel|group B=4 P=16 G=4 D=64 norm=no|yes|bare in_place=no|yes halves=no|yes",
    .tolerance = 1e-5,
    .lay_out = vjp_lay_out,
    .derive = back_derive,
    .refuses = vjp_refuses,
    .record = vjp_record,
    .reference = vjp_reference,
    .cost = vjp_cost,
    LOCL_OP_BREAKS(vjp_breaks),
    LOCL_OP_CUTS,
    LOCL_OP_COVERS(vjp_covers),
    LOCL_OP_SHAPES(vjp_shapes, 1)};

/* activation_vjp as the activity-perturbed estimate */
enum { LP = NORM + 1, LG, BACK_NOISE, BACK_TANGENTS, SIDE, BACK_ORDER, GUESSED, ESTIMATE_HALVES };
enum { NO_GUESS, WITH_GUESS, GUESS_IN_PLACE };

static const char *const estimate_shapes[] = {
    "layer=channel B=1 P=1 G=1 D=1 norm=yes lp=1 lg=1 noise=gaussian tangents=1 side=1",
    "layer=token B=3 P=5 G=1 D=17 norm=yes lp=5 lg=1 noise=gaussian tangents=3 side=1",
    "layer=token B=3 P=5 G=7 D=77 norm=yes lp=5 lg=7 noise=gaussian tangents=1 side=1",
    "layer=channel B=3 P=5 G=7 D=77 norm=yes lp=5 lg=7 noise=gaussian tangents=3 side=1",
    "layer=group B=3 P=5 G=7 D=77 norm=yes lp=5 lg=7 noise=rademacher tangents=3 side=1",
    "layer=group B=5 P=4 G=17 D=68 norm=no lp=1 lg=17 noise=gaussian tangents=1 side=1",
    "layer=channel B=5 P=4 G=17 D=68 norm=yes lp=4 lg=1 noise=given tangents=3 side=1",
    "layer=token B=5 P=4 G=5 D=80 norm=yes lp=1 lg=5 noise=gaussian tangents=1 side=1",
    "layer=channel B=5 P=3 G=3 D=96 norm=yes lp=1 lg=3 noise=gaussian tangents=1 side=1",
    "layer=channel B=3 P=3 G=2 D=128 norm=yes lp=1 lg=1 noise=rademacher tangents=1 side=1",
    "layer=token B=2 P=64 G=16 D=512 norm=yes lp=64 lg=16 noise=gaussian tangents=1 side=1",
    "layer=group B=2 P=64 G=16 D=512 norm=yes lp=64 lg=16 noise=gaussian tangents=2 side=1",
    "layer=channel B=5 P=4 G=17 D=68 norm=bare lp=4 lg=17 noise=gaussian tangents=1 side=1",
    "layer=channel B=3 P=5 G=7 D=77 norm=yes lp=5 lg=7 noise=hadamard tangents=32 side=16 order=16",
    "layer=channel B=5 P=4 G=17 D=68 norm=yes lp=4 lg=1 noise=hadamard tangents=6 side=3 order=3",
    "layer=channel B=3 P=3 G=2 D=128 norm=yes lp=1 lg=2 noise=hadamard tangents=64 side=64 order=64",
    "layer=channel B=3 P=3 G=3 D=96 norm=no lp=1 lg=3 noise=hadamard tangents=5 side=5 order=5",
    "layer=channel B=3 P=5 G=7 D=77 norm=yes lp=5 lg=7 noise=given tangents=6 side=3",
    "layer=token B=3 P=5 G=7 D=77 norm=yes lp=5 lg=7 noise=gaussian tangents=4 side=2",
    "layer=token B=3 P=5 G=7 D=77 norm=yes lp=5 lg=1 noise=gaussian tangents=2 guess=yes",
    "layer=channel B=5 P=4 G=17 D=68 norm=yes lp=4 lg=17 noise=given tangents=3 guess=in_place",
    "layer=token B=3 P=5 G=1 D=17 norm=yes lp=5 lg=1 noise=gaussian tangents=3 side=1 halves=yes",
    "layer=channel B=5 P=4 G=17 D=68 norm=yes lp=4 lg=17 noise=given tangents=3 halves=yes",
    "layer=group B=5 P=4 G=4 D=64 norm=yes lp=4 lg=4 noise=rademacher halves=yes",
    "layer=channel B=64 P=64 G=16 D=512 norm=yes lp=64 lg=16 noise=gaussian tangents=1 side=1",
    "layer=channel B=64 P=64 G=16 D=512 norm=yes lp=64 lg=16 noise=hadamard tangents=8 side=8 order=8",
};

/* A token layer of several groups is a convolution, with a bias for each channel. */
static const char *const estimate_covers[] = {
    "layer=token B=3 P=5 G=1|3 D=21 norm=no|yes|bare lp=5 noise=gaussian|rademacher|given tangents=2 side=2",
    ("layer=channel|group B=3 P=5 G=3 D=21 norm=no|yes|bare lp=5 lg=3 noise=gaussian|rademacher|given "
     "tangents=2 side=2"),
    "layer=channel B=3 P=5 G=3 D=21 norm=no|yes|bare lp=5 lg=3 noise=hadamard tangents=4 side=2 order=2",
    "layer=token B=3 P=5 G=1|3 D=21 norm=no|yes lp=5 noise=gaussian|rademacher|given tangents=2 "
    "guess=in_place",
    "layer=channel B=3 P=5 G=3 D=21 norm=no|yes lp=5 lg=3 noise=gaussian|rademacher|given tangents=2 "
    "guess=in_place",
    "layer=token B=3 P=5 G=1 D=21 norm=no|yes lp=5 noise=gaussian|rademacher|given tangents=2 halves=yes",
    ("layer=channel|group B=3 P=5 G=3 D=21 norm=no|yes lp=5 lg=3 noise=gaussian|rademacher|given tangents=2 "
     "halves=yes"),
};

static const char *estimate_refuses(const size_t *dim)
{
    bool hadamard = dim[BACK_NOISE] == LOCL_SOURCE_HADAMARD;
    if (hadamard && (!dim[BACK_ORDER] || dim[BACK_TANGENTS] % dim[BACK_ORDER] ||
                     dim[SIDE] != dim[BACK_ORDER] || dim[LAYER] != LOCL_LAYER_CHANNEL)) {
        return "noise=hadamard takes a channel layer, and as many tangents side by side as its order";
    }
    if (dim[GUESSED] && (hadamard || dim[LAYER] == LOCL_LAYER_GROUP || dim[NORM] == NO_BIAS)) {
        return "a guess goes with token and channel layers, LN or no norm, and draws";
    }
    if (dim[ESTIMATE_HALVES] && (hadamard || dim[GUESSED])) {
        return "halves=yes takes draws and no guess";
    }
    bool p = dim[LP] == 1 || dim[LP] == dim[PATCHES], g = dim[LG] == 1 || dim[LG] == dim[GROUPS];
    return !dim[BACK_NOISE]                 ? "an estimate takes noise"
           : dim[BACK_TANGENTS] % dim[SIDE] ? "tangents is no multiple of side"
           : !p || !g                       ? "lp is 1 or P, lg is 1 or G"
                                            : back_refuses(dim, ESTIMATE_HALVES);
}

static void estimate_lay_out(locl_op_case *c)
{
    locl_layer_shape s = locl_act_shape(c);
    size_t rows = locl_layer_rows(&s), n = locl_layer_n(&s), tangents = c->dim[BACK_TANGENTS];
    back_lay_out(c);
    back_store(c, c->dim[ESTIMATE_HALVES]);
    if (c->dim[GUESSED]) {
        locl_op_add_back(c, BACK_GUESS, BACK_Q, c->dim[GUESSED] == GUESS_IN_PLACE, rows, n);
    } else {
        locl_op_add(c, BACK_Q, "q", LOCL_OP_OUT, LOCL_FILL_NONE, rows, n);
    }
    locl_op_add(c, BACK_DL, "dl", LOCL_OP_IN, LOCL_FILL_TANGENT, tangents * s.batch * c->dim[LP], c->dim[LG]);
    locl_op_add(c, BACK_LOSSES, "losses", LOCL_OP_HOST, LOCL_FILL_NONE, tangents * s.batch * c->dim[LP],
                c->dim[LG]);
    locl_act_add_noise(c, BACK_U, locl_act_source(c, BACK_NOISE, BACK_ORDER), tangents, rows, n);
}

/* Orders the losses as the reference takes them, one tangent after another. */
static void estimate_derive(locl_op_case *c)
{
    size_t each = c->dim[BATCH] * c->dim[LP] * c->dim[LG], side = c->dim[SIDE];
    for (size_t i = 0; i < c->dim[BACK_TANGENTS] * each; i++) {
        size_t m = i / each;
        c->t[BACK_LOSSES].in[i] = c->t[BACK_DL].in[(m / side * each + i % each) * side + m % side];
    }
    back_derive(c);
    locl_act_draw(c, BACK_U, locl_act_source(c, BACK_NOISE, BACK_ORDER), c->dim[BACK_TANGENTS]);
}

/* Returns the index of the guess, of an absent tensor where there is none. */
static size_t guess_of(const locl_op_case *c)
{
    return c->dim[GUESSED] ? locl_op_back_from(c, BACK_GUESS, BACK_Q) : BACK_GUESS;
}

static void estimate_record(const locl_op_case *c, locl_command_buffer *cmd)
{
    locl_activation a = back_activation(c);
    locl_estimate e = {.dl = locl_op_arg(c, BACK_DL),
                       .lp = c->dim[LP],
                       .lg = c->dim[LG],
                       .tangents = c->dim[BACK_TANGENTS],
                       .side = c->dim[SIDE],
                       .u = locl_act_perturbation(c, locl_act_source(c, BACK_NOISE, BACK_ORDER), BACK_U),
                       .guess = locl_op_arg(c, guess_of(c))};
    locl_activation_estimate(cmd, &a, &e, locl_op_arg(c, BACK_Q));
}

static void estimate_reference(locl_op_case *c)
{
    locl_layer_shape s = locl_act_shape(c);
    size_t n = locl_layer_n(&s), lg = c->dim[LG];
    const locl_op_tensor *dl = &c->t[BACK_DL];
    const float *guess = c->t[guess_of(c)].in;
    locl_activation_estimate_ref(&s, c->t[BACK_Z].in, c->t[BACK_BIAS].in, c->t[BACK_POST].in, guess,
                                 c->t[BACK_LOSSES].in, c->dim[LP], lg, c->t[BACK_U].in, c->dim[BACK_TANGENTS],
                                 c->t[BACK_Q].want);
    double largest = locl_row_largest(dl->in, dl->rows * dl->n) *
                     locl_row_largest(c->t[BACK_U].in, c->t[BACK_U].rows * n) / (double)s.batch;
    for (size_t i = 0; i < locl_layer_rows(&s); i++) {
        locl_row_size size = locl_act_size(&s, c->t[BACK_Z].in, c->t[BACK_BIAS].in, i);
        locl_row_set(c->t[BACK_Q].scale + i * n, n,
                     size.map * (largest + locl_row_largest(guess ? guess + i * n : NULL, n)));
    }
}

/* Returns the cost: the way back, 1 to add the guess, and before it for each tangent its draw and dL u, added and
 * scaled: 2. Rows of a Hadamard matrix change the sign of dL: 1 for each to add it, and 1 for the product with the
 * signs that they share. */
static locl_op_cost estimate_cost(const locl_op_case *c, const locl_caps *caps)
{
    (void)caps;
    bool norm = c->dim[NORM] == 1, hadamard = c->dim[BACK_NOISE] == LOCL_SOURCE_HADAMARD;
    size_t tangents = c->dim[BACK_TANGENTS], products = hadamard ? tangents / c->dim[BACK_ORDER] : tangents;
    double flops = (norm ? 10 : 0) + (c->dim[GUESSED] ? 1 : 0) + (double)(tangents + products) +
                   locl_act_draw_flops(c, BACK_NOISE) * (double)tangents;
    return (locl_op_cost){.flops = (double)(c->t[BACK_Z].rows * c->t[BACK_Z].n) * flops,
                          .bytes = locl_op_bytes(c) - (norm ? 0 : norm_bytes(c))};
}

static const locl_op_break estimate_breaks[] = {
    {.shape = "layer=group B=3 P=5 G=7 D=77 norm=yes lp=5 lg=7 noise=rademacher tangents=3",
     .kernel = "activation_estimate",
     .file = "activation.cl",
     .from = "c.v[i] *= scale",
     .to = "c.v[i] *= 2.0f * scale"},
    {.shape = "layer=channel B=3 P=5 G=7 D=77 norm=yes lp=5 lg=7 noise=hadamard tangents=32 side=16 order=16",
     .kernel = "activation_estimate",
     .file = "activation.cl",
     .from = "hadamard(d[k], k,",
     .to = "hadamard(d[k], 0,"},
    {.shape = "layer=token B=3 P=5 G=7 D=77 norm=yes lp=5 lg=7 noise=gaussian",
     .kernel = "activation_estimate",
     .file = "activation.cl",
     .from = "l[g * SIDE]",
     .to = "l[0]"},
    {.shape = "layer=channel B=5 P=4 G=17 D=68 norm=yes lp=4 lg=17 noise=given tangents=3 guess=in_place",
     .kernel = "activation_estimate",
     .file = "activation.cl",
     .from = "c.v[i] += vec_load(guess",
     .to = "c.v[i] -= vec_load(guess"},
};

const locl_op locl_op_activation_estimate = {
    .name = "activation_estimate",
    .dims = "layer=token|channel|group B=4 P=16 G=4 D=64 norm=no|yes|bare lp=1 lg=1 "
            "noise=none|gaussian|rademacher|given|hadamard tangents=1 side=1 order=0 guess=no|yes|in_place "
            "halves=no|yes",
    .tolerance = 1e-5,
    .lay_out = estimate_lay_out,
    .derive = estimate_derive,
    .refuses = estimate_refuses,
    .record = estimate_record,
    .reference = estimate_reference,
    .cost = estimate_cost,
    LOCL_OP_BREAKS(estimate_breaks),
    LOCL_OP_CUTS,
    LOCL_OP_COVERS(estimate_covers),
    LOCL_OP_SHAPES(estimate_shapes, 2)};
