#include "check/case.h"
#include "base/philox.h"
#include "ops/contrast.h"

#include <string.h>

/* contrast_unit, contrast_error */
enum { ROWS, N };
enum { Z, BIAS, U, NORMS, R };

static const char *const row_shapes[] = {
    "rows=2 n=1",  "rows=6 n=17",   "rows=10 n=509",  "rows=14 n=68",
    "rows=6 n=80", "rows=34 n=128", "rows=256 n=128",
};

static locl_contrast contrast_of(const locl_op_case *c)
{
    return (locl_contrast){.rows = c->dim[ROWS],
                           .width = c->dim[N],
                           .temperature = 0.5,
                           .z = locl_op_arg(c, Z),
                           .u = locl_op_arg(c, U),
                           .norms = locl_op_arg(c, NORMS)};
}

static void unit_lay_out(locl_op_case *c)
{
    size_t rows = c->dim[ROWS], n = c->dim[N];
    locl_op_add(c, Z, "z", LOCL_OP_IN_OUT, LOCL_FILL_VALUES, rows, n);
    locl_op_add(c, BIAS, "bias", LOCL_OP_IN, LOCL_FILL_TANGENT, 1, n);
    locl_op_add(c, U, "u", LOCL_OP_OUT, LOCL_FILL_NONE, rows, n);
    locl_op_add(c, NORMS, "norms", LOCL_OP_OUT, LOCL_FILL_NONE, rows, 1);
}

static void unit_record(const locl_op_case *c, locl_command_buffer *cmd)
{
    locl_contrast contrast = contrast_of(c);
    locl_contrast_unit(cmd, &contrast, locl_op_arg(c, BIAS));
}

static void unit_reference(locl_op_case *c)
{
    size_t rows = c->dim[ROWS], n = c->dim[N];
    memcpy(c->t[Z].want, c->t[Z].in, rows * n * sizeof(float));
    locl_contrast_unit_ref(c->t[Z].want, c->t[BIAS].in, c->t[U].want, c->t[NORMS].want, rows, n);
    for (size_t i = 0; i < rows; i++) {
        double largest = locl_row_largest(c->t[Z].in + i * n, n) + locl_row_largest(c->t[BIAS].in, n);
        locl_row_set(c->t[Z].scale + i * n, n, largest);
        locl_row_set(c->t[U].scale + i * n, n, fmin(largest / c->t[NORMS].want[i], 1));
        c->t[NORMS].scale[i] = fmax(c->t[NORMS].want[i], largest);
    }
}

/* Returns the cost: bias, square, sum and quotient. */
static locl_op_cost unit_cost(const locl_op_case *c, const locl_caps *caps)
{
    (void)caps;
    return locl_op_cost_of(c, 4 * (double)c->dim[ROWS] * (double)c->dim[N]);
}

static const locl_op_break unit_breaks[] = {
    {.shape = "rows=6 n=17",
     .kernel = "contrast_unit",
     .file = "contrast.cl",
     .from = "+ vec_load(bias + c)",
     .to = ""},
    {.shape = "rows=6 n=17",
     .kernel = "contrast_unit",
     .file = "contrast.cl",
     .from = "norms[row] = size",
     .to = "norms[row] = 1.0f"},
};

const locl_op locl_op_contrast_unit = {.name = "contrast_unit",
                                       .dims = "rows=64 n=128",
                                       .tolerance = 1e-5,
                                       .lay_out = unit_lay_out,
                                       .record = unit_record,
                                       .reference = unit_reference,
                                       .cost = unit_cost,
                                       LOCL_OP_BREAKS(unit_breaks),
                                       LOCL_OP_CUTS,
                                       LOCL_OP_SHAPES(row_shapes, 1)};

