#include "check/case.h"
#include "ops/weight.h"

#include <string.h>

/* weight_estimate */
enum { COUNT, INNER, GROUPS, ADD };
enum { U, S, OUT };

static const float scale = 0.61f; /* any would do */

static const char *const shapes[] = {
    "count=1 inner=1 groups=1 add=no",         "count=13 inner=1 groups=1 add=yes",
    "count=509 inner=7 groups=5 add=no",       "count=65 inner=4 groups=16 add=yes",
    "count=960 inner=5 groups=3 add=yes",      "count=4097 inner=1 groups=1 add=no",
    "count=16384 inner=1024 groups=16 add=no",
};

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
    locl_weight_estimate(cmd, &shape, locl_op_arg(c, U), locl_op_arg(c, S), scale, (locl_write)c->dim[ADD],
                         locl_op_arg(c, OUT));
}

static void reference(locl_op_case *c)
{
    locl_weight_shape shape = shape_of(c);
    bool add = c->dim[ADD] != 0;
    if (add) {
        memcpy(c->t[OUT].want, c->t[OUT].in, shape.count * sizeof(float));
    }
    locl_weight_estimate_ref(&shape, c->t[U].in, c->t[S].in, scale, (locl_write)c->dim[ADD], c->t[OUT].want);
    for (size_t i = 0; i < shape.count; i++) {
        c->t[OUT].scale[i] =
            fabs((double)c->t[U].in[i] * (double)c->t[S].in[i / shape.inner % shape.groups]) +
            (add ? fabs((double)c->t[OUT].in[i]) : 0);
    }
}

/* Returns the cost: scale s u, and the sum where it is added. */
static locl_op_cost cost(const locl_op_case *c, const locl_caps *caps)
{
    (void)caps;
    return locl_op_cost_of(c, (double)c->dim[COUNT] * (c->dim[ADD] ? 3 : 2));
}

static const locl_op_break breaks[] = {
    {.shape = "count=65 inner=4 groups=16 add=yes",
     .kernel = "weight_estimate",
     .file = "weight.cl",
     .from = "/ inner % groups",
     .to = "% groups"},
    {.shape = "count=65 inner=4 groups=16 add=yes", .argument = "add=no"},
};

const locl_op locl_op_weight_estimate = {.name = "weight_estimate",
                                         .dims = "count=1024 inner=1 groups=1 add=no|yes",
                                         .tolerance = 1e-6,
                                         .lay_out = lay_out,
                                         .record = record,
                                         .reference = reference,
                                         .cost = cost,
                                         LOCL_OP_BREAKS(breaks),
                                         LOCL_OP_CUTS,
                                         LOCL_OP_SHAPES(shapes, 1)};

/* weight_shift */
enum { VALUE, SHIFT_U, MOVED };

static const float epsilon = 0.17f; /* any would do */

static const char *const shift_shapes[] = {
    "count=1", "count=13", "count=509", "count=960", "count=65537", "count=16384",
};

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

static locl_op_cost shift_cost(const locl_op_case *c, const locl_caps *caps)
{
    (void)caps;
    return locl_op_cost_of(c, 2 * (double)c->dim[COUNT]);
}

static const locl_op_break shift_breaks[] = {
    {.shape = "count=509",
     .kernel = "weight_shift",
     .file = "weight.cl",
     .from = "fma(epsilon,",
     .to = "fma(-epsilon,"},
};

const locl_op locl_op_weight_shift = {.name = "weight_shift",
                                      .dims = "count=1024",
                                      .tolerance = 1e-6,
                                      .lay_out = shift_lay_out,
                                      .record = shift_record,
                                      .reference = shift_reference,
                                      .cost = shift_cost,
                                      LOCL_OP_BREAKS(shift_breaks),
                                      LOCL_OP_CUTS,
                                      LOCL_OP_SHAPES(shift_shapes, 1)};
