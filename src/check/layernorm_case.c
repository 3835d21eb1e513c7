#include "check/case.h"
#include "ops/layernorm.h"

/* layernorm_dual */
enum { X, DX, Y, DY, R };
enum { ROWS, N, TANGENTS, HALVES };
enum { HALF_Y = 1, HALF_ALL }; /* of HALVES: x is what a stage gets from the loader, floats */

static const char *const dual_shapes[] = {
    "rows=1 n=1 tangents=1",
    "rows=13 n=1",
    "rows=31 n=17 tangents=3",
    "rows=17 n=509 tangents=1",
    "rows=97 n=65 tangents=3",
    "rows=19 n=4 tangents=1",
    "rows=11 n=68 tangents=3",
    "rows=23 n=80 tangents=1",
    "rows=16 n=2048 tangents=1",
    "rows=513 n=32 tangents=3",
    "rows=31 n=17 tangents=3 halves=yes",
    "rows=97 n=65 halves=y",
    "rows=11 n=68 tangents=3 halves=yes",
    "rows=23 n=80 halves=y",
    "rows=513 n=32 tangents=1 halves=yes",
    "rows=16 n=2048 halves=yes",
    "rows=8192 n=512 tangents=1",
};

static void dual_lay_out(locl_op_case *c)
{
    size_t rows = c->dim[ROWS], n = c->dim[N];
    locl_op_add(c, X, "x", LOCL_OP_IN, LOCL_FILL_VALUES, rows, n);
    locl_op_add(c, DX, "dx", LOCL_OP_IN, LOCL_FILL_TANGENT, c->dim[TANGENTS] * rows, n);
    locl_op_add(c, Y, "y", LOCL_OP_OUT, LOCL_FILL_NONE, rows, n);
    locl_op_add(c, DY, "dy", LOCL_OP_OUT, LOCL_FILL_NONE, c->dim[TANGENTS] * rows, n);
    locl_op_add(c, R, "r", LOCL_OP_OUT, LOCL_FILL_NONE, rows, 1);
    locl_op_store(c, X, c->dim[HALVES] == HALF_ALL);
    for (size_t i = DX; i <= DY; i++) {
        locl_op_store(c, i, c->dim[HALVES] >= HALF_Y);
    }
}

static void dual_record(const locl_op_case *c, locl_command_buffer *cmd)
{
    locl_layernorm_dual(cmd, locl_op_arg(c, X), locl_op_arg(c, DX), locl_op_arg(c, Y), locl_op_arg(c, DY),
                        locl_op_arg(c, R), c->dim[ROWS], c->dim[N], c->dim[TANGENTS]);
}

static void dual_reference(locl_op_case *c)
{
    size_t rows = c->dim[ROWS], n = c->dim[N];
    locl_layernorm_dual_ref(c->t[X].in, c->t[DX].in, c->t[Y].want, c->t[DY].want, c->t[R].want, rows, n,
                            c->dim[TANGENTS]);
    for (size_t i = 0; i < rows; i++) {
        locl_row_size s = locl_row_size_of_norm(c->t[X].in + i * n, n);
        locl_row_set(c->t[Y].scale + i * n, n, s.y);
        c->t[R].scale[i] = s.map;
        for (size_t m = 0; m < c->dim[TANGENTS]; m++) {
            size_t at = (m * rows + i) * n;
            locl_row_set(c->t[DY].scale + at, n, s.map * locl_row_largest(c->t[DX].in + at, n));
        }
    }
}

/* Returns the cost. Mean, variance (x - m, its square, its sum) and y = (x - m) r take 6. mean(t), mean(y t)
 * and r ((t - a) - y b) of a tangent take 7. */
static locl_op_cost dual_cost(const locl_op_case *c, const locl_caps *caps)
{
    (void)caps;
    double values = (double)c->dim[ROWS] * (double)c->dim[N];
    return locl_op_cost_of(c, values * (6 + 7 * (double)c->dim[TANGENTS]));
}

static const locl_op_break dual_breaks[] = {
    {.shape = "rows=31 n=17 tangents=3",
     .kernel = "layernorm_dual",
     .file = "layernorm.cl",
     .from = "- s.mean) * s.r, y",
     .to = "- s.mean) * s.r * 1.001f, y"},
    {.shape = "rows=31 n=17 tangents=3 halves=yes",
     .kernel = "layernorm_dual",
     .file = "layernorm.cl",
     .from = "- s.mean) * s.r, y",
     .to = "- s.mean) * s.r * 1.001f, y"},
    {.shape = "rows=31 n=17 tangents=3",
     .kernel = "layernorm_dual",
     .file = "layernorm.cl",
     .from = "r[row] = s.r",
     .to = "r[row] = s.mean"},
    {.shape = "rows=31 n=17 tangents=3", .argument = "tangents=2"},
};

