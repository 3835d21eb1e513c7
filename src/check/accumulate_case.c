#include "ops/accumulate.h"
#include "check/case.h"

#include <string.h>

enum { ROWS, N, COPIES, MASKED };
enum { T, POST, OUT };

static const char *const shapes[] = {
    "rows=1 n=1 copies=1 masked=no",      "rows=1 n=1 copies=1 masked=yes",
    "rows=1 n=13 copies=1 masked=yes",    "rows=2 n=34 copies=1 masked=yes",
    "rows=1 n=64 copies=1 masked=no",     "rows=5 n=16 copies=1 masked=yes",
    "rows=1 n=8193 copies=1 masked=no",   "rows=1 n=509 copies=1 masked=yes",
    "rows=65 n=64 copies=1 masked=yes",   "rows=3 n=7 copies=2 masked=yes",
    "rows=17 n=64 copies=2 masked=no",    "rows=5 n=12 copies=4 masked=yes",
    "rows=512 n=512 copies=1 masked=yes", "rows=1024 n=128 copies=2 masked=yes",
};

static void lay_out(locl_op_case *c)
{
    locl_op_add(c, T, "t", LOCL_OP_IN, LOCL_FILL_TANGENT, c->dim[ROWS] * c->dim[COPIES], c->dim[N]);
    locl_op_add(c, POST, "post", LOCL_OP_IN, LOCL_FILL_VALUES, c->dim[MASKED] * c->dim[ROWS] * c->dim[COPIES],
                c->dim[N]);
    locl_op_add(c, OUT, "out", LOCL_OP_IN_OUT, LOCL_FILL_TANGENT, c->dim[ROWS], c->dim[N]);
}

static void record(const locl_op_case *c, locl_command_buffer *cmd)
{
    locl_accumulate(cmd, locl_op_arg(c, T), locl_op_arg(c, POST), locl_op_arg(c, OUT), c->dim[ROWS],
                    c->dim[N], c->dim[COPIES]);
}

static void reference(locl_op_case *c)
{
    size_t rows = c->dim[ROWS], n = c->dim[N], copies = c->dim[COPIES];
    memcpy(c->t[OUT].want, c->t[OUT].in, rows * n * sizeof(float));
    locl_accumulate_ref(c->t[T].in, c->t[POST].in, c->t[OUT].want, rows, n, copies);
    for (size_t i = 0; i < rows * n; i++) {
        c->t[OUT].scale[i] = fabs((double)c->t[OUT].in[i]);
        for (size_t k = 0; k < copies; k++) {
            c->t[OUT].scale[i] += fabs((double)c->t[T].in[(i / n * copies + k) * n + i % n]);
        }
    }
}

static locl_op_cost cost(const locl_op_case *c, const locl_caps *caps)
{
    (void)caps;
    return locl_op_cost_of(c, (double)(c->t[T].rows * c->t[T].n));
}

static const locl_op_break breaks[] = {
    {.shape = "rows=3 n=7 copies=2 masked=yes",
     .kernel = "accumulate",
     .file = "accumulate.cl",
     .from = "sum += v",
     .to = "sum = v"},
    {.shape = "rows=3 n=7 copies=2 masked=yes",
     .kernel = "accumulate",
     .file = "accumulate.cl",
     .from = "vec_where_positive(vec_load(post + at), v)",
     .to = "v"},
};

const locl_op locl_op_accumulate = {.name = "accumulate",
                                    .sums = true,
                                    .dims = "rows=64 n=64 copies=1 masked=no|yes",
                                    .tolerance = 1e-6,
                                    .lay_out = lay_out,
                                    .record = record,
                                    .reference = reference,
                                    .cost = cost,
                                    LOCL_OP_BREAKS(breaks),
                                    LOCL_OP_CUTS,
                                    LOCL_OP_SHAPES(shapes, 2)};
