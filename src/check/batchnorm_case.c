#include "ops/batchnorm.h"
#include "check/case.h"

#include <string.h>

/* Transposes a tensor: hard rows become hard columns. */
static void transpose(const float *rows, size_t batch, size_t n, float *out)
{
    for (size_t j = 0; j < n; j++) {
        for (size_t i = 0; i < batch; i++) {
            out[i * n + j] = rows[j * batch + i];
        }
    }
}

/* batchnorm_dual */
enum { COLUMNS, X, DX, Y, DY, R, MEAN, VARIANCE };
enum { BATCH, N, STATISTICS, TANGENTS };

static const char *const dual_shapes[] = {
    "B=1 n=1 statistics=own tangents=1",
    "B=13 n=1 statistics=own tangents=1",
    "B=31 n=17 statistics=tracked tangents=3",
    "B=17 n=509 statistics=own tangents=1",
    "B=2 n=65 statistics=tracked tangents=1",
    "B=19 n=4 statistics=running",
    "B=11 n=68 statistics=own tangents=3",
    "B=23 n=80 statistics=tracked tangents=1",
    "B=16 n=2048 statistics=running",
    "B=8 n=1088 statistics=own tangents=2",
    "B=65 n=32 statistics=own tangents=3",
    "B=1 n=96 statistics=running",
    "B=64 n=8192 statistics=tracked tangents=1",
    "B=128 n=512 statistics=own",
};

static void dual_lay_out(locl_op_case *c)
{
    size_t batch = c->dim[BATCH], n = c->dim[N], tangents = c->dim[TANGENTS];
    size_t running = c->dim[STATISTICS] != LOCL_STATISTICS_OWN;
    locl_op_use use = c->dim[STATISTICS] == LOCL_STATISTICS_TRACKED ? LOCL_OP_IN_OUT : LOCL_OP_IN;
    locl_op_add(c, COLUMNS, "columns", LOCL_OP_HOST, LOCL_FILL_VALUES, n, batch);
    locl_op_add(c, X, "x", LOCL_OP_IN, LOCL_FILL_NONE, batch, n);
    locl_op_add(c, DX, "dx", LOCL_OP_IN, LOCL_FILL_TANGENT, tangents * batch, n);
    locl_op_add(c, Y, "y", LOCL_OP_OUT, LOCL_FILL_NONE, batch, n);
    locl_op_add(c, DY, "dy", LOCL_OP_OUT, LOCL_FILL_NONE, tangents * batch, n);
    locl_op_add(c, R, "r", LOCL_OP_OUT, LOCL_FILL_NONE, 1, n);
    locl_op_add(c, MEAN, "running mean", use, LOCL_FILL_TANGENT, running, n);
    locl_op_add(c, VARIANCE, "running variance", use, LOCL_FILL_TANGENT, running, n);
}

static void dual_derive(locl_op_case *c)
{
    transpose(c->t[COLUMNS].in, c->dim[BATCH], c->dim[N], c->t[X].in);
    for (size_t j = 0; c->t[VARIANCE].in && j < c->dim[N]; j++) {
        c->t[VARIANCE].in[j] = fabsf(c->t[VARIANCE].in[j]);
    }
}

static void dual_record(const locl_op_case *c, locl_command_buffer *cmd)
{
    locl_running running = {(locl_statistics)c->dim[STATISTICS], locl_op_arg(c, MEAN),
                            locl_op_arg(c, VARIANCE)};
    locl_batchnorm_dual(cmd, locl_op_arg(c, X), locl_op_arg(c, DX), locl_op_arg(c, Y), locl_op_arg(c, DY),
                        locl_op_arg(c, R), &running, c->dim[BATCH], c->dim[N], c->dim[TANGENTS]);
}

