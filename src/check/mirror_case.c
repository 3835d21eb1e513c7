#include "check/case.h"
#include "ops/mirror.h"

enum { ROWS, N, FIRST, SWEEP };
enum { OUT };

/* The step of the case is in the middle of a sweep where rows are fewer than the order. */
static const char *const shapes[] = {
    "rows=1 n=1",
    "rows=8 n=32 first=16",
    "rows=2 n=32 sweep=first",
    "rows=8 n=24",
    "rows=32 n=17",
    "rows=8 n=509 first=3",
    "rows=64 n=400 sweep=first first=128",
    "rows=64 n=512",
};

static locl_mirror mirror_of(const locl_op_case *c)
{
    return (locl_mirror){.in = c->dim[N],
                         .rows = c->dim[ROWS],
                         .seed = c->seed << 29 | LOCL_OP_SEED,
                         .block = 3,
                         .layer = LOCL_LAYER_CHANNEL};
}

static void lay_out(locl_op_case *c)
{
    locl_op_add(c, OUT, "out", LOCL_OP_OUT, LOCL_FILL_NONE, c->dim[ROWS], c->dim[N]);
    c->t[OUT].exact = c->dim[N];
}

static void record(const locl_op_case *c, locl_command_buffer *cmd)
{
    locl_mirror m = mirror_of(c);
    locl_mirror_rows(cmd, &m, (locl_mirror_sweep)c->dim[SWEEP], c->dim[FIRST], locl_op_arg(c, OUT));
}

static void reference(locl_op_case *c)
{
    locl_mirror m = mirror_of(c);
    locl_mirror_rows_ref(&m, (locl_mirror_sweep)c->dim[SWEEP], c->dim[FIRST], LOCL_OP_STEP, c->t[OUT].want);
}

static locl_op_cost cost(const locl_op_case *c, const locl_caps *caps)
{
    (void)caps;
    return locl_op_cost_of(c, 0);
}

static const locl_op_break breaks[] = {
    {.shape = "rows=8 n=24",
     .kernel = "mirror_rows",
     .file = "mirror.cl",
     .from = "step % steps * rows",
     .to = "step % steps"},
    {.shape = "rows=8 n=24",
     .kernel = "mirror_rows",
     .file = "mirror.cl",
     .from = "seed, sweep",
     .to = "seed, step"},
    {.shape = "rows=8 n=24", .argument = "sweep=first"},
};

const locl_op locl_op_mirror_rows = {.name = "mirror_rows",
                                     .dims = "rows=8 n=32 first=0 sweep=steps|first",
                                     .tolerance = 0,
                                     .lay_out = lay_out,
                                     .record = record,
                                     .reference = reference,
                                     .cost = cost,
                                     LOCL_OP_BREAKS(breaks),
                                     LOCL_OP_CUTS,
                                     LOCL_OP_SHAPES(shapes, 1)};
