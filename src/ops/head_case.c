#include "ops/case.h"
#include "ops/head.h"

/* The first dimensions and tensors of all three. */
enum { BATCH, PATCHES, GROUPS, CHANNELS, NORM, TANGENTS };
enum { X, STATS, F, DX, OUT };

static locl_head head_of(const locl_op_case *c)
{
    return (locl_head){.batch = c->dim[BATCH],
                       .patches = c->dim[PATCHES],
                       .groups = c->dim[GROUPS],
                       .width = c->dim[CHANNELS],
                       .norm = c->dim[NORM],
                       .x = locl_op_arg(c, X),
                       .stats = locl_op_arg(c, STATS)};
}

static size_t rows_of(const locl_op_case *c)
{
    return c->dim[BATCH] * c->dim[PATCHES] * c->dim[GROUPS];
}

static locl_row_size size_of(const locl_op_case *c, size_t i)
{
    return locl_row_size_of(c->t[X].in + i * c->dim[CHANNELS], NULL, 0, c->dim[CHANNELS], c->dim[NORM]);
}

/* The row of f, or of xbar, that row i = (n,p,g) belongs to. */
static size_t pooled_row(const locl_op_case *c, size_t i)
{
    return i / c->dim[GROUPS] / c->dim[PATCHES] * c->dim[GROUPS] + i % c->dim[GROUPS];
}

/* mean and r of each row */
static void stats_of(const locl_op_case *c, float *stats)
{
    size_t w = c->dim[CHANNELS];
    for (size_t i = 0; stats && i < rows_of(c); i++) {
        const float *x = c->t[X].in + i * w;
        double mean = 0, variance = 0;
        for (size_t j = 0; j < w; j++) {
            mean += ((double)x[j] - x[0]) / (double)w;
        }
        for (size_t j = 0; j < w; j++) {
            variance += ((double)x[j] - x[0] - mean) * ((double)x[j] - x[0] - mean) / (double)w;
        }
        stats[2 * i] = (float)(x[0] + mean);
        stats[2 * i + 1] = (float)(1 / sqrt(variance + 1e-5));
    }
}

/* head_pool */
static const size_t pool_shapes[][LOCL_OP_DIMS] = {{1, 1, 1, 1, 1},    {3, 5, 7, 11, 1}, {3, 5, 1, 17, 0},
                                                   {2, 3, 3, 68, 1},   {2, 4, 5, 16, 0}, {3, 2, 1, 509, 1},
                                                   {64, 64, 16, 32, 1}};

static void pool_lay_out(locl_op_case *c)
{
    locl_op_add(c, X, "x", LOCL_OP_IN, LOCL_FILL_VALUES, rows_of(c), c->dim[CHANNELS]);
    locl_op_add(c, STATS, "stats", LOCL_OP_OUT, LOCL_FILL_NONE, c->dim[NORM] ? rows_of(c) : 0, 2);
    locl_op_add(c, OUT, "xbar", LOCL_OP_OUT, LOCL_FILL_NONE, c->dim[BATCH] * c->dim[GROUPS],
                c->dim[CHANNELS]);
}

static void pool_record(const locl_op_case *c, locl_plan *plan)
{
    locl_head h = head_of(c);
    locl_head_pool(plan, &h, locl_op_arg(c, OUT));
}

static void pool_reference(locl_op_case *c)
{
    locl_head h = head_of(c);
    locl_head_pool_ref(&h, c->t[X].in, c->t[OUT].want);
    stats_of(c, c->t[STATS].want);
    for (size_t i = 0; i < rows_of(c); i++) {
        locl_row_size size = size_of(c, i);
        double *scale = c->t[OUT].scale + pooled_row(c, i) * h.width;
        locl_row_set(scale, h.width, fmax(scale[0], size.y));
        if (h.norm) {
            c->t[STATS].scale[2 * i] = size.value;
            c->t[STATS].scale[2 * i + 1] = size.map;
        }
    }
}

const locl_op locl_op_head_pool = {.name = "head_pool",
                                   .dims = "batch,patches,groups,channels,norm",
                                   .tolerance = 1e-5,
                                   .lay_out = pool_lay_out,
                                   .record = pool_record,
                                   .reference = pool_reference,
                                   LOCL_OP_SHAPES(pool_shapes)};

