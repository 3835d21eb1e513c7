/* Stored in half precision and loaded again: what comes back are the nearest halves, to the bit. */
#include "ops/half.h"
#include "check/case.h"

enum { COUNT };
enum { X, Y };

static const char *const shapes[] = {
    "count=1", "count=13", "count=68", "count=509", "count=8193", "count=262144",
};

static void lay_out(locl_op_case *c)
{
    locl_op_add(c, X, "x", LOCL_OP_IN, LOCL_FILL_VALUES, 1, c->dim[COUNT]);
    locl_op_add(c, Y, "y", LOCL_OP_OUT, LOCL_FILL_NONE, 1, c->dim[COUNT]);
    c->t[Y].exact = c->dim[COUNT];
}

static void record(const locl_op_case *c, locl_command_buffer *cmd)
{
    size_t count = c->dim[COUNT];
    const locl_tensor *h = locl_command_buffer_scratch_of(cmd, true, count, "halves");
    locl_half_store(cmd, locl_op_arg(c, X), h, count);
    locl_half_load(cmd, h, locl_op_arg(c, Y), count);
}

static void reference(locl_op_case *c)
{
    locl_half_ref(c->t[X].in, c->t[Y].want, c->dim[COUNT]);
}

/* Each half is written once and read once. */
static locl_op_cost cost(const locl_op_case *c, const locl_caps *caps)
{
    (void)caps;
    locl_op_cost of = locl_op_cost_of(c, 0);
    of.bytes += 2 * LOCL_HALF_BYTES * (double)c->dim[COUNT];
    return of;
}

static const locl_op_break breaks[] = {
    {.shape = "count=68",
     .kernel = "half_store",
     .file = "half.cl",
     .from = "half_vec_store(vec_load",
     .to = "half_vec_store(1.001f * vec_load"},
    {.shape = "count=13",
     .kernel = "half_load",
     .file = "half.cl",
     .from = "vec_store(half_vec_load",
     .to = "vec_store(2.0f * half_vec_load"},
};

const locl_op locl_op_half = {.name = "half",
                              .dims = "count=64",
                              .lay_out = lay_out,
                              .record = record,
                              .reference = reference,
                              .cost = cost,
                              LOCL_OP_BREAKS(breaks),
                              LOCL_OP_CUTS,
                              LOCL_OP_SHAPES(shapes, 1)};
