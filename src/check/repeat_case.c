#include "ops/repeat.h"
#include "check/case.h"

enum { ROWS, N, COPIES };
enum { X, Y };

static const char *const shapes[] = {
    "rows=1 n=1 copies=2",   "rows=3 n=7 copies=2",    "rows=5 n=12 copies=3",    "rows=17 n=64 copies=2",
    "rows=2 n=509 copies=4", "rows=1 n=1024 copies=2", "rows=4096 n=48 copies=2",
};

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

static locl_op_cost cost(const locl_op_case *c, const locl_caps *caps)
{
    (void)caps;
    return locl_op_cost_of(c, 0);
}

static const locl_op_break breaks[] = {
    {.shape = "rows=3 n=7 copies=2",
     .kernel = "repeat",
     .file = "repeat.cl",
     .from = "k < copies",
     .to = "k + 1 < copies"},
    {.shape = "rows=3 n=7 copies=2",
     .kernel = "repeat",
     .file = "repeat.cl",
     .from = "vec_store(v, y",
     .to = "vec_store(v, y + rows * copies * n + j); vec_store(v, y"},
};

const locl_op locl_op_repeat = {.name = "repeat",
                                .dims = "rows=64 n=64 copies=2",
                                .tolerance = 1e-6,
                                .lay_out = lay_out,
                                .record = record,
                                .reference = reference,
                                .cost = cost,
                                LOCL_OP_BREAKS(breaks),
                                LOCL_OP_CUTS,
                                LOCL_OP_SHAPES(shapes, 1)};
