#include "check/case.h"
#include "ops/draw.h"

enum { COUNT, FIRST, PASS, RADEMACHER, PASSES };
enum { OUT };

/* Every width of a chunk, and elements past 2^32, 2^34 (the counter's second word) and 2^53. */
#define FIRSTS(count, pass, rademacher)                                                                      \
    {count, 0, pass, rademacher, 1}, {count, 0x3FFFFFFF0, pass, rademacher, 1},                              \
    {                                                                                                        \
        count, 0x20000000000010, pass, rademacher, 1                                                         \
    }

static const size_t shapes[][LOCL_OP_DIMS] = {
    FIRSTS(64 * 7, 0, 0),  FIRSTS(32 * 7, 1, 0),  FIRSTS(16 * 7, 4095, 0), FIRSTS(4 * 7, 3, 0),
    FIRSTS(61, 2, 0),      FIRSTS(64 * 7, 0, 1),  FIRSTS(61, 2, 1),        {1, 0, 0, 0, 1},
    {1048576, 4, 1, 0, 1}, {1048576, 4, 1, 1, 1}, {61, 4, 2, 1, 3},        {64 * 7, 0, 0, 0, 3}};

static locl_noise noise_of(const locl_op_case *c)
{
    return c->dim[RADEMACHER] ? LOCL_NOISE_RADEMACHER : LOCL_NOISE_GAUSSIAN;
}

static void lay_out(locl_op_case *c)
{
    locl_op_add(c, OUT, "out", LOCL_OP_OUT, LOCL_FILL_NONE, c->dim[PASSES], c->dim[COUNT]);
    c->t[OUT].exact = c->dim[COUNT];
}

static void record(const locl_op_case *c, locl_command_buffer *cmd)
{
    uint32_t tag = locl_draw_tag(LOCL_STREAM_NOISE, 0, 3, 2);
    locl_draw_fill(cmd, noise_of(c), c->seed << 29 | LOCL_OP_SEED, tag, c->dim[PASS], c->dim[PASSES],
                   c->dim[FIRST], c->dim[COUNT], locl_op_arg(c, OUT));
}

static void reference(locl_op_case *c)
{
    for (size_t p = 0; p < c->dim[PASSES]; p++) {
        uint32_t tag = locl_draw_tag(LOCL_STREAM_NOISE, (uint32_t)(c->dim[PASS] + p), 3, 2);
        locl_draw(noise_of(c), c->seed << 29 | LOCL_OP_SEED, LOCL_OP_STEP, tag, c->dim[FIRST], c->dim[COUNT],
                  c->t[OUT].want + p * c->dim[COUNT]);
    }
}

const locl_op locl_op_draw_fill = {.name = "draw_fill",
                                   .dims = "count,first,pass,rademacher,passes",
                                   .tolerance = 0,
                                   .lay_out = lay_out,
                                   .record = record,
                                   .reference = reference,
                                   LOCL_OP_SHAPES(shapes)};
