#include "check/case.h"
#include "ops/weight.h"

#include <string.h>

/* weight_estimate */
enum { COUNT, INNER, GROUPS, ADD };
enum { U, S, OUT };

static const float scale = 0.61f; /* any would do */

static const size_t shapes[][LOCL_OP_DIMS] = {{1, 1, 1, 0},        {13, 1, 1, 1},  {509, 7, 5, 0},
                                              {65, 4, 16, 1},      {960, 5, 3, 1}, {4097, 1, 1, 0},
                                              {16384, 1024, 16, 0}};

static locl_weight_shape shape_of(const locl_op_case *c)
{
    return (locl_weight_shape){c->dim[COUNT], c->dim[INNER], c->dim[GROUPS]};
}

static void lay_out(locl_op_case *c)
{
    locl_op_add(c, U, "u", LOCL_OP_IN, LOCL_FILL_TANGENT, 1, c->dim[COUNT]);
    locl_op_add(c, S, "s", LOCL_OP_IN, LOCL_FILL_TANGENT, 1, c->dim[GROUPS]);
    locl_op_add(c, OUT, "out", c->dim[ADD] ? LOCL_OP_IN_OUT : LOCL_OP_OUT, LOCL_FILL_TANGENT, 1,
                c->dim[COUNT]);
}

static void record(const locl_op_case *c, locl_command_buffer *cmd)
{
    locl_weight_shape shape = shape_of(c);
    locl_weight_estimate(cmd, &shape, locl_op_arg(c, U), locl_op_arg(c, S), scale, c->dim[ADD] != 0,
                         locl_op_arg(c, OUT));
}

static void reference(locl_op_case *c)
{
    locl_weight_shape shape = shape_of(c);
    bool add = c->dim[ADD] != 0;
    if (add) {
        memcpy(c->t[OUT].want, c->t[OUT].in, shape.count * sizeof(float));
    }
    locl_weight_estimate_ref(&shape, c->t[U].in, c->t[S].in, scale, add, c->t[OUT].want);
    for (size_t i = 0; i < shape.count; i++) {
        c->t[OUT].scale[i] =
            fabs((double)c->t[U].in[i] * (double)c->t[S].in[i / shape.inner % shape.groups]) +
            (add ? fabs((double)c->t[OUT].in[i]) : 0);
    }
}

const locl_op locl_op_weight_estimate = {.name = "weight_estimate",
                                         .dims = "count,inner,groups,add",
                                         .tolerance = 1e-6,
                                         .lay_out = lay_out,
                                         .record = record,
                                         .reference = reference,
                                         LOCL_OP_SHAPES(shapes)};

/* weight_shift */
enum { VALUE, SHIFT_U, MOVED };

static const float epsilon = 0.17f; /* any would do */

static const size_t shift_shapes[][LOCL_OP_DIMS] = {{1}, {13}, {509}, {960}, {16384}, {65537}};

static void shift_lay_out(locl_op_case *c)
{
    locl_op_add(c, VALUE, "value", LOCL_OP_IN, LOCL_FILL_TANGENT, 1, c->dim[COUNT]);
    locl_op_add(c, SHIFT_U, "u", LOCL_OP_IN, LOCL_FILL_TANGENT, 1, c->dim[COUNT]);
    locl_op_add(c, MOVED, "out", LOCL_OP_OUT, LOCL_FILL_NONE, 1, c->dim[COUNT]);
}

static void shift_record(const locl_op_case *c, locl_command_buffer *cmd)
{
    locl_weight_shift(cmd, c->dim[COUNT], locl_op_arg(c, VALUE), locl_op_arg(c, SHIFT_U), epsilon,
                      locl_op_arg(c, MOVED));
}

static void shift_reference(locl_op_case *c)
{
    const float *value = c->t[VALUE].in, *u = c->t[SHIFT_U].in;
    locl_weight_shift_ref(c->dim[COUNT], value, u, epsilon, c->t[MOVED].want);
    for (size_t i = 0; i < c->dim[COUNT]; i++) {
        c->t[MOVED].scale[i] = fabs((double)value[i]) + fabs((double)epsilon * (double)u[i]);
    }
}

const locl_op locl_op_weight_shift = {.name = "weight_shift",
                                      .dims = "count",
                                      .tolerance = 1e-6,
                                      .lay_out = shift_lay_out,
                                      .record = shift_record,
                                      .reference = shift_reference,
                                      LOCL_OP_SHAPES(shift_shapes)};