static void error_lay_out(locl_op_case *c)
{
    size_t rows = c->dim[ROWS], n = c->dim[N];
    locl_op_add(c, Z, "z", LOCL_OP_HOST, LOCL_FILL_VALUES, rows, n);
    locl_op_add(c, BIAS, "bias", LOCL_OP_HOST, LOCL_FILL_TANGENT, 1, n);
    locl_op_add(c, U, "u", LOCL_OP_IN, LOCL_FILL_NONE, rows, n);
    locl_op_add(c, NORMS, "norms", LOCL_OP_IN, LOCL_FILL_NONE, rows, 1);
    locl_op_add(c, R, "r", LOCL_OP_IN_OUT, LOCL_FILL_TANGENT, rows, n);
}

static void error_derive(locl_op_case *c)
{
    locl_contrast_unit_ref(c->t[Z].in, c->t[BIAS].in, c->t[U].in, c->t[NORMS].in, c->dim[ROWS], c->dim[N]);
}

static void error_record(const locl_op_case *c, locl_command_buffer *cmd)
{
    locl_contrast contrast = contrast_of(c);
    locl_contrast_error(cmd, &contrast, locl_op_arg(c, R));
}

static void error_reference(locl_op_case *c)
{
    size_t rows = c->dim[ROWS], n = c->dim[N];
    memcpy(c->t[R].want, c->t[R].in, rows * n * sizeof(float));
    locl_contrast_error_ref(c->t[U].in, c->t[NORMS].in, c->t[R].want, rows, n);
    for (size_t i = 0; i < rows; i++) {
        double largest = locl_row_largest(c->t[R].in + i * n, n), norm = c->t[NORMS].in[i];
        locl_row_set(c->t[R].scale + i * n, n, largest * sqrt((double)n) / norm);
    }
}

/* Returns the cost: a product and its sum, and of s a product, a difference and a quotient. */
static locl_op_cost error_cost(const locl_op_case *c, const locl_caps *caps)
{
    (void)caps;
    return locl_op_cost_of(c, 5 * (double)c->dim[ROWS] * (double)c->dim[N]);
}

static const locl_op_break error_breaks[] = {
    {.shape = "rows=6 n=17",
     .kernel = "contrast_error",
     .file = "contrast.cl",
     .from = "- along * vec_load(ur + c)",
     .to = ""},
};

const locl_op locl_op_contrast_error = {.name = "contrast_error",
                                        .dims = "rows=64 n=128",
                                        .tolerance = 1e-5,
                                        .lay_out = error_lay_out,
                                        .derive = error_derive,
                                        .record = error_record,
                                        .reference = error_reference,
                                        .cost = error_cost,
                                        LOCL_OP_BREAKS(error_breaks),
                                        LOCL_OP_CUTS,
                                        LOCL_OP_SHAPES(row_shapes, 1)};

/* contrast_softmax */
enum { Q, LOSSES, WRONG };

static const char *const softmax_shapes[] = {"rows=4", "rows=6", "rows=26", "rows=68", "rows=256"};

static void softmax_lay_out(locl_op_case *c)
{
    size_t rows = c->dim[ROWS];
    locl_op_add(c, Q, "q", LOCL_OP_IN_OUT, LOCL_FILL_VALUES, rows, rows);
    locl_op_add(c, LOSSES, "losses", LOCL_OP_OUT, LOCL_FILL_NONE, rows, 1);
    locl_op_add(c, WRONG, "wrong", LOCL_OP_OUT, LOCL_FILL_NONE, rows, 1);
    c->t[WRONG].exact = 1;
}

static void softmax_record(const locl_op_case *c, locl_command_buffer *cmd)
{
    const locl_contrast contrast = {.rows = c->dim[ROWS], .q = locl_op_arg(c, Q)};
    locl_contrast_softmax(cmd, &contrast, locl_op_arg(c, LOSSES), locl_op_arg(c, WRONG));
}