const locl_op locl_op_layernorm_dual = {.name = "layernorm_dual",
                                        .dims = "rows=64 n=512 tangents=0 halves=no|y|yes",
                                        .tolerance = 1e-5,
                                        .lay_out = dual_lay_out,
                                        .record = dual_record,
                                        .reference = dual_reference,
                                        .cost = dual_cost,
                                        LOCL_OP_BREAKS(dual_breaks),
                                        LOCL_OP_CUTS,
                                        LOCL_OP_SHAPES(dual_shapes, 1)};

/* layernorm_vjp */
enum { VJP_X, VJP_Y, VJP_R, VJP_T, VJP_Q };
enum { VJP_ROWS, VJP_N, IN_PLACE, COPIES, VJP_HALVES };

static const char *const vjp_shapes[] = {
    "rows=1 n=1 in_place=no copies=1",       "rows=31 n=17 in_place=yes copies=1",
    "rows=17 n=509 in_place=no copies=1",    "rows=97 n=65 in_place=no copies=3",
    "rows=11 n=68 in_place=yes copies=3",    "rows=23 n=80 in_place=no copies=1",
    "rows=513 n=32 in_place=yes copies=1",   "rows=31 n=17 in_place=yes copies=1 halves=yes",
    "rows=11 n=68 copies=3 halves=yes",      "rows=23 n=80 copies=1 halves=yes",
    "rows=8192 n=512 in_place=yes copies=1",
};

static void vjp_lay_out(locl_op_case *c)
{
    size_t rows = c->dim[VJP_ROWS], n = c->dim[VJP_N];
    locl_op_add(c, VJP_X, "x", LOCL_OP_HOST, LOCL_FILL_VALUES, rows, n);
    locl_op_add(c, VJP_Y, "y", LOCL_OP_IN, LOCL_FILL_NONE, rows, n);
    locl_op_add(c, VJP_R, "r", LOCL_OP_IN, LOCL_FILL_NONE, rows, 1);
    locl_op_add_back(c, VJP_T, VJP_Q, c->dim[IN_PLACE], c->dim[COPIES] * rows, n);
    locl_op_store(c, VJP_Y, c->dim[VJP_HALVES]);
}

static void vjp_derive(locl_op_case *c)
{
    locl_layernorm_dual_ref(c->t[VJP_X].in, NULL, c->t[VJP_Y].in, NULL, c->t[VJP_R].in, c->dim[VJP_ROWS],
                            c->dim[VJP_N], 0);
}

static void vjp_record(const locl_op_case *c, locl_command_buffer *cmd)
{
    locl_layernorm_vjp(cmd, locl_op_arg(c, VJP_Y), locl_op_arg(c, VJP_R),
                       locl_op_arg(c, locl_op_back_from(c, VJP_T, VJP_Q)), locl_op_arg(c, VJP_Q),
                       c->dim[VJP_ROWS], c->dim[VJP_N], c->dim[COPIES]);
}

static void vjp_reference(locl_op_case *c)
{
    size_t rows = c->dim[VJP_ROWS], n = c->dim[VJP_N];
    const float *t = c->t[locl_op_back_from(c, VJP_T, VJP_Q)].in;
    for (size_t m = 0; m < c->dim[COPIES]; m++) {
        size_t at = m * rows * n;
        locl_layernorm_vjp_ref(c->t[VJP_Y].in, c->t[VJP_R].in, t + at, c->t[VJP_Q].want + at, rows, n);
        for (size_t i = 0; i < rows; i++) {
            double size = c->t[VJP_R].in[i] * (1 + locl_row_largest(c->t[VJP_Y].in + i * n, n));
            locl_row_set(c->t[VJP_Q].scale + at + i * n, n, size * locl_row_largest(t + at + i * n, n));
        }
    }
}

/* Returns the cost, that of a tangent. */
static locl_op_cost vjp_cost(const locl_op_case *c, const locl_caps *caps)
{
    (void)caps;
    return locl_op_cost_of(c, 7 * (double)c->dim[VJP_ROWS] * (double)c->dim[VJP_N] * (double)c->dim[COPIES]);
}

static const locl_op_break vjp_breaks[] = {
    {.shape = "rows=97 n=65 copies=3",
     .kernel = "layernorm_vjp",
     .file = "layernorm.cl",
     .from = "normalised, r[row]",
     .to = "normalised, 1.0f"},
    {.shape = "rows=11 n=68 copies=3 halves=yes",
     .kernel = "layernorm_vjp",
     .file = "layernorm.cl",
     .from = "normalised, r[row]",
     .to = "normalised, 1.001f * r[row]"},
};

const locl_op locl_op_layernorm_vjp = {.name = "layernorm_vjp",
                                       .dims = "rows=64 n=512 in_place=no|yes copies=1 halves=no|yes",
                                       .tolerance = 1e-5,
                                       .lay_out = vjp_lay_out,
                                       .derive = vjp_derive,
                                       .record = vjp_record,
                                       .reference = vjp_reference,
                                       .cost = vjp_cost,
                                       LOCL_OP_BREAKS(vjp_breaks),
                                       LOCL_OP_CUTS,
                                       LOCL_OP_SHAPES(vjp_shapes, 1)};
