#include "check/case.h"
#include "ops/layernorm.h"
#include "ops/tangents.h"

enum { TOKENS, GROUPS, IN, OUT, NORM, PASSES, ROWS, SIDE };
enum { POST, Y, R, U, WEIGHT, Z, Q, DL };

static const size_t shapes[][LOCL_OP_DIMS] = {
    /* tokens, groups, in, out, norm, passes, rows, side */
    {1, 1, 1, 1, 1, 1, 1, 1},       {7, 3, 9, 7, 1, 3, 5, 5},          {5, 2, 13, 12, 0, 1, 16, 16},
    {33, 5, 17, 16, 1, 6, 1, 3},    {3, 1, 40, 65, 1, 1, 64, 64},      {67, 3, 8, 32, 0, 2, 3, 3},
    {128, 2, 32, 32, 1, 1, 32, 32}, {9, 1, 130, 48, 1, 1, 129, 129},   {4, 2, 5, 300, 1, 2, 2, 2},
    {1024, 16, 32, 32, 1, 1, 8, 8}, {64, 1, 256, 256, 1, 1, 256, 256}, {31, 3, 9, 33, 1, 2, 16, 16}};

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

/* ReLU makes post; y, r and z follow from it. */
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

static void record(const locl_op_case *c, locl_command_buffer *cmd)
{
    locl_tangents t = tangents_of(c);
    locl_tangent_losses(cmd, &t, locl_op_arg(c, U), c->dim[PASSES], c->dim[ROWS], c->dim[SIDE], scale,
                        locl_op_arg(c, DL));
}

/* The sum of |w q| that a tangent of size 1 may meet. */
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

const locl_op locl_op_tangent_losses = {.name = "tangent_losses",
                                        .dims = "tokens,groups,in,out,norm,passes,rows,side",
                                        .tolerance = 1e-5,
                                        .lay_out = lay_out,
                                        .derive = derive,
                                        .record = record,
                                        .reference = reference,
                                        LOCL_OP_SHAPES(shapes)};
