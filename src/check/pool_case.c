#include "check/case.h"
#include "ops/pool.h"

enum { BATCH, SIDE, CHANNELS, STRIDE, MAX, TANGENTS };

static locl_pooling pooling_of(const locl_op_case *c)
{
    return (locl_pooling){.batch = c->dim[BATCH],
                          .side = c->dim[SIDE],
                          .channels = c->dim[CHANNELS],
                          .stride = c->dim[STRIDE],
                          .max = c->dim[MAX]};
}

static size_t in_pixels(const locl_op_case *c)
{
    return c->dim[BATCH] * c->dim[SIDE] * c->dim[SIDE];
}

static size_t out_pixels(const locl_op_case *c)
{
    locl_pooling p = pooling_of(c);
    return p.batch * locl_pooling_side(&p) * locl_pooling_side(&p);
}

/* Halves: windows with equal values, whose maximum is the first of them. */
static void derive(locl_op_case *c, size_t x)
{
    for (size_t i = 0; c->dim[MAX] && i < c->t[x].rows * c->t[x].n; i++) {
        c->t[x].in[i] = rintf(2 * c->t[x].in[i]) / 2;
    }
}

/* pool_dual */
enum { X, DX, Y, DY, X_SIZES, DX_SIZES };

static const size_t dual_shapes[][LOCL_OP_DIMS] = {
    {1, 1, 1, 1, 0, 0},   {3, 5, 17, 2, 1, 3}, {2, 4, 68, 2, 0, 1},  {2, 6, 20, 1, 1, 1},
    {2, 7, 80, 3, 1, 2},  {3, 2, 64, 2, 1, 1}, {2, 9, 32, 5, 0, 1},  {1, 9, 16, 4, 1, 1},
    {5, 3, 3, 1, 1, 0},   {2, 8, 36, 2, 0, 2}, {2, 1, 509, 2, 1, 1}, {64, 8, 512, 2, 0, 1},
    {64, 8, 256, 2, 1, 1}};

static void dual_lay_out(locl_op_case *c)
{
    size_t n = c->dim[CHANNELS], m = c->dim[TANGENTS];
    locl_op_add(c, X, "x", LOCL_OP_IN, LOCL_FILL_VALUES, in_pixels(c), n);
    locl_op_add(c, DX, "dx", LOCL_OP_IN, LOCL_FILL_TANGENT, m * in_pixels(c), n);
    locl_op_add(c, Y, "y", LOCL_OP_OUT, LOCL_FILL_NONE, out_pixels(c), n);
    locl_op_add(c, DY, "dy", LOCL_OP_OUT, LOCL_FILL_NONE, m * out_pixels(c), n);
    locl_op_add(c, X_SIZES, "x sizes", LOCL_OP_HOST, LOCL_FILL_NONE, in_pixels(c), n);
    locl_op_add(c, DX_SIZES, "dx sizes", LOCL_OP_HOST, LOCL_FILL_NONE, m * in_pixels(c), n);
}

static void dual_derive(locl_op_case *c)
{
    derive(c, X);
}

static void dual_record(const locl_op_case *c, locl_command_buffer *cmd)
{
    locl_pooling p = pooling_of(c);
    locl_pooling_dual(cmd, &p, locl_op_arg(c, X), locl_op_arg(c, DX), c->dim[TANGENTS], locl_op_arg(c, Y),
                      locl_op_arg(c, DY));
}

/* With max the sizes are those of the values taken: x keeps its signs, which decide. */
static void dual_reference(locl_op_case *c)
{
    locl_pooling p = pooling_of(c);
    size_t m = c->dim[TANGENTS];
    const float *x = c->t[X].in, *sizes = p.max ? x : locl_op_sizes(c, X, X_SIZES);
    locl_pooling_dual_ref(&p, sizes, locl_op_sizes(c, DX, DX_SIZES), m, c->t[Y].want, c->t[DY].want);
    locl_op_scale(&c->t[Y]);
    locl_op_scale(&c->t[DY]);
    locl_pooling_dual_ref(&p, x, c->t[DX].in, m, c->t[Y].want, c->t[DY].want);
}

const locl_op locl_op_pool_dual = {.name = "pool_dual",
                                   .dims = "batch,side,channels,stride,max,tangents",
                                   .tolerance = 1e-6,
                                   .lay_out = dual_lay_out,
                                   .derive = dual_derive,
                                   .record = dual_record,
                                   .reference = dual_reference,
                                   LOCL_OP_SHAPES(dual_shapes)};

/* pool_vjp */
enum { Q = X + 1, T, Q_SIZES };

static const size_t vjp_shapes[][LOCL_OP_DIMS] = {
    {1, 1, 1, 1, 0},   {3, 5, 17, 2, 1},   {2, 4, 68, 2, 0},  {2, 6, 20, 1, 1}, {2, 7, 80, 3, 1},
    {3, 2, 64, 2, 1},  {2, 9, 32, 5, 0},   {1, 9, 16, 4, 1},  {5, 3, 3, 1, 0},  {2, 8, 36, 2, 0},
    {2, 1, 509, 2, 1}, {64, 8, 512, 2, 0}, {64, 8, 256, 2, 1}};

static void vjp_lay_out(locl_op_case *c)
{
    size_t n = c->dim[CHANNELS];
    locl_op_add(c, X, "x", LOCL_OP_IN, LOCL_FILL_VALUES, c->dim[MAX] ? in_pixels(c) : 0, n);
    locl_op_add(c, Q, "q", LOCL_OP_IN, LOCL_FILL_TANGENT, out_pixels(c), n);
    locl_op_add(c, T, "t", LOCL_OP_OUT, LOCL_FILL_NONE, in_pixels(c), n);
    locl_op_add(c, Q_SIZES, "q sizes", LOCL_OP_HOST, LOCL_FILL_NONE, out_pixels(c), n);
}

static void vjp_derive(locl_op_case *c)
{
    derive(c, X);
}

static void vjp_record(const locl_op_case *c, locl_command_buffer *cmd)
{
    locl_pooling p = pooling_of(c);
    locl_pooling_vjp(cmd, &p, locl_op_arg(c, X), locl_op_arg(c, Q), locl_op_arg(c, T));
}

static void vjp_reference(locl_op_case *c)
{
    locl_pooling p = pooling_of(c);
    locl_pooling_vjp_ref(&p, c->t[X].in, locl_op_sizes(c, Q, Q_SIZES), c->t[T].want);
    locl_op_scale(&c->t[T]);
    locl_pooling_vjp_ref(&p, c->t[X].in, c->t[Q].in, c->t[T].want);
}

const locl_op locl_op_pool_vjp = {.name = "pool_vjp",
                                  .dims = "batch,side,channels,stride,max",
                                  .tolerance = 1e-6,
                                  .lay_out = vjp_lay_out,
                                  .derive = vjp_derive,
                                  .record = vjp_record,
                                  .reference = vjp_reference,
                                  LOCL_OP_SHAPES(vjp_shapes)};
