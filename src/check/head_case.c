#include "base/philox.h"
#include "check/case.h"
#include "ops/head.h"

#include <stdlib.h>

/* The first dimensions and tensors of all cases. head_difference shares only the first dimensions. */
enum { BATCH, PATCHES, GROUPS, CHANNELS, NORM, TANGENTS, FIRST, SIDE, JVP_HALVES };
enum { HALVES = NORM + 1 }; /* of head_pool and head_vjp */
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

/* Returns the row of f, or of xbar, that row i = (n,p,g) belongs to. */
static size_t pooled_row(const locl_op_case *c, size_t i)
{
    return i / c->dim[GROUPS] / c->dim[PATCHES] * c->dim[GROUPS] + i % c->dim[GROUPS];
}

/* Writes mean and r of each row. */
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
static const char *const pool_shapes[] = {
    "B=1 P=1 G=1 w=1 norm=yes",
    "B=3 P=5 G=7 w=11 norm=yes",
    "B=3 P=5 G=1 w=17 norm=no",
    "B=2 P=3 G=3 w=68 norm=yes",
    "B=2 P=4 G=5 w=16 norm=no",
    "B=3 P=2 G=1 w=509 norm=yes",
    "B=3 P=5 G=7 w=11 norm=yes halves=yes",
    "B=2 P=3 G=3 w=68 norm=no halves=yes",
    "B=2 P=4 G=5 w=16 norm=yes halves=yes",
    "B=64 P=64 G=16 w=32 norm=yes",
};

static void pool_lay_out(locl_op_case *c)
{
    locl_op_add(c, X, "x", LOCL_OP_IN, LOCL_FILL_VALUES, rows_of(c), c->dim[CHANNELS]);
    locl_op_add(c, STATS, "stats", LOCL_OP_OUT, LOCL_FILL_NONE, c->dim[NORM] ? rows_of(c) : 0, 2);
    locl_op_add(c, OUT, "xbar", LOCL_OP_OUT, LOCL_FILL_NONE, c->dim[BATCH] * c->dim[GROUPS],
                c->dim[CHANNELS]);
    locl_op_store(c, X, c->dim[HALVES]);
}