static void softmax_reference(locl_op_case *c)
{
    size_t rows = c->dim[ROWS];
    memcpy(c->t[Q].want, c->t[Q].in, rows * rows * sizeof(float));
    locl_contrast_softmax_ref(c->t[Q].want, c->t[LOSSES].want, (uint32_t *)(void *)c->t[WRONG].want, rows);
    locl_row_set(c->t[Q].scale, rows * rows, 1);
    for (size_t i = 0; i < rows; i++) {
        c->t[LOSSES].scale[i] = 1 + locl_row_largest(c->t[Q].in + i * rows, rows);
    }
}

/* Returns the cost: difference, exponential, sum and quotient. */
static locl_op_cost softmax_cost(const locl_op_case *c, const locl_caps *caps)
{
    (void)caps;
    return locl_op_cost_of(c, 4 * (double)c->dim[ROWS] * (double)c->dim[ROWS]);
}

static const locl_op_break softmax_breaks[] = {
    {.shape = "rows=26",
     .kernel = "contrast_softmax",
     .file = "contrast.cl",
     .from = "l[own] = l[target] = -INFINITY",
     .to = "l[target] = -INFINITY"},
    {.shape = "rows=26",
     .kernel = "contrast_softmax",
     .file = "contrast.cl",
     .from = "found > rival ? 0 : 1",
     .to = "0"},
};

const locl_op locl_op_contrast_softmax = {.name = "contrast_softmax",
                                          .dims = "rows=64",
                                          .tolerance = 1e-5,
                                          .lay_out = softmax_lay_out,
                                          .record = softmax_record,
                                          .reference = softmax_reference,
                                          .cost = softmax_cost,
                                          LOCL_OP_BREAKS(softmax_breaks),
                                          LOCL_OP_CUTS,
                                          LOCL_OP_SHAPES(softmax_shapes, 1)};

/* contrast_difference */
enum { DIFFERENCE_ROWS, MOVES, DIFFERENCE_N };
enum { D_OUTPUTS, D_BIAS, D_U, D_NORMS, D_Q, D_MOVED, D_DL };

static const float epsilon = 1e-2f;
static const double temperature = 0.5;

static const char *const difference_shapes[] = {
    "rows=4 moves=1 n=1",
    "rows=6 moves=5 n=17",
    "rows=10 moves=3 n=68",
    "rows=32 moves=8 n=128",
};

static void difference_lay_out(locl_op_case *c)
{
    size_t rows = c->dim[DIFFERENCE_ROWS], n = c->dim[DIFFERENCE_N];
    locl_op_add(c, D_OUTPUTS, "outputs", LOCL_OP_HOST, LOCL_FILL_NONE, rows, n);
    locl_op_add(c, D_BIAS, "bias", LOCL_OP_HOST, LOCL_FILL_NONE, 1, n);
    locl_op_add(c, D_U, "u", LOCL_OP_IN, LOCL_FILL_NONE, rows, n);
    locl_op_add(c, D_NORMS, "norms", LOCL_OP_IN, LOCL_FILL_NONE, rows, 1);
    locl_op_add(c, D_Q, "q", LOCL_OP_IN, LOCL_FILL_NONE, rows, rows);
    locl_op_add(c, D_MOVED, "d", LOCL_OP_IN_OUT, LOCL_FILL_NONE, rows * c->dim[MOVES], n);
    locl_op_add(c, D_DL, "dl", LOCL_OP_OUT, LOCL_FILL_NONE, rows, c->dim[MOVES]);
}

