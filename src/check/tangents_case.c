#include "check/case.h"
#include "ops/layernorm.h"
#include "ops/tangents.h"

enum { TOKENS, GROUPS, IN, OUT, NORM, PASSES, ROWS, SIDE };
enum { POST, Y, R, U, WEIGHT, Z, Q, DL };

static const char *const shapes[] = {
    "tokens=1 G=1 in=1 out=1 norm=yes passes=1 rows=1 side=1",
    "tokens=7 G=3 in=9 out=7 norm=yes passes=3 rows=5 side=5",
    "tokens=5 G=2 in=13 out=12 norm=no passes=1 rows=16 side=16",
    "tokens=33 G=5 in=17 out=16 norm=yes passes=6 rows=1 side=3",
    "tokens=3 G=1 in=40 out=65 norm=yes passes=1 rows=64 side=64",
    "tokens=67 G=3 in=8 out=32 norm=no passes=2 rows=3 side=3",
    "tokens=128 G=2 in=32 out=32 norm=yes passes=1 rows=32 side=32",
    "tokens=9 G=1 in=130 out=48 norm=yes passes=1 rows=129 side=129",
    "tokens=4 G=2 in=5 out=300 norm=yes passes=2 rows=2 side=2",
    "tokens=5 G=1 in=256 out=256 norm=yes passes=1 rows=256 side=256",
    "tokens=31 G=3 in=9 out=33 norm=yes passes=2 rows=16 side=16",
    "tokens=1024 G=16 in=32 out=32 norm=yes passes=1 rows=8 side=8",
};

static const float scale = 0.37f; /* any would do */

static locl_tangents tangents_of(const locl_op_case *c)
{
    return (locl_tangents){.tokens = c->dim[TOKENS],
                           .groups = c->dim[GROUPS],
                           .in = c->dim[IN],
                           .out = c->dim[OUT],
                           .post = locl_op_arg(c, POST),
                           .y = locl_op_arg(c, Y),
                           .r = locl_op_arg(c, R),
                           .weight = locl_op_arg(c, WEIGHT),
                           .z = locl_op_arg(c, Z),
                           .q = locl_op_arg(c, Q)};
}

static void lay_out(locl_op_case *c)
{
    size_t rows = c->dim[TOKENS] * c->dim[GROUPS], in = c->dim[IN], out = c->dim[OUT];
    size_t normed = c->dim[NORM] ? rows : 0;
    locl_op_add(c, POST, "post", LOCL_OP_IN, LOCL_FILL_TANGENT, rows, in);
    locl_op_add(c, Y, "y", LOCL_OP_IN, LOCL_FILL_NONE, normed, in);
    locl_op_add(c, R, "r", LOCL_OP_IN, LOCL_FILL_NONE, normed, 1);
    locl_op_add(c, U, "u", LOCL_OP_IN, LOCL_FILL_TANGENT, c->dim[PASSES] * rows, in);
    locl_op_add(c, WEIGHT, "weight", LOCL_OP_IN, LOCL_FILL_TANGENT, c->dim[GROUPS] * in, out);
    locl_op_add(c, Z, "z", LOCL_OP_IN, LOCL_FILL_NONE, rows, out);
    locl_op_add(c, Q, "q", LOCL_OP_IN, LOCL_FILL_TANGENT, rows, out);
    locl_op_add(c, DL, "dl", LOCL_OP_OUT, LOCL_FILL_NONE, c->dim[PASSES] * c->dim[ROWS] * rows, 1);
}

/* Makes post by ReLU. y, r and z follow from it. */
static void derive(locl_op_case *c)
{
    size_t rows = c->dim[TOKENS] * c->dim[GROUPS], in = c->dim[IN], out = c->dim[OUT];
    float *post = c->t[POST].in, *y = c->t[Y].in, *z = c->t[Z].in;
    for (size_t i = 0; i < rows * in; i++) {
        post[i] = post[i] > 0 ? post[i] : 0;
    }
    if (y) {
        locl_layernorm_dual_ref(post, NULL, y, NULL, c->t[R].in, rows, in, 0);
    }
    for (size_t i = 0; i < rows * out; i++) {
        const float *x = (y ? y : post) + i / out * in;
        const float *w = c->t[WEIGHT].in + i / out % c->dim[GROUPS] * in * out + i % out;
        double sum = 0;
        for (size_t k = 0; k < in; k++) {
            sum += (double)x[k] * (double)w[k * out];
        }
        z[i] = (float)sum;
    }
}

static const char *refuses(const size_t *dim)
{
    return dim[PASSES] * dim[ROWS] % dim[SIDE] ? "passes * rows is no multiple of side" : NULL;
}

