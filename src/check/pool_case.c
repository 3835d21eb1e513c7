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

/* Returns the sums of a mean, one for each cell of a window that lies on the map. A maximum takes comparisons
 * alone. */
static double adds_of(const locl_op_case *c)
{
    locl_pooling p = pooling_of(c);
    size_t before = locl_pooling_before(&p);
    double cells = 0;
    for (size_t out = 0; out < locl_pooling_side(&p); out++) {
        for (size_t i = 0; i < LOCL_POOLING_WINDOW; i++) {
            size_t seen = out * p.stride + i;
            cells += seen >= before && seen < p.side + before;
        }
    }
    return p.max ? 0 : cells * cells * (double)(p.batch * p.channels);
}

/* Rounds x to halves with max, so that windows have equal values, whose maximum is the first of them. */
static void derive(locl_op_case *c, size_t x)
{
    for (size_t i = 0; c->dim[MAX] && i < c->t[x].rows * c->t[x].n; i++) {
        c->t[x].in[i] = rintf(2 * c->t[x].in[i]) / 2;
    }
}

/* pool_dual */
enum { X, DX, Y, DY, X_SIZES, DX_SIZES };

static const char *const dual_shapes[] = {
    "B=1 S=1 D=1 stride=1 max=no",
    "B=3 S=5 D=17 stride=2 max=yes tangents=3",
    "B=2 S=4 D=68 stride=2 max=no tangents=1",
    "B=2 S=6 D=20 stride=1 max=yes tangents=1",
    "B=2 S=7 D=80 stride=3 max=yes tangents=2",
    "B=3 S=2 D=64 stride=2 max=yes tangents=1",
    "B=2 S=9 D=32 stride=5 max=no tangents=1",
    "B=1 S=9 D=16 stride=4 max=yes tangents=1",
    "B=5 S=3 D=3 stride=1 max=yes",
    "B=2 S=8 D=36 stride=2 max=no tangents=2",
    "B=2 S=1 D=509 stride=2 max=yes tangents=1",
    "B=64 S=8 D=512 stride=2 max=no tangents=1",
    "B=64 S=8 D=256 stride=2 max=yes tangents=1",
};

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

/* Runs the reference, for sizes too. With max these are of the values taken: x keeps its signs, which
 * decide. */
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

static locl_op_cost dual_cost(const locl_op_case *c, const locl_caps *caps)
{
    (void)caps;
    return locl_op_cost_of(c, adds_of(c) * (double)(1 + c->dim[TANGENTS]));
}

static const locl_op_break dual_breaks[] = {
    {.shape = "B=3 S=5 D=17 stride=2 max=yes tangents=3",
     .kernel = "pool_dual",
     .file = "pool.cl",
     .from = "window_taken(xi, down, across",
     .to = "window_taken(xi, across, down"},
    {.shape = "B=2 S=8 D=36 stride=2 tangents=2",
     .kernel = "pool_dual",
     .file = "pool.cl",
     .from = "m * (ulong)batch + image",
     .to = "image"},
};

const locl_op locl_op_pool_dual = {.name = "pool_dual",
                                   .sums = true,
                                   .dims = "B=4 S=8 D=64 stride=2 max=no|yes tangents=0",
                                   .tolerance = 1e-6,
                                   .lay_out = dual_lay_out,
                                   .derive = dual_derive,
                                   .record = dual_record,
                                   .reference = dual_reference,
                                   .cost = dual_cost,
                                   LOCL_OP_BREAKS(dual_breaks),
                                   LOCL_OP_CUTS,
                                   LOCL_OP_SHAPES(dual_shapes, 2)};

/* pool_vjp */
enum { Q = X + 1, T, Q_SIZES };

static const char *const vjp_shapes[] = {
    "B=1 S=1 D=1 stride=1 max=no",     "B=3 S=5 D=17 stride=2 max=yes",  "B=2 S=4 D=68 stride=2 max=no",
    "B=2 S=6 D=20 stride=1 max=yes",   "B=2 S=7 D=80 stride=3 max=yes",  "B=3 S=2 D=64 stride=2 max=yes",
    "B=2 S=9 D=32 stride=5 max=no",    "B=1 S=9 D=16 stride=4 max=yes",  "B=5 S=3 D=3 stride=1 max=no",
    "B=2 S=8 D=36 stride=2 max=no",    "B=2 S=1 D=509 stride=2 max=yes", "B=64 S=8 D=512 stride=2 max=no",
    "B=64 S=8 D=256 stride=2 max=yes",
};

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

static locl_op_cost vjp_cost(const locl_op_case *c, const locl_caps *caps)
{
    (void)caps;
    return locl_op_cost_of(c, adds_of(c));
}

static const locl_op_break vjp_breaks[] = {
    {.shape = "B=3 S=5 D=17 stride=2 max=yes",
     .kernel = "pool_vjp",
     .file = "pool.cl",
     .from = "sum = vec_pick(sum, sum + v, takes)",
     .to = "sum += v"},
    {.shape = "B=2 S=4 D=68 stride=2",
     .kernel = "pool_vjp",
     .file = "pool.cl",
     .from = "sum *= 1.0f / (WINDOW * WINDOW)",
     .to = "sum *= 1.0f"},
};

const locl_op locl_op_pool_vjp = {.name = "pool_vjp",
                                  .sums = true,
                                  .dims = "B=4 S=8 D=64 stride=2 max=no|yes",
                                  .tolerance = 1e-6,
                                  .lay_out = vjp_lay_out,
                                  .derive = vjp_derive,
                                  .record = vjp_record,
                                  .reference = vjp_reference,
                                  .cost = vjp_cost,
                                  LOCL_OP_BREAKS(vjp_breaks),
                                  LOCL_OP_CUTS,
                                  LOCL_OP_SHAPES(vjp_shapes, 2)};
