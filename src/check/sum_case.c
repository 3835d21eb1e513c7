#include "check/case.h"
#include "ops/sum.h"

enum { ROWS, N };
enum { X, OUT };

static const float scale = 0.37f; /* any would do */

static const size_t shapes[][LOCL_OP_DIMS] = {{1, 1},     {13, 1},   {127, 17},   {128, 17},
                                              {1031, 65}, {331, 68}, {257, 80},   {199, 32},
                                              {17, 509},  {64, 10},  {8192, 512}, {16384, 3}};

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

const locl_op locl_op_sum_columns = {.name = "sum_columns",
                                     .dims = "rows,n",
                                     .tolerance = 1e-5,
                                     .lay_out = columns_lay_out,
                                     .record = columns_record,
                                     .reference = columns_reference,
                                     LOCL_OP_SHAPES(shapes)};

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

const locl_op locl_op_sum_rows = {.name = "sum_rows",
                                  .dims = "rows,n",
                                  .tolerance = 1e-5,
                                  .lay_out = rows_lay_out,
                                  .record = rows_record,
                                  .reference = rows_reference,
                                  LOCL_OP_SHAPES(shapes)};
