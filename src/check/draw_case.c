#include "check/case.h"
#include "ops/draw.h"

enum { COUNT, FIRST, PASS, RADEMACHER, PASSES, VIEWS };
enum { OUT };

/* The shapes have every width of a chunk, and elements past 2^32, 2^34 (the counter's second word) and
 * 2^53. */
static const char *const shapes[] = {
    "count=448 noise=gaussian passes=1",
    "count=448 first=17179869168 noise=gaussian passes=1",
    "count=448 first=9007199254741008 noise=gaussian passes=1",
    "count=224 pass=1 noise=gaussian passes=1",
    "count=224 first=17179869168 pass=1 noise=gaussian passes=1",
    "count=224 first=9007199254741008 pass=1 noise=gaussian passes=1",
    "count=112 pass=4095 noise=gaussian passes=1",
    "count=112 first=17179869168 pass=4095 noise=gaussian passes=1",
    "count=112 first=9007199254741008 pass=4095 noise=gaussian passes=1",
    "count=28 pass=3 noise=gaussian passes=1",
    "count=28 first=17179869168 pass=3 noise=gaussian passes=1",
    "count=28 first=9007199254741008 pass=3 noise=gaussian passes=1",
    "count=61 pass=2 noise=gaussian passes=1",
    "count=61 first=17179869168 pass=2 noise=gaussian passes=1",
    "count=61 first=9007199254741008 pass=2 noise=gaussian passes=1",
    "count=448 noise=rademacher passes=1",
    "count=448 first=17179869168 noise=rademacher passes=1",
    "count=448 first=9007199254741008 noise=rademacher passes=1",
    "count=61 pass=2 noise=rademacher passes=1",
    "count=61 first=17179869168 pass=2 noise=rademacher passes=1",
    "count=61 first=9007199254741008 pass=2 noise=rademacher passes=1",
    "count=1 noise=gaussian passes=1",
    "count=61 first=4 pass=2 noise=rademacher passes=3",
    "count=448 noise=gaussian passes=3",
    "count=896 first=4 noise=gaussian passes=1 views=2",
    "count=122 noise=rademacher passes=3 views=2",
    "count=1048576 first=4 pass=1 noise=gaussian passes=1",
    "count=1048576 first=4 pass=1 noise=rademacher passes=1",
};

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
                   c->dim[FIRST], 0, c->dim[VIEWS], c->dim[COUNT], locl_op_arg(c, OUT));
}

static void reference(locl_op_case *c)
{
    size_t of_view = c->dim[COUNT] / c->dim[VIEWS];
    for (size_t i = 0; i < c->dim[PASSES] * c->dim[VIEWS]; i++) {
        uint32_t pass = (uint32_t)(c->dim[PASS] + i / c->dim[VIEWS]);
        uint32_t tag = locl_draw_tag(LOCL_STREAM_NOISE, pass, 3, 2);
        locl_draw(noise_of(c), c->seed << 29 | LOCL_OP_SEED, LOCL_OP_STEP, tag, c->dim[FIRST], of_view,
                  c->t[OUT].want + i * of_view);
    }
}

static const char *refuses(const size_t *dim)
{
    return dim[VIEWS] == 0 || dim[COUNT] % dim[VIEWS] ? "views divides count" : NULL;
}

/* Returns the cost. A pair of Gaussian values takes logarithm, -2, root, angle, sine, cosine and two
 * products. The random words are integers. */
static locl_op_cost cost(const locl_op_case *c, const locl_caps *caps)
{
    (void)caps;
    return locl_op_cost_of(c, c->dim[RADEMACHER] ? 0 : 4 * (double)(c->dim[PASSES] * c->dim[COUNT]));
}

static const locl_op_break breaks[] = {
    {.shape = "count=61 first=4 pass=2 passes=3",
     .kernel = "draw_fill",
     .file = "draw.cl",
     .from = "pass + p",
     .to = "pass"},
    {.shape = "count=61 first=4 pass=2 passes=3",
     .kernel = "draw_fill",
     .file = "draw.cl",
     .from = "noise_chunk(&u, at, first,",
     .to = "noise_chunk(&u, at, 0,"},
    {.shape = "count=896 first=4 noise=gaussian passes=1 views=2",
     .kernel = "draw_fill",
     .file = "draw.cl",
     .from = "first, view, seed",
     .to = "first, count, seed"},
};

const locl_op locl_op_draw_fill = {.name = "draw_fill",
                                   .dims =
                                       "count=1024 first=0 pass=0 noise=gaussian|rademacher passes=1 views=1",
                                   .tolerance = 0,
                                   .lay_out = lay_out,
                                   .refuses = refuses,
                                   .record = record,
                                   .reference = reference,
                                   .cost = cost,
                                   LOCL_OP_BREAKS(breaks),
                                   LOCL_OP_CUTS,
                                   LOCL_OP_SHAPES(shapes, 2)};