static void record(const locl_op_case *c, locl_command_buffer *cmd)
{
    locl_tangents t = tangents_of(c);
    locl_tangent_losses(cmd, &t, locl_op_arg(c, U), c->dim[PASSES], c->dim[ROWS], c->dim[SIDE], scale,
                        locl_op_arg(c, DL));
}

/* Returns the sum of |w q| that a tangent of size 1 may meet. */
static double product_size(const locl_op_case *c, size_t i)
{
    size_t in = c->dim[IN], out = c->dim[OUT];
    const float *w = c->t[WEIGHT].in + i % c->dim[GROUPS] * in * out, *q = c->t[Q].in + i * out;
    double sum = 0;
    for (size_t k = 0; k < in * out; k++) {
        sum += fabs((double)w[k] * (double)q[k % out]);
    }
    return sum;
}

static void reference(locl_op_case *c)
{
    locl_tangents t = tangents_of(c);
    size_t rows = c->dim[TOKENS] * c->dim[GROUPS], in = c->dim[IN], side = c->dim[SIDE];
    locl_tangent_losses_ref(&t, c->t[POST].in, c->t[Y].in, c->t[R].in, c->t[WEIGHT].in, c->t[Q].in,
                            c->t[U].in, c->dim[PASSES], c->dim[ROWS], side, scale, c->t[DL].want);
    for (size_t i = 0; i < rows; i++) {
        locl_row_size size = locl_row_size_of(c->t[POST].in + i * in, NULL, 0, in, c->dim[NORM]);
        double each = (double)scale * size.map * product_size(c, i);
        for (size_t k = 0; k < c->dim[PASSES] * c->dim[ROWS]; k++) {
            double u = locl_row_largest(c->t[U].in + (k / c->dim[ROWS] * rows + i) * in, in);
            c->t[DL].scale[(k / side * rows + i) * side + k % side] = each * u;
        }
    }
}

/* Returns the cost. For each column of the weight: with LN w - mean, times u, and u y z / W take 4 for each
 * channel (1 without), added up to the matrix's order. Then come the sums and differences of the transform,
 * and the products with q and their sum. The means of the weights are a sum each. Without LN z is there but
 * not read. */
static locl_op_cost cost(const locl_op_case *c, const locl_caps *caps)
{
    (void)caps;
    double stages = 0, in = (double)c->dim[IN], weights = (double)(c->dim[GROUPS] * c->dim[IN] * c->dim[OUT]);
    size_t side = 1;
    for (; side < c->dim[ROWS]; side *= 2) {
        stages++;
    }
    double order = (double)side;
    double each = (c->dim[NORM] ? 4 : 1) * in + fmax(0, in - order) + (stages + 2) * order;
    double columns = (double)(c->dim[TOKENS] * c->dim[GROUPS] * c->dim[PASSES] * c->dim[OUT]);
    double means = c->dim[NORM] ? 1 : 0, mean_bytes = 4 * means * (weights + 2 * weights / in);
    double skipped = c->dim[NORM] ? 0 : locl_op_bytes_of(&c->t[Z]);
    return (locl_op_cost){.flops = columns * each + means * weights,
                          .bytes = locl_op_bytes(c) + mean_bytes - skipped};
}

static const locl_op_break breaks[] = {
    {.shape = "tokens=7 G=3 in=9 out=7 norm=yes passes=3 rows=5 side=5",
     .kernel = "tangent_means",
     .file = "tangents.cl",
     .from = "sum / (float)W",
     .to = "sum"},
    {.shape = "tokens=7 G=3 in=9 out=7 norm=yes passes=3 rows=5 side=5",
     .kernel = "tangent_losses",
     .file = "tangents.cl",
     .from = "scale * r[row]",
     .to = "scale"},
    {.shape = "tokens=7 G=3 in=9 out=7 norm=yes passes=3 rows=5 side=5",
     .kernel = "tangent_losses",
     .file = "tangents.cl",
     .from = "t[b] = t[a] - t[b]",
     .to = "t[b] = t[b] - t[a]"},
    {.shape = "tokens=3 G=1 in=40 out=5 norm=yes passes=1 rows=64 side=64",
     .kernel = "tangent_losses",
     .file = "tangents.cl",
     .from = "popcount(block & c / ORDER)",
     .to = "popcount(block & c)",
     .variant = "wide"},
};

const locl_op locl_op_tangent_losses = {.name = "tangent_losses",
                                        .dims =
                                            "tokens=64 G=4 in=32 out=32 norm=no|yes passes=1 rows=8 side=1",
                                        .tolerance = 1e-5,
                                        .lay_out = lay_out,
                                        .derive = derive,
                                        .refuses = refuses,
                                        .record = record,
                                        .reference = reference,
                                        .cost = cost,
                                        LOCL_OP_BREAKS(breaks),
                                        LOCL_OP_CUTS,
                                        LOCL_OP_SHAPES(shapes, 1)};