/* Sets the scales of column j from the sizes of its terms. */
static void dual_scales(locl_op_case *c, size_t j)
{
    size_t batch = c->dim[BATCH], n = c->dim[N];
    locl_row_size s = locl_row_size_of_norm(c->t[COLUMNS].in + j * batch, batch);
    if (c->dim[STATISTICS] == LOCL_STATISTICS_RUNNING) {
        double r = 1 / sqrt((double)c->t[VARIANCE].in[j] + 1e-5);
        s = (locl_row_size){.y = r * (s.value + fabs((double)c->t[MEAN].in[j])), .map = r};
    } else if (c->dim[STATISTICS] == LOCL_STATISTICS_TRACKED) {
        c->t[MEAN].scale[j] = s.value + fabs((double)c->t[MEAN].in[j]);
        c->t[VARIANCE].scale[j] = s.value * s.value + (double)c->t[VARIANCE].in[j];
    }
    c->t[R].scale[j] = s.map;
    for (size_t i = 0; i < batch; i++) {
        c->t[Y].scale[i * n + j] = s.y;
    }
    for (size_t m = 0; m < c->dim[TANGENTS]; m++) {
        double largest = 0;
        for (size_t i = 0; i < batch; i++) {
            largest = fmax(largest, fabs((double)c->t[DX].in[(m * batch + i) * n + j]));
        }
        for (size_t i = 0; i < batch; i++) {
            c->t[DY].scale[(m * batch + i) * n + j] = s.map * largest;
        }
    }
}

static void dual_reference(locl_op_case *c)
{
    size_t n = c->dim[N];
    float *mean = c->t[MEAN].in, *variance = c->t[VARIANCE].in;
    if (c->dim[STATISTICS] == LOCL_STATISTICS_TRACKED) {
        mean = memcpy(c->t[MEAN].want, mean, n * sizeof *mean);
        variance = memcpy(c->t[VARIANCE].want, variance, n * sizeof *variance);
    }
    locl_batchnorm_dual_ref(c->t[X].in, c->t[DX].in, c->t[Y].want, c->t[DY].want, c->t[R].want,
                            (locl_statistics)c->dim[STATISTICS], mean, variance, c->dim[BATCH], n,
                            c->dim[TANGENTS]);
    for (size_t j = 0; j < n; j++) {
        dual_scales(c, j);
    }
}

/* Returns the cost, that of layer normalisation. With running statistics y = (x - m) r is all. */
static locl_op_cost dual_cost(const locl_op_case *c, const locl_caps *caps)
{
    (void)caps;
    double values = (double)c->dim[BATCH] * (double)c->dim[N];
    double primal = c->dim[STATISTICS] == LOCL_STATISTICS_RUNNING ? 2 : 6;
    return locl_op_cost_of(c, values * (primal + 7 * (double)c->dim[TANGENTS]));
}

static const locl_op_break dual_breaks[] = {
    {.shape = "B=31 n=17 tangents=3",
     .kernel = "batchnorm_dual",
     .file = "batchnorm.cl",
     .from = "(vec_load(x + at) - s.mean.v[i])",
     .to = "vec_load(x + at)"},
    {.shape = "B=31 n=17 statistics=tracked",
     .kernel = "batchnorm_dual",
     .file = "batchnorm.cl",
     .from = "MOMENTUM * vec_load(running",
     .to = "vec_load(running"},
};

const locl_op locl_op_batchnorm_dual = {.name = "batchnorm_dual",
                                        .dims = "B=64 n=512 statistics=own|tracked|running tangents=0",
                                        .tolerance = 1e-5,
                                        .lay_out = dual_lay_out,
                                        .derive = dual_derive,
                                        .record = dual_record,
                                        .reference = dual_reference,
                                        .cost = dual_cost,
                                        LOCL_OP_BREAKS(dual_breaks),
                                        LOCL_OP_CUTS,
                                        LOCL_OP_SHAPES(dual_shapes, 2)};

/* batchnorm_vjp */
enum { VJP_COLUMNS, VJP_X, VJP_Y, VJP_R, VJP_T, VJP_Q };
enum { IN_PLACE = N + 1, COPIES };

static const char *const vjp_shapes[] = {
    "B=1 n=1 in_place=no copies=1",    "B=31 n=17 in_place=yes copies=1",   "B=17 n=509 in_place=no copies=1",
    "B=2 n=65 in_place=no copies=3",   "B=11 n=68 in_place=yes copies=3",   "B=23 n=80 in_place=no copies=1",
    "B=65 n=32 in_place=yes copies=1", "B=64 n=8192 in_place=yes copies=1",
};

