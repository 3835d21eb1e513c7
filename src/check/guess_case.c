/* Guesses of gradients, taken off directional derivatives. */
#include "check/activation_case.h"
#include "ops/guess.h"

enum { DL, GUESS, POST, TANGENT, U, SIGNS, REST, BEFORE };
enum { SUMS = NORM + 1, NOISE, TANGENTS, WITH_TANGENT };

static const char *const shapes[] = {
    "layer=channel B=1 P=1 G=1 D=1 noise=gaussian tangents=1 tangent=no",
    "layer=channel B=3 P=5 G=7 D=77 noise=gaussian tangents=3 tangent=yes",
    "layer=channel B=5 P=4 G=17 D=68 noise=rademacher tangents=2 tangent=no",
    "layer=channel B=3 P=3 G=3 D=96 noise=given tangents=2 tangent=yes",
    "layer=token B=3 P=5 G=1 D=17 sums=5 noise=gaussian tangents=3 tangent=no",
    "layer=token B=2 P=3 G=1 D=509 sums=1 noise=given tangents=1 tangent=no",
    "layer=token B=5 P=4 G=4 D=80 sums=4 noise=rademacher tangents=2 tangent=no",
    "layer=token B=64 P=64 G=16 D=512 sums=16 noise=given tangents=1 tangent=no",
    "layer=channel B=64 P=64 G=16 D=512 noise=given tangents=1 tangent=yes",
};

static const char *const covers[] = {
    "layer=channel B=3 P=5 G=3 D=21 noise=gaussian|rademacher|given tangents=2 tangent=no|yes",
};

static const char *refuses(const size_t *dim)
{
    return !dim[NOISE] ? "a guess goes with noise" : locl_act_refuses(dim);
}

static locl_guess guess_of(const locl_op_case *c)
{
    return (locl_guess){.shape = locl_act_shape(c),
                        .post = locl_op_arg(c, POST),
                        .guess = locl_op_arg(c, GUESS),
                        .units = c->dim[LAYER] == LOCL_LAYER_CHANNEL ? c->dim[GROUPS] : 1,
                        .sums = c->dim[SUMS],
                        .tangents = c->dim[TANGENTS],
                        .u = locl_act_perturbation(c, c->dim[NOISE], U),
                        .dl = locl_op_arg(c, DL),
                        .tangent = locl_op_arg(c, TANGENT)};
}

static void lay_out(locl_op_case *c)
{
    locl_guess g = guess_of(c);
    size_t rows = g.shape.batch * g.shape.patches * g.units, n = g.shape.width / g.units, m = g.tangents;
    locl_op_add(c, DL, "dl", LOCL_OP_IN, LOCL_FILL_TANGENT, m * rows, g.sums);
    locl_op_add(c, GUESS, "guess", LOCL_OP_IN, LOCL_FILL_TANGENT, rows, n);
    locl_op_add(c, POST, "post", LOCL_OP_IN, LOCL_FILL_TANGENT, rows, n);
    locl_op_add(c, TANGENT, "tangent", LOCL_OP_IN, LOCL_FILL_TANGENT, c->dim[WITH_TANGENT] * m * rows, n);
    locl_act_add_noise(c, U, c->dim[NOISE], m, rows, n);
    locl_op_add(c, REST, "rest", LOCL_OP_OUT, LOCL_FILL_NONE, m * rows, 1);
    locl_op_add(c, BEFORE, "before", LOCL_OP_OUT, LOCL_FILL_NONE, c->dim[WITH_TANGENT] * m * rows, 1);
}

/* Makes what the kernel draws, and a post that comes from a ReLU, as its tangent does. */
static void derive(locl_op_case *c)
{
    size_t values = c->t[POST].rows * c->t[POST].n;
    locl_act_draw(c, U, c->dim[NOISE], c->dim[TANGENTS]);
    for (size_t i = 0; i < values; i++) {
        c->t[POST].in[i] = c->t[POST].in[i] > 0 ? c->t[POST].in[i] : 0;
    }
    for (size_t i = 0; c->t[TANGENT].in && i < c->dim[TANGENTS] * values; i++) {
        c->t[TANGENT].in[i] = c->t[POST].in[i % values] > 0 ? c->t[TANGENT].in[i] : 0;
    }
}

