#include "check/peak.h"

#include "check/case.h"

/* The multiply-adds that rates are held against: x -> x / 2 + 1, which goes to 2. */
enum { ITEM_COUNT, ROUNDS };
enum { OUT };

static const float a = 0.5f, b = 1.0f;

static void lay_out(locl_op_case *c)
{
    locl_op_add(c, OUT, "out", LOCL_OP_OUT, LOCL_FILL_NONE, c->dim[ITEM_COUNT], 1);
}

static void record(const locl_op_case *c, locl_command_buffer *cmd)
{
    locl_peak_fma(cmd, 32, c->dim[ITEM_COUNT], c->dim[ROUNDS], a, b, locl_op_arg(c, OUT));
}

static void reference(locl_op_case *c)
{
    double sum = 0;
    for (int i = 0; i < LOCL_PEAK_CHAINS; i++) {
        sum += 2 + (i - 2) * pow(0.5, (double)c->dim[ROUNDS]);
    }
    for (size_t i = 0; i < c->dim[ITEM_COUNT]; i++) {
        c->t[OUT].want[i] = (float)sum;
        c->t[OUT].scale[i] = sum;
    }
}

static locl_op_cost cost(const locl_op_case *c, const locl_caps *caps)
{
    double values = (double)(c->dim[ITEM_COUNT] * locl_peak_lanes(caps) * LOCL_PEAK_CHAINS);
    return locl_op_cost_of(c, 2 * values * (double)c->dim[ROUNDS]);
}

static const char *const shapes[] = {"items=1 rounds=0", "items=13 rounds=1", "items=64 rounds=37",
                                     "items=16384 rounds=64"};

static const locl_op_break breaks[] = {
    {.shape = "items=13 rounds=3",
     .kernel = "peak_fma",
     .file = "peak.cl",
     .from = "round < rounds",
     .to = "round + 1 < rounds"},
};

const locl_op locl_op_peak_fma = {.name = "peak_fma",
                                  .dims = "items=1024 rounds=0",
                                  .tolerance = 1e-6,
                                  .lay_out = lay_out,
                                  .record = record,
                                  .reference = reference,
                                  .cost = cost,
                                  LOCL_OP_BREAKS(breaks),
                                  LOCL_OP_CUTS,
                                  LOCL_OP_SHAPES(shapes, 0)};