static void pool_record(const locl_op_case *c, locl_command_buffer *cmd)
{
    locl_head h = head_of(c);
    locl_head_pool(cmd, &h, locl_op_arg(c, OUT));
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

/* Returns the cost: the sum 1, LN 6. */
static locl_op_cost pool_cost(const locl_op_case *c, const locl_caps *caps)
{
    (void)caps;
    return locl_op_cost_of(c, (double)(rows_of(c) * c->dim[CHANNELS]) * (c->dim[NORM] ? 7 : 1));
}

static const locl_op_break pool_breaks[] = {
    {.shape = "B=3 P=5 G=7 w=11 norm=yes",
     .kernel = "head_pool",
     .file = "head.cl",
     .from = "1.0f / (float)patches",
     .to = "1.0f"},
    {.shape = "B=3 P=5 G=7 w=11 norm=yes",
     .kernel = "head_pool",
     .file = "head.cl",
     .from = "stats[2 * token] = s.mean",
     .to = "stats[2 * token] = 0.0f"},
    {.shape = "B=3 P=5 G=7 w=11 norm=yes halves=yes",
     .kernel = "head_pool",
     .file = "head.cl",
     .from = "1.0f / (float)patches",
     .to = "1.001f / (float)patches"},
};

const locl_op locl_op_head_pool = {.name = "head_pool",
                                   .sums = true,
                                   .dims = "B=4 P=16 G=4 w=16 norm=no|yes halves=no|yes",
                                   .tolerance = 1e-5,
                                   .lay_out = pool_lay_out,
                                   .record = pool_record,
                                   .reference = pool_reference,
                                   .cost = pool_cost,
                                   LOCL_OP_BREAKS(pool_breaks),
                                   LOCL_OP_CUTS,
                                   LOCL_OP_SHAPES(pool_shapes, 1)};

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

static const char *const jvp_shapes[] = {
    "B=1 P=1 G=1 w=1 norm=yes tangents=1 side=1",
    "B=3 P=5 G=7 w=11 norm=yes tangents=3 side=1",
    "B=3 P=5 G=1 w=17 norm=no tangents=1 side=1",
    "B=2 P=3 G=3 w=68 norm=yes tangents=3 side=1",
    "B=2 P=4 G=5 w=16 norm=no tangents=3 side=1",
    "B=3 P=2 G=1 w=509 norm=yes tangents=1 side=1",
    "B=2 P=64 G=16 w=128 norm=yes tangents=1 side=1",
    "B=3 P=5 G=7 w=11 norm=yes tangents=2 first=3 side=1",
    "B=3 P=5 G=7 w=11 norm=yes tangents=2 first=4 side=3",
    "B=3 P=5 G=7 w=11 norm=yes tangents=3 halves=yes",
    "B=2 P=3 G=3 w=68 norm=no tangents=1 halves=yes",
    "B=2 P=4 G=5 w=16 norm=yes tangents=1 halves=yes",
    "B=64 P=64 G=16 w=32 norm=yes tangents=1 side=1",
};

/* Returns where dL of tangent m and row i is. */
static size_t jvp_at(const locl_op_case *c, size_t m, size_t i)
{
    size_t side = c->dim[SIDE];
    return (m / side * rows_of(c) + i) * side + m % side;
}

static void jvp_lay_out(locl_op_case *c)
{
    back_lay_out(c);
    locl_op_add(c, DX, "dx", LOCL_OP_IN, LOCL_FILL_TANGENT, c->dim[TANGENTS] * rows_of(c), c->dim[CHANNELS]);
    locl_op_add(c, OUT, "dl", c->dim[FIRST] ? LOCL_OP_IN_OUT : LOCL_OP_OUT, LOCL_FILL_TANGENT,
                (c->dim[FIRST] + c->dim[TANGENTS]) * rows_of(c), 1);
    locl_op_store(c, X, c->dim[JVP_HALVES]);
    locl_op_store(c, DX, c->dim[JVP_HALVES]);
}

static void jvp_record(const locl_op_case *c, locl_command_buffer *cmd)
{
    locl_head h = head_of(c);
    locl_head_jvp(cmd, &h, locl_op_arg(c, DX), locl_op_arg(c, F), c->dim[TANGENTS], locl_op_arg(c, OUT),
                  c->dim[FIRST], c->dim[SIDE]);
}

static void jvp_reference(locl_op_case *c)
{
    locl_head h = head_of(c);
    const float *dx = c->t[DX].in;
    size_t rows = rows_of(c), w = h.width, before = c->dim[FIRST] * rows;
    float *each = calloc(rows * c->dim[TANGENTS], sizeof *each);
    for (size_t i = 0; c->t[OUT].in && i < before + rows * c->dim[TANGENTS]; i++) {
        c->t[OUT].want[i] = c->t[OUT].in[i];
    }
    if (!each) {
        return;
    }
    locl_head_jvp_ref(&h, c->t[X].in, dx, c->t[F].in, c->dim[TANGENTS], each);
    for (size_t i = 0; i < rows; i++) {
        double f = 0;
        for (size_t j = 0; j < w; j++) {
            f += fabs((double)c->t[F].in[pooled_row(c, i) * w + j]);
        }
        for (size_t m = 0; m < c->dim[TANGENTS]; m++) {
            double largest = locl_row_largest(dx + (m * rows + i) * w, w);
            size_t at = jvp_at(c, c->dim[FIRST] + m, i);
            c->t[OUT].want[at] = each[m * rows + i];
            c->t[OUT].scale[at] = size_of(c, i).map * largest * f / (double)h.patches;
        }
    }
    free(each);
}

/* Returns the cost of f . J t: y = (x - m) r once, the means and the map 6, the product 2. r is left to the
 * row. */
static locl_op_cost jvp_cost(const locl_op_case *c, const locl_caps *caps)
{
    (void)caps;
    double values = (double)(rows_of(c) * c->dim[CHANNELS]), tangents = (double)c->dim[TANGENTS];
    size_t first = c->dim[FIRST], kept = first ? (2 * first + c->dim[TANGENTS]) * rows_of(c) : 0;
    return (locl_op_cost){.flops = values * (c->dim[NORM] ? 2 + 8 * tangents : 2 * tangents),
                          .bytes = locl_op_bytes(c) - 4 * (double)kept};
}

static const locl_op_break jvp_breaks[] = {
    {.shape = "B=3 P=5 G=7 w=11 norm=yes tangents=3",
     .kernel = "head_jvp",
     .file = "head.cl",
     .from = "t_load(t + c) - means.t",
     .to = "t_load(t + c)"},
    {.shape = "B=3 P=5 G=7 w=11 norm=yes tangents=3 halves=yes",
     .kernel = "head_jvp",
     .file = "head.cl",
     .from = "t_load(t + c) - means.t",
     .to = "1.001f * t_load(t + c) - means.t"},
    {.shape = "B=3 P=5 G=7 w=11 norm=yes tangents=2 first=4 side=3",
     .kernel = "head_jvp",
     .file = "head.cl",
     .from = "(first + m) % side",
     .to = "m % side"},
};

const locl_op locl_op_head_jvp = {.name = "head_jvp",
                                  .dims =
                                      "B=4 P=16 G=4 w=16 norm=no|yes tangents=1 first=0 side=1 halves=no|yes",
                                  .tolerance = 1e-5,
                                  .lay_out = jvp_lay_out,
                                  .derive = back_derive,
                                  .record = jvp_record,
                                  .reference = jvp_reference,
                                  .cost = jvp_cost,
                                  LOCL_OP_BREAKS(jvp_breaks),
                                  LOCL_OP_CUTS,
                                  LOCL_OP_SHAPES(jvp_shapes, 1)};

static void vjp_lay_out(locl_op_case *c)
{
    back_lay_out(c);
    locl_op_add(c, OUT, "t", LOCL_OP_OUT, LOCL_FILL_NONE, rows_of(c), c->dim[CHANNELS]);
    locl_op_store(c, X, c->dim[HALVES]);
}

static void vjp_record(const locl_op_case *c, locl_command_buffer *cmd)
{
    locl_head h = head_of(c);
    locl_head_vjp(cmd, &h, locl_op_arg(c, F), locl_op_arg(c, OUT));
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

/* Returns the cost: y 2, the means and the map 6, the factor 1. */
static locl_op_cost vjp_cost(const locl_op_case *c, const locl_caps *caps)
{
    (void)caps;
    return locl_op_cost_of(c, (double)(rows_of(c) * c->dim[CHANNELS]) * (c->dim[NORM] ? 9 : 1));
}

static const locl_op_break vjp_breaks[] = {
    {.shape = "B=3 P=5 G=7 w=11 norm=yes",
     .kernel = "head_vjp",
     .file = "head.cl",
     .from = "scale * s.r * v",
     .to = "s.r * v"},
    {.shape = "B=3 P=5 G=7 w=11 norm=yes halves=yes",
     .kernel = "head_vjp",
     .file = "head.cl",
     .from = "scale * s.r * v",
     .to = "1.001f * scale * s.r * v"},
};

const locl_op locl_op_head_vjp = {.name = "head_vjp",
                                  .dims = "B=4 P=16 G=4 w=16 norm=no|yes halves=no|yes",
                                  .tolerance = 1e-5,
                                  .lay_out = vjp_lay_out,
                                  .derive = back_derive,
                                  .record = vjp_record,
                                  .reference = vjp_reference,
                                  .cost = vjp_cost,
                                  LOCL_OP_BREAKS(vjp_breaks),
                                  LOCL_OP_CUTS,
                                  LOCL_OP_SHAPES(pool_shapes, 1)};

/* head_difference. Features move by about CHANGE. Weights are so small that the logits change little, so that
 * the loss's change is no worse conditioned than theirs. */
enum { CLASSES = NORM + 1 };
enum { MOVED = X + 1, CHANGE, WEIGHT, SOFTMAX_ERROR, LABELS, DL };

static const float change = 0.1f, weight_size = 0.3f, epsilon = 1e-3f;

static const char *const difference_shapes[] = {
    "B=1 P=1 G=1 w=1 norm=yes classes=1",     "B=3 P=5 G=7 w=11 norm=yes classes=10",
    "B=3 P=5 G=1 w=17 norm=no classes=3",     "B=2 P=3 G=3 w=68 norm=yes classes=10",
    "B=2 P=4 G=5 w=16 norm=no classes=10",    "B=3 P=2 G=1 w=509 norm=yes classes=7",
    "B=2 P=3 G=2 w=32 norm=yes classes=1000", "B=16 P=64 G=16 w=32 norm=yes classes=10",
};

static void difference_lay_out(locl_op_case *c)
{
    size_t rows = rows_of(c), w = c->dim[CHANNELS], k = c->dim[CLASSES];
    locl_op_fill values = c->dim[NORM] ? LOCL_FILL_VALUES : LOCL_FILL_TANGENT;
    locl_op_add(c, X, "x", LOCL_OP_IN, values, rows, w);
    locl_op_add(c, MOVED, "moved", LOCL_OP_IN, LOCL_FILL_NONE, rows, w);
    locl_op_add(c, CHANGE, "change", LOCL_OP_HOST, LOCL_FILL_TANGENT, rows, w);
    locl_op_add(c, WEIGHT, "weight", LOCL_OP_IN, LOCL_FILL_NONE, c->dim[GROUPS] * w, k);
    locl_op_add(c, SOFTMAX_ERROR, "error", LOCL_OP_IN, LOCL_FILL_NONE, c->dim[BATCH], k);
    locl_op_add(c, LABELS, "labels", LOCL_OP_IN, LOCL_FILL_NONE, 1, c->dim[BATCH]);
    locl_op_add(c, DL, "dl", LOCL_OP_OUT, LOCL_FILL_NONE, rows, 1);
}

static int32_t *labels_of(const locl_op_case *c)
{
    return (int32_t *)(void *)c->t[LABELS].in;
}

/* Replaces logits by softmax - onehot. */
static void error_of(float *row, size_t classes, size_t label)
{
    double sum = 0;
    for (size_t k = 0; k < classes; k++) {
        sum += exp((double)row[k]);
    }
    for (size_t k = 0; k < classes; k++) {
        row[k] = (float)(exp((double)row[k]) / sum - (k == label ? 1 : 0));
    }
}

static void difference_derive(locl_op_case *c)
{
    size_t classes = c->dim[CLASSES];
    locl_op_tensor *moved = &c->t[MOVED], *weight = &c->t[WEIGHT], *error = &c->t[SOFTMAX_ERROR];
    uint32_t tag = locl_draw_tag(LOCL_STREAM_INIT, 0, 1, 0);
    locl_draw(LOCL_NOISE_GAUSSIAN, c->seed, 0, tag, 0, weight->rows * weight->n, weight->in);
    locl_draw(LOCL_NOISE_GAUSSIAN, c->seed, 1, tag, 0, error->rows * error->n, error->in);
    for (size_t i = 0; i < moved->rows * moved->n; i++) {
        moved->in[i] = c->t[X].in[i] + change * c->t[CHANGE].in[i];
    }
    for (size_t i = 0; i < weight->rows * weight->n; i++) {
        weight->in[i] *= weight_size / sqrtf((float)c->dim[CHANNELS]);
    }
    for (size_t n = 0; n < error->rows; n++) {
        labels_of(c)[n] = (int32_t)((n * 7 + c->seed) % classes);
        error_of(error->in + n * classes, classes, (size_t)labels_of(c)[n]);
    }
}

static void difference_record(const locl_op_case *c, locl_command_buffer *cmd)
{
    locl_head h = head_of(c);
    h.stats = NULL;
    locl_head_difference(cmd, &h, locl_op_arg(c, MOVED), locl_op_arg(c, WEIGHT),
                         locl_op_arg(c, SOFTMAX_ERROR), locl_op_arg(c, LABELS), c->dim[CLASSES], epsilon,
                         locl_op_arg(c, DL), 0);
}

/* Returns the largest sum over a group's channels of |weight|, of all classes. */
static double weights_of(const locl_op_case *c, size_t group)
{
    double largest = 0;
    size_t w = c->dim[CHANNELS], classes = c->dim[CLASSES];
    for (size_t k = 0; k < classes; k++) {
        double sum = 0;
        for (size_t j = 0; j < w; j++) {
            sum += fabs((double)c->t[WEIGHT].in[(group * w + j) * classes + k]);
        }
        largest = fmax(largest, sum);
    }
    return largest;
}

static void difference_reference(locl_op_case *c)
{
    locl_head h = head_of(c);
    size_t w = h.width;
    locl_head_difference_ref(&h, c->t[X].in, c->t[MOVED].in, c->t[WEIGHT].in, c->t[SOFTMAX_ERROR].in,
                             labels_of(c), c->dim[CLASSES], epsilon, c->t[DL].want);
    for (size_t i = 0; i < rows_of(c); i++) {
        double features = size_of(c, i).y + locl_row_size_of(c->t[MOVED].in + i * w, NULL, 0, w, h.norm).y;
        c->t[DL].scale[i] = features * weights_of(c, i % h.groups) / ((double)h.patches * (double)epsilon);
    }
}

/* Returns the cost: two LN and a difference, which is written and read once more, and a product with the
 * weights of each class. */
static locl_op_cost difference_cost(const locl_op_case *c, const locl_caps *caps)
{
    (void)caps;
    double values = (double)(rows_of(c) * c->dim[CHANNELS]);
    return (locl_op_cost){.flops = values * ((c->dim[NORM] ? 13 : 1) + 2 * (double)c->dim[CLASSES]),
                          .bytes = locl_op_bytes(c) + 8 * values};
}

static const locl_op_break difference_breaks[] = {
    {.shape = "B=3 P=5 G=7 w=11 norm=yes classes=10",
     .kernel = "head_delta",
     .file = "head.cl",
     .from = "* t.r - y",
     .to = "* s.r - y"},
    {.shape = "B=3 P=5 G=7 w=11 norm=yes classes=10",
     .kernel = "head_difference",
     .file = "head.cl",
     .from = "d /= (float)patches",
     .to = "d *= 1.0f"},
};

const locl_op locl_op_head_difference = {.name = "head_difference",
                                         .sums = true,
                                         .dims = "B=4 P=16 G=4 w=16 norm=no|yes classes=10",
                                         .tolerance = 1e-5,
                                         .lay_out = difference_lay_out,
                                         .derive = difference_derive,
                                         .record = difference_record,
                                         .reference = difference_reference,
                                         .cost = difference_cost,
                                         LOCL_OP_BREAKS(difference_breaks),
                                         LOCL_OP_CUTS,
                                         LOCL_OP_SHAPES(difference_shapes, 1)};