static void record(const locl_op_case *c, locl_command_buffer *cmd)
{
    locl_guess g = guess_of(c);
    locl_guess_subtract(cmd, &g, locl_op_arg(c, REST), locl_op_arg(c, BEFORE));
}

/* Sets what `out` should be along one direction, and the size of the terms of that. */
static void expect(locl_op_case *c, const float *along, locl_op_tensor *out)
{
    locl_guess g = guess_of(c);
    size_t n = c->t[GUESS].n, rows = c->t[GUESS].rows;
    locl_guess_subtract_ref(&g, c->t[POST].in, c->t[GUESS].in, c->t[DL].in, along, out->want);
    for (size_t i = 0; i < out->rows; i++) {
        double guess = locl_row_largest(c->t[GUESS].in + i % rows * n, n);
        out->scale[i] = (double)g.sums * locl_row_largest(c->t[DL].in + i * g.sums, g.sums) +
                        (double)(g.shape.batch * n) * guess * locl_row_largest(along + i * n, n);
    }
}

static void reference(locl_op_case *c)
{
    bool tangent = c->dim[WITH_TANGENT];
    expect(c, c->t[tangent ? TANGENT : U].in, &c->t[REST]);
    if (tangent) {
        expect(c, c->t[U].in, &c->t[BEFORE]);
    }
}

/* Returns the cost: a product and a sum along each direction, and the draw. */
static locl_op_cost cost(const locl_op_case *c, const locl_caps *caps)
{
    (void)caps;
    double each = 2 + 2 * (double)c->dim[WITH_TANGENT] + locl_act_draw_flops(c, NOISE);
    double values = (double)(c->t[GUESS].rows * c->t[GUESS].n);
    return locl_op_cost_of(c, values * (double)c->dim[TANGENTS] * each);
}

static const locl_op_break breaks[] = {
    {.shape = "layer=channel B=3 P=5 G=7 D=77 noise=gaussian tangents=3 tangent=yes",
     .kernel = "guess_subtract",
     .file = "guess.cl",
     .from = "d - scale * along",
     .to = "d + scale * along"},
    {.shape = "layer=channel B=3 P=5 G=7 D=77 noise=gaussian tangents=3 tangent=yes",
     .kernel = "guess_subtract",
     .file = "guess.cl",
     .from = "vec_where_positive(vec_load(post + row * n + c), u.v[i])",
     .to = "u.v[i]"},
    {.shape = "layer=channel B=3 P=5 G=7 D=77 noise=gaussian tangents=3 tangent=yes",
     .kernel = "guess_subtract",
     .file = "guess.cl",
     .from = "tag, m, given",
     .to = "tag, 0, given"},
    {.shape = "layer=channel B=3 P=5 G=7 D=77 noise=gaussian tangents=3 tangent=yes",
     .kernel = "guess_subtract",
     .file = "guess.cl",
     .from = "tangent + at * n",
     .to = "tangent + row * n"},
    {.shape = "layer=token B=3 P=5 G=1 D=17 sums=5 noise=gaussian tangents=3 tangent=no",
     .kernel = "guess_subtract",
     .file = "guess.cl",
     .from = "d += dl[s]",
     .to = "d = dl[s]"},
};

const locl_op locl_op_guess_subtract = {
    .name = "guess_subtract",
    .sums = true,
    .dims = "layer=token|channel|group B=4 P=16 G=4 D=64 norm=no|yes|bare sums=1 "
            "noise=none|gaussian|rademacher|given tangents=1 tangent=no|yes",
    .tolerance = 1e-5,
    .lay_out = lay_out,
    .derive = derive,
    .refuses = refuses,
    .record = record,
    .reference = reference,
    .cost = cost,
    LOCL_OP_BREAKS(breaks),
    LOCL_OP_CUTS,
    LOCL_OP_COVERS(covers),
    LOCL_OP_SHAPES(shapes, 2)};
