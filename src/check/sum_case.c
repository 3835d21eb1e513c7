#include "check/case.h"
#include "ops/sum.h"

enum { ROWS, N };
enum { X, OUT };

static const float scale = 0.37f; /* any would do */

static const char *const shapes[] = {
    "rows=1 n=1",    "rows=13 n=1",   "rows=127 n=17", "rows=128 n=17", "rows=1031 n=65", "rows=331 n=68",
    "rows=257 n=80", "rows=199 n=32", "rows=17 n=509", "rows=64 n=10",  "rows=16384 n=3", "rows=8192 n=512",
};

static void lay_out(locl_op_case *c, size_t outputs)
{
    locl_op_add(c, X, "x", LOCL_OP_IN, LOCL_FILL_VALUES, c->dim[ROWS], c->dim[N]);
    locl_op_add(c, OUT, "out", LOCL_OP_OUT, LOCL_FILL_NONE, 1, outputs);
}

static void columns_lay_out(locl_op_case *c)
{
    lay_out(c, c->dim[N]);
}

static void columns_record(const locl_op_case *c, locl_command_buffer *cmd)
{
    locl_sum_columns(cmd, locl_op_arg(c, X), locl_op_arg(c, OUT), c->dim[ROWS], c->dim[N], scale);
}

static void columns_reference(locl_op_case *c)
{
    size_t n = c->dim[N];
    locl_sum_columns_ref(c->t[X].in, c->t[OUT].want, c->dim[ROWS], n, scale);
    for (size_t i = 0; i < c->dim[ROWS] * n; i++) {
        c->t[OUT].scale[i % n] += fabs((double)c->t[X].in[i]) * scale;
    }
}

/* Returns the cost. Of many rows, the sums of slabs of 64 or more are written, read and added up. */
static locl_op_cost columns_cost(const locl_op_case *c, const locl_caps *caps)
{
    (void)caps;
    size_t slabs = c->dim[ROWS] / 64 < 256 ? c->dim[ROWS] / 64 : 256;
    double partial = slabs > 1 ? (double)(slabs * c->dim[N]) : 0;
    return (locl_op_cost){.flops = (double)c->dim[ROWS] * (double)c->dim[N] + partial,
                          .bytes = locl_op_bytes(c) + 8 * partial};
}

static const locl_op_break columns_breaks[] = {
    {.shape = "rows=127 n=17",
     .kernel = "sum_columns",
     .file = "sum.cl",
     .from = "row > first ?",
     .to = "row > first + 1 ?"},
    {.shape = "rows=1031 n=65", .argument = "rows=1030"},
};

const locl_op locl_op_sum_columns = {.name = "sum_columns",
                                     .sums = true,
                                     .dims = "rows=512 n=64",
                                     .tolerance = 1e-5,
                                     .lay_out = columns_lay_out,
                                     .record = columns_record,
                                     .reference = columns_reference,
                                     .cost = columns_cost,
                                     LOCL_OP_BREAKS(columns_breaks),
                                     LOCL_OP_CUTS,
                                     LOCL_OP_SHAPES(shapes, 1)};

static void rows_lay_out(locl_op_case *c)
{
    lay_out(c, c->dim[ROWS]);
}

static void rows_record(const locl_op_case *c, locl_command_buffer *cmd)
{
    locl_sum_rows(cmd, locl_op_arg(c, X), locl_op_arg(c, OUT), c->dim[ROWS], c->dim[N]);
}

static void rows_reference(locl_op_case *c)
{
    size_t n = c->dim[N];
    locl_sum_rows_ref(c->t[X].in, c->t[OUT].want, c->dim[ROWS], n);
    for (size_t i = 0; i < c->dim[ROWS] * n; i++) {
        c->t[OUT].scale[i / n] += fabs((double)c->t[X].in[i]);
    }
}

static locl_op_cost rows_cost(const locl_op_case *c, const locl_caps *caps)
{
    (void)caps;
    return locl_op_cost_of(c, (double)c->dim[ROWS] * (double)c->dim[N]);
}

static const locl_op_break rows_breaks[] = {
    {.shape = "rows=127 n=17",
     .kernel = "sum_rows",
     .file = "sum.cl",
     .from = "sum += vec_load",
     .to = "sum = vec_load"},
};

const locl_op locl_op_sum_rows = {.name = "sum_rows",
                                  .dims = "rows=512 n=64",
                                  .tolerance = 1e-5,
                                  .lay_out = rows_lay_out,
                                  .record = rows_record,
                                  .reference = rows_reference,
                                  .cost = rows_cost,
                                  LOCL_OP_BREAKS(rows_breaks),
                                  LOCL_OP_CUTS,
                                  LOCL_OP_SHAPES(shapes, 1)};
