#include "ops/accumulate.h"
#include "ops/case.h"

#include <string.h>

enum { COUNT, MASKED };
enum { T, POST, OUT };

static const size_t shapes[][LOCL_OP_DIMS] = {{1, 0},  {1, 1},    {13, 1},  {68, 1},     {64, 0},
                                              {80, 1}, {8193, 0}, {509, 1}, {262144, 1}, {4160, 1}};

static void lay_out(locl_op_case *c)
{
    locl_op_add(c, T, "t", LOCL_OP_IN, LOCL_FILL_TANGENT, 1, c->dim[COUNT]);
    locl_op_add(c, POST, "post", LOCL_OP_IN, LOCL_FILL_VALUES, c->dim[MASKED], c->dim[COUNT]);
    locl_op_add(c, OUT, "out", LOCL_OP_IN_OUT, LOCL_FILL_TANGENT, 1, c->dim[COUNT]);
}

static void record(const locl_op_case *c, locl_plan *plan)
{
    locl_accumulate(plan, locl_op_arg(c, T), locl_op_arg(c, POST), locl_op_arg(c, OUT), c->dim[COUNT]);
}

static void reference(locl_op_case *c)
{
    size_t n = c->dim[COUNT];
    memcpy(c->t[OUT].want, c->t[OUT].in, n * sizeof(float));
    locl_accumulate_ref(c->t[T].in, c->t[POST].in, c->t[OUT].want, n);
    for (size_t i = 0; i < n; i++) {
        c->t[OUT].scale[i] = fabs((double)c->t[T].in[i]) + fabs((double)c->t[OUT].in[i]);
    }
}

const locl_op locl_op_accumulate = {.name = "accumulate",
                                    .dims = "count,masked",
                                    .tolerance = 1e-6,
                                    .lay_out = lay_out,
                                    .record = record,
                                    .reference = reference,
                                    LOCL_OP_SHAPES(shapes)};
