#include "ops/slices.h"
#include "check/case.h"

#include <string.h>

enum { COUNT, SLICES, FIRST, BEGIN };
enum { T, OUT };

static const char *const shapes[] = {
    "count=1 slices=2 first=0",           "count=1 slices=3 first=7",
    "count=13 slices=8 first=0",          "count=68 slices=3 first=1",
    "count=509 slices=7 first=16",        "count=8193 slices=2 first=0",
    "count=262144 slices=8 first=16",     "count=68 slices=4 first=5 begin=5",
    "count=509 slices=2 first=9 begin=5",
};

static void lay_out(locl_op_case *c)
{
    locl_op_add(c, T, "t", LOCL_OP_IN, LOCL_FILL_TANGENT, 1, c->dim[COUNT]);
    locl_op_add(c, OUT, "out", LOCL_OP_IN_OUT, LOCL_FILL_TANGENT, 1, c->dim[COUNT]);
}

static void bind(const locl_op_case *c, locl_bindings *bindings)
{
    bindings->first_image = c->dim[FIRST];
}

static void record(const locl_op_case *c, locl_command_buffer *cmd)
{
    locl_slices_add(cmd, locl_op_arg(c, T), locl_op_arg(c, OUT), c->dim[COUNT], 1 / (double)c->dim[SLICES],
                    c->dim[BEGIN]);
}

static void reference(locl_op_case *c)
{
    memcpy(c->t[OUT].want, c->t[OUT].in, c->dim[COUNT] * sizeof(float));
    locl_slices_add_ref(c->t[T].in, c->t[OUT].want, c->dim[COUNT], 1 / (double)c->dim[SLICES],
                        c->dim[FIRST] - c->dim[BEGIN]);
    for (size_t i = 0; i < c->dim[COUNT]; i++) {
        c->t[OUT].scale[i] = fabs((double)c->t[OUT].in[i]) + fabs((double)c->t[T].in[i]);
    }
}

static locl_op_cost cost(const locl_op_case *c, const locl_caps *caps)
{
    (void)caps;
    return locl_op_cost_of(c, 2 * (double)c->dim[COUNT]);
}

static const locl_op_break breaks[] = {
    {.shape = "count=68 slices=3 first=1",
     .kernel = "slices_add",
     .file = "slices.cl",
     .from = "first > 0",
     .to = "first > 1"},
    {.shape = "count=13 slices=8 first=0",
     .kernel = "slices_add",
     .file = "slices.cl",
     .from = "first > 0",
     .to = "first >= 0"},
    {.shape = "count=13 slices=8 first=0",
     .kernel = "slices_add",
     .file = "slices.cl",
     .from = "share * vec_load",
     .to = "vec_load"},
};

const locl_op locl_op_slices_add = {.name = "slices_add",
                                    .sums = true,
                                    .dims = "count=64 slices=2 first=0 begin=0",
                                    .tolerance = 1e-6,
                                    .lay_out = lay_out,
                                    .bind = bind,
                                    .record = record,
                                    .reference = reference,
                                    .cost = cost,
                                    LOCL_OP_BREAKS(breaks),
                                    LOCL_OP_CUTS,
                                    LOCL_OP_SHAPES(shapes, 1)};