/* head_jvp and head_vjp */
static void back_lay_out(locl_op_case *c)
{
    locl_op_add(c, X, "x", LOCL_OP_IN, LOCL_FILL_VALUES, rows_of(c), c->dim[CHANNELS]);
    locl_op_add(c, STATS, "stats", LOCL_OP_IN, LOCL_FILL_NONE, c->dim[NORM] ? rows_of(c) : 0, 2);
    locl_op_add(c, F, "f", LOCL_OP_IN, LOCL_FILL_TANGENT, c->dim[BATCH] * c->dim[GROUPS], c->dim[CHANNELS]);
}

static void back_derive(locl_op_case *c)
{
    stats_of(c, c->t[STATS].in);
}

static const size_t jvp_shapes[][LOCL_OP_DIMS] = {
    {1, 1, 1, 1, 1, 1},  {3, 5, 7, 11, 1, 3},  {3, 5, 1, 17, 0, 1},    {2, 3, 3, 68, 1, 3},
    {2, 4, 5, 16, 0, 3}, {3, 2, 1, 509, 1, 1}, {2, 64, 16, 128, 1, 1}, {64, 64, 16, 32, 1, 1}};

static void jvp_lay_out(locl_op_case *c)
{
    back_lay_out(c);
    locl_op_add(c, DX, "dx", LOCL_OP_IN, LOCL_FILL_TANGENT, c->dim[TANGENTS] * rows_of(c), c->dim[CHANNELS]);
    locl_op_add(c, OUT, "dl", LOCL_OP_OUT, LOCL_FILL_NONE, c->dim[TANGENTS] * rows_of(c), 1);
}

static void jvp_record(const locl_op_case *c, locl_plan *plan)
{
    locl_head h = head_of(c);
    locl_head_jvp(plan, &h, locl_op_arg(c, DX), locl_op_arg(c, F), c->dim[TANGENTS], locl_op_arg(c, OUT));
}

static void jvp_reference(locl_op_case *c)
{
    locl_head h = head_of(c);
    const float *dx = c->t[DX].in;
    size_t rows = rows_of(c), w = h.width;
    locl_head_jvp_ref(&h, c->t[X].in, dx, c->t[F].in, c->dim[TANGENTS], c->t[OUT].want);
    for (size_t i = 0; i < rows; i++) {
        double f = 0;
        for (size_t j = 0; j < w; j++) {
            f += fabs((double)c->t[F].in[pooled_row(c, i) * w + j]);
        }
        for (size_t m = 0; m < c->dim[TANGENTS]; m++) {
            double largest = locl_row_largest(dx + (m * rows + i) * w, w);
            c->t[OUT].scale[m * rows + i] = size_of(c, i).map * largest * f / (double)h.patches;
        }
    }
}

const locl_op locl_op_head_jvp = {.name = "head_jvp",
                                  .dims = "batch,patches,groups,channels,norm,tangents",
                                  .tolerance = 1e-5,
                                  .lay_out = jvp_lay_out,
                                  .derive = back_derive,
                                  .record = jvp_record,
                                  .reference = jvp_reference,
                                  LOCL_OP_SHAPES(jvp_shapes)};

static void vjp_lay_out(locl_op_case *c)
{
    back_lay_out(c);
    locl_op_add(c, OUT, "t", LOCL_OP_OUT, LOCL_FILL_NONE, rows_of(c), c->dim[CHANNELS]);
}

static void vjp_record(const locl_op_case *c, locl_plan *plan)
{
    locl_head h = head_of(c);
    locl_head_vjp(plan, &h, locl_op_arg(c, F), locl_op_arg(c, OUT));
}

static void vjp_reference(locl_op_case *c)
{
    locl_head h = head_of(c);
    size_t w = h.width;
    locl_head_vjp_ref(&h, c->t[X].in, c->t[F].in, c->t[OUT].want);
    for (size_t i = 0; i < rows_of(c); i++) {
        double largest = locl_row_largest(c->t[F].in + pooled_row(c, i) * w, w);
        locl_row_set(c->t[OUT].scale + i * w, w,
                     size_of(c, i).map * largest / ((double)h.patches * (double)h.batch));
    }
}

const locl_op locl_op_head_vjp = {.name = "head_vjp",
                                  .dims = "batch,patches,groups,channels,norm",
                                  .tolerance = 1e-5,
                                  .lay_out = vjp_lay_out,
                                  .derive = back_derive,
                                  .record = vjp_record,
                                  .reference = vjp_reference,
                                  LOCL_OP_SHAPES(pool_shapes)};