static void vjp_lay_out(locl_op_case *c)
{
    size_t batch = c->dim[BATCH], n = c->dim[N];
    locl_op_add(c, VJP_COLUMNS, "columns", LOCL_OP_HOST, LOCL_FILL_VALUES, n, batch);
    locl_op_add(c, VJP_X, "x", LOCL_OP_HOST, LOCL_FILL_NONE, batch, n);
    locl_op_add(c, VJP_Y, "y", LOCL_OP_IN, LOCL_FILL_NONE, batch, n);
    locl_op_add(c, VJP_R, "r", LOCL_OP_IN, LOCL_FILL_NONE, 1, n);
    locl_op_add_back(c, VJP_T, VJP_Q, c->dim[IN_PLACE], c->dim[COPIES] * batch, n);
}

static void vjp_derive(locl_op_case *c)
{
    transpose(c->t[VJP_COLUMNS].in, c->dim[BATCH], c->dim[N], c->t[VJP_X].in);
    locl_batchnorm_dual_ref(c->t[VJP_X].in, NULL, c->t[VJP_Y].in, NULL, c->t[VJP_R].in, LOCL_STATISTICS_OWN,
                            NULL, NULL, c->dim[BATCH], c->dim[N], 0);
}

static void vjp_record(const locl_op_case *c, locl_command_buffer *cmd)
{
    locl_batchnorm_vjp(cmd, locl_op_arg(c, VJP_Y), locl_op_arg(c, VJP_R),
                       locl_op_arg(c, locl_op_back_from(c, VJP_T, VJP_Q)), locl_op_arg(c, VJP_Q),
                       c->dim[BATCH], c->dim[N], c->dim[COPIES]);
}

/* Runs the reference for one of the copies, which begins at value `at`. */
static void vjp_copy(locl_op_case *c, size_t at)
{
    size_t batch = c->dim[BATCH], n = c->dim[N];
    const float *t = c->t[locl_op_back_from(c, VJP_T, VJP_Q)].in + at;
    locl_batchnorm_vjp_ref(c->t[VJP_Y].in, c->t[VJP_R].in, t, c->t[VJP_Q].want + at, batch, n);
    for (size_t j = 0; j < n; j++) {
        double y = 0, largest = 0;
        for (size_t i = 0; i < batch; i++) {
            y = fmax(y, fabs((double)c->t[VJP_Y].in[i * n + j]));
            largest = fmax(largest, fabs((double)t[i * n + j]));
        }
        for (size_t i = 0; i < batch; i++) {
            c->t[VJP_Q].scale[at + i * n + j] = c->t[VJP_R].in[j] * (1 + y) * largest;
        }
    }
}

static void vjp_reference(locl_op_case *c)
{
    for (size_t m = 0; m < c->dim[COPIES]; m++) {
        vjp_copy(c, m * c->dim[BATCH] * c->dim[N]);
    }
}

/* Returns the cost, that of a tangent. */
static locl_op_cost vjp_cost(const locl_op_case *c, const locl_caps *caps)
{
    (void)caps;
    return locl_op_cost_of(c, 7 * (double)c->dim[BATCH] * (double)c->dim[N] * (double)c->dim[COPIES]);
}

static const locl_op_break vjp_breaks[] = {
    {.shape = "B=31 n=17",
     .kernel = "batchnorm_vjp",
     .file = "batchnorm.cl",
     .from = "rs.v[i] = vec_load(r + j + i * VEC)",
     .to = "rs.v[i] = 1.0f"},
};

const locl_op locl_op_batchnorm_vjp = {.name = "batchnorm_vjp",
                                       .dims = "B=64 n=512 in_place=no|yes copies=1",
                                       .tolerance = 1e-5,
                                       .lay_out = vjp_lay_out,
                                       .derive = vjp_derive,
                                       .record = vjp_record,
                                       .reference = vjp_reference,
                                       .cost = vjp_cost,
                                       LOCL_OP_BREAKS(vjp_breaks),
                                       LOCL_OP_CUTS,
                                       LOCL_OP_SHAPES(vjp_shapes, 1)};