/* Makes what a head left, and small moves. */
static void difference_derive(locl_op_case *c)
{
    size_t rows = c->dim[DIFFERENCE_ROWS], n = c->dim[DIFFERENCE_N];
    float *q = c->t[D_Q].in;
    float losses[64];
    uint32_t wrong[64];
    locl_draw(LOCL_NOISE_GAUSSIAN, c->seed, 0, 0, 0, rows * n, c->t[D_OUTPUTS].in);
    locl_draw(LOCL_NOISE_GAUSSIAN, c->seed, 1, 0, 0, rows * c->dim[MOVES] * n, c->t[D_MOVED].in);
    for (size_t i = 0; i < rows * c->dim[MOVES] * n; i++) {
        c->t[D_MOVED].in[i] *= epsilon;
    }
    memset(c->t[D_BIAS].in, 0, n * sizeof(float));
    locl_contrast_unit_ref(c->t[D_OUTPUTS].in, c->t[D_BIAS].in, c->t[D_U].in, c->t[D_NORMS].in, rows, n);
    for (size_t i = 0; i < rows * rows; i++) {
        const float *a = c->t[D_U].in + i / rows * n, *b = c->t[D_U].in + i % rows * n;
        double product = 0;
        for (size_t k = 0; k < n; k++) {
            product += (double)a[k] * b[k] / temperature;
        }
        q[i] = (float)product;
    }
    locl_contrast_softmax_ref(q, losses, wrong, rows);
}

static const char *difference_refuses(const size_t *dim)
{
    return dim[DIFFERENCE_ROWS] > 64 || dim[DIFFERENCE_ROWS] % 2 ? "rows is even, at most 64" : NULL;
}

static void difference_record(const locl_op_case *c, locl_command_buffer *cmd)
{
    const locl_contrast contrast = {.rows = c->dim[DIFFERENCE_ROWS],
                                    .width = c->dim[DIFFERENCE_N],
                                    .temperature = temperature,
                                    .u = locl_op_arg(c, D_U),
                                    .norms = locl_op_arg(c, D_NORMS),
                                    .q = locl_op_arg(c, D_Q)};
    locl_contrast_difference(cmd, &contrast, locl_op_arg(c, D_MOVED), c->dim[MOVES], epsilon,
                             locl_op_arg(c, D_DL), 0);
}

/* The reference in plain differences; what it makes of d is their change of u, which is checked by way of dl. */
static void difference_reference(locl_op_case *c)
{
    size_t rows = c->dim[DIFFERENCE_ROWS], n = c->dim[DIFFERENCE_N], moves = c->dim[MOVES];
    locl_contrast_difference_ref(c->t[D_MOVED].in, c->t[D_U].in, c->t[D_NORMS].in, c->t[D_Q].in, rows, moves,
                                 n, temperature, epsilon, c->t[D_DL].want, c->t[D_MOVED].want);
    locl_row_set(c->t[D_DL].scale, rows * moves, 4 / temperature);
    locl_row_set(c->t[D_MOVED].scale, rows * moves * n, 1);
}

/* Returns the cost: of each move two products, the change of u, and a product with each row. */
static locl_op_cost difference_cost(const locl_op_case *c, const locl_caps *caps)
{
    (void)caps;
    double rows = (double)c->dim[DIFFERENCE_ROWS];
    return locl_op_cost_of(c, (7 + 2 * rows) * rows * (double)(c->dim[MOVES] * c->dim[DIFFERENCE_N]));
}

static const locl_op_break difference_breaks[] = {
    {.shape = "rows=6 moves=5 n=17",
     .kernel = "contrast_difference",
     .file = "contrast.cl",
     .from = "vec_load(ur + c) * change",
     .to = "vec_load(ur + c) * 0.0f"},
    {.shape = "rows=6 moves=5 n=17",
     .kernel = "contrast_difference",
     .file = "contrast.cl",
     .from = "(log1p(sum) - found)",
     .to = "log1p(sum)"},
};

const locl_op locl_op_contrast_difference = {.name = "contrast_difference",
                                             .dims = "rows=16 moves=4 n=64",
                                             .tolerance = 1e-5,
                                             .lay_out = difference_lay_out,
                                             .derive = difference_derive,
                                             .refuses = difference_refuses,
                                             .record = difference_record,
                                             .reference = difference_reference,
                                             .cost = difference_cost,
                                             LOCL_OP_BREAKS(difference_breaks),
                                             LOCL_OP_CUTS,
                                             LOCL_OP_SHAPES(difference_shapes, 1)};
