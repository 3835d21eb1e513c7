#include "ops/batchnorm.h"
#include "check/case.h"

#include <string.h>

/* Tensors whose columns are rows of the table's: hard rows become hard columns. */
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

static const size_t dual_shapes[][LOCL_OP_DIMS] = {
    {1, 1, 0, 1},   {13, 1, 0, 1},  {31, 17, 1, 3},   {17, 509, 0, 1},  {2, 65, 1, 1},
    {19, 4, 2, 0},  {11, 68, 0, 3}, {23, 80, 1, 1},   {16, 2048, 2, 0}, {8, 1088, 0, 2},
    {65, 32, 0, 3}, {1, 96, 2, 0},  {64, 8192, 1, 1}, {128, 512, 0, 0}};

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

/* Sizes of column j's terms. */
static void dual_scales(locl_op_case *c, size_t j)
{
    size_t batch = c->dim[BATCH], n = c->dim[N];
    locl_row_size s = locl_row_size_of(c->t[COLUMNS].in + j * batch, NULL, 0, batch, true);
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

const locl_op locl_op_batchnorm_dual = {.name = "batchnorm_dual",
                                        .dims = "batch,n,statistics,tangents",
                                        .tolerance = 1e-5,
                                        .lay_out = dual_lay_out,
                                        .derive = dual_derive,
                                        .record = dual_record,
                                        .reference = dual_reference,
                                        LOCL_OP_SHAPES(dual_shapes)};

/* batchnorm_vjp */
enum { VJP_COLUMNS, VJP_X, VJP_Y, VJP_R, VJP_T, VJP_Q };
enum { IN_PLACE = N + 1, COPIES };

static const size_t vjp_shapes[][LOCL_OP_DIMS] = {{1, 1, 0, 1},   {31, 17, 1, 1},  {17, 509, 0, 1},
                                                  {2, 65, 0, 3},  {11, 68, 1, 3},  {23, 80, 0, 1},
                                                  {65, 32, 1, 1}, {64, 8192, 1, 1}};

static void vjp_lay_out(locl_op_case *c)
{
    size_t batch = c->dim[BATCH], n = c->dim[N];
    bool in_place = c->dim[IN_PLACE];
    locl_op_add(c, VJP_COLUMNS, "columns", LOCL_OP_HOST, LOCL_FILL_VALUES, n, batch);
    locl_op_add(c, VJP_X, "x", LOCL_OP_HOST, LOCL_FILL_NONE, batch, n);
    locl_op_add(c, VJP_Y, "y", LOCL_OP_IN, LOCL_FILL_NONE, batch, n);
    locl_op_add(c, VJP_R, "r", LOCL_OP_IN, LOCL_FILL_NONE, 1, n);
    locl_op_add(c, VJP_T, "t", LOCL_OP_IN, LOCL_FILL_TANGENT, in_place ? 0 : c->dim[COPIES] * batch, n);
    locl_op_add(c, VJP_Q, "q", in_place ? LOCL_OP_IN_OUT : LOCL_OP_OUT, LOCL_FILL_TANGENT,
                c->dim[COPIES] * batch, n);
}

static size_t vjp_t(const locl_op_case *c)
{
    return c->dim[IN_PLACE] ? VJP_Q : VJP_T;
}

static void vjp_derive(locl_op_case *c)
{
    transpose(c->t[VJP_COLUMNS].in, c->dim[BATCH], c->dim[N], c->t[VJP_X].in);
    locl_batchnorm_dual_ref(c->t[VJP_X].in, NULL, c->t[VJP_Y].in, NULL, c->t[VJP_R].in, LOCL_STATISTICS_OWN,
                            NULL, NULL, c->dim[BATCH], c->dim[N], 0);
}

static void vjp_record(const locl_op_case *c, locl_command_buffer *cmd)
{
    locl_batchnorm_vjp(cmd, locl_op_arg(c, VJP_Y), locl_op_arg(c, VJP_R), locl_op_arg(c, vjp_t(c)),
                       locl_op_arg(c, VJP_Q), c->dim[BATCH], c->dim[N], c->dim[COPIES]);
}

/* One of the copies, `at` values in. */
static void vjp_copy(locl_op_case *c, size_t at)
{
    size_t batch = c->dim[BATCH], n = c->dim[N];
    const float *t = c->t[vjp_t(c)].in + at;
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

const locl_op locl_op_batchnorm_vjp = {.name = "batchnorm_vjp",
                                       .dims = "batch,n,in_place,copies",
                                       .tolerance = 1e-5,
                                       .lay_out = vjp_lay_out,
                                       .derive = vjp_derive,
                                       .record = vjp_record,
                                       .reference = vjp_reference,
                                       LOCL_OP_SHAPES(vjp_shapes)};
