#include "ops/repeat.h"
#include "check/case.h"

enum { ROWS, N, COPIES };
enum { X, Y };

static const size_t shapes[][LOCL_OP_DIMS] = {{1, 1, 2},   {3, 7, 2},    {5, 12, 3},   {17, 64, 2},
                                              {2, 509, 4}, {1, 1024, 2}, {4096, 48, 2}};

static void lay_out(locl_op_case *c)
{
    locl_op_add(c, X, "x", LOCL_OP_IN, LOCL_FILL_VALUES, c->dim[ROWS], c->dim[N]);
    locl_op_add(c, Y, "y", LOCL_OP_OUT, LOCL_FILL_NONE, c->dim[ROWS] * c->dim[COPIES], c->dim[N]);
    c->t[Y].exact = c->dim[N];
}

static void record(const locl_op_case *c, locl_command_buffer *cmd)
{
    locl_repeat(cmd, locl_op_arg(c, X), locl_op_arg(c, Y), c->dim[ROWS], c->dim[N], c->dim[COPIES]);
}

static void reference(locl_op_case *c)
{
    locl_repeat_ref(c->t[X].in, c->t[Y].want, c->dim[ROWS], c->dim[N], c->dim[COPIES]);
}

const locl_op locl_op_repeat = {.name = "repeat",
                                .dims = "rows,n,copies",
                                .tolerance = 1e-6,
                                .lay_out = lay_out,
                                .record = record,
                                .reference = reference,
                                LOCL_OP_SHAPES(shapes)};
