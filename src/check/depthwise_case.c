#include "check/case.h"
#include "ops/depthwise.h"

#include <string.h>

enum { IMAGES, SIDE, CHANNELS, KERNEL, BACK, ADD };

static locl_depthwise depthwise_of(const locl_op_case *c)
{
    return (locl_depthwise){.images = c->dim[IMAGES],
                            .side = c->dim[SIDE],
                            .channels = c->dim[CHANNELS],
                            .kernel = c->dim[KERNEL]};
}

static size_t pixels_of(const locl_op_case *c)
{
    return c->dim[IMAGES] * c->dim[SIDE] * c->dim[SIDE];
}

/* Returns the FLOPs of one map: a product and a sum for each tap that lies on it. Along one side these are k
 * for each cell, fewer near an end. */
static double products_of(const locl_op_case *c)
{
    double taps = 0;
    for (size_t at = 0; at < c->dim[SIDE]; at++) {
        for (size_t i = 0; i < c->dim[KERNEL]; i++) {
            size_t seen = at + i;
            taps += seen >= c->dim[KERNEL] / 2 && seen < c->dim[SIDE] + c->dim[KERNEL] / 2;
        }
    }
    return 2 * taps * taps * (double)(c->dim[IMAGES] * c->dim[CHANNELS]);
}

/* depthwise_map: forward, forward added to z, backward */
enum { WEIGHT, X, Z, WEIGHT_SIZES, X_SIZES };

static const char *const map_shapes[] = {
    "B=1 S=1 D=1 k=1 back=no add=no",     "B=3 S=5 D=17 k=3 back=no add=yes",
    "B=2 S=4 D=68 k=3 back=yes add=no",   "B=2 S=3 D=80 k=5 back=no add=yes",
    "B=1 S=2 D=32 k=7 back=yes add=no",   "B=3 S=7 D=64 k=3 back=yes add=no",
    "B=5 S=1 D=509 k=3 back=no add=no",   "B=2 S=6 D=3 k=5 back=yes add=no",
    "B=1 S=9 D=48 k=3 back=no add=no",    "B=2 S=5 D=20 k=3 back=yes add=no",
    "B=1 S=3 D=128 k=1 back=no add=yes",  "B=64 S=8 D=512 k=3 back=no add=yes",
    "B=16 S=8 D=512 k=5 back=yes add=no",
};

static void map_lay_out(locl_op_case *c)
{
    size_t taps = c->dim[KERNEL] * c->dim[KERNEL], n = c->dim[CHANNELS];
    locl_op_add(c, WEIGHT, "weight", LOCL_OP_IN, LOCL_FILL_TANGENT, taps, n);
    locl_op_add(c, X, "x", LOCL_OP_IN, LOCL_FILL_VALUES, pixels_of(c), n);
    locl_op_add(c, Z, "z", c->dim[ADD] ? LOCL_OP_IN_OUT : LOCL_OP_OUT, LOCL_FILL_TANGENT, pixels_of(c), n);
    locl_op_add(c, WEIGHT_SIZES, "weight sizes", LOCL_OP_HOST, LOCL_FILL_NONE, taps, n);
    locl_op_add(c, X_SIZES, "x sizes", LOCL_OP_HOST, LOCL_FILL_NONE, pixels_of(c), n);
}

static void map_record(const locl_op_case *c, locl_command_buffer *cmd)
{
    locl_depthwise d = depthwise_of(c);
    const locl_tensor *weight = locl_op_arg(c, WEIGHT), *x = locl_op_arg(c, X), *z = locl_op_arg(c, Z);
    if (c->dim[BACK]) {
        locl_depthwise_backward(cmd, &d, weight, x, z);
    } else {
        locl_depthwise_forward(cmd, &d, weight, x, (locl_write)c->dim[ADD], z);
    }
}

static void map_want(locl_op_case *c, const float *weight, const float *x)
{
    locl_depthwise d = depthwise_of(c);
    if (c->dim[BACK]) {
        locl_depthwise_backward_ref(&d, weight, x, c->t[Z].want);
    } else {
        locl_depthwise_forward_ref(&d, weight, x, (locl_write)c->dim[ADD], c->t[Z].want);
    }
}

static void map_reference(locl_op_case *c)
{
    locl_op_tensor *z = &c->t[Z];
    size_t count = z->rows * z->n;
    for (size_t i = 0; z->in && i < count; i++) {
        z->want[i] = fabsf(z->in[i]);
    }
    map_want(c, locl_op_sizes(c, WEIGHT, WEIGHT_SIZES), locl_op_sizes(c, X, X_SIZES));
    locl_op_scale(z);
    if (z->in) {
        memcpy(z->want, z->in, count * sizeof(float));
    }
    map_want(c, c->t[WEIGHT].in, c->t[X].in);
}

static locl_op_cost map_cost(const locl_op_case *c, const locl_caps *caps)
{
    (void)caps;
    return locl_op_cost_of(c, products_of(c));
}

static const locl_op_break map_breaks[] = {
    {.shape = "B=2 S=4 D=68 k=3 back=yes",
     .kernel = "depthwise_map",
     .file = "depthwise.cl",
     .from = "window * window - 1 - (i * window + l)",
     .to = "i * window + l"},
    {.shape = "B=3 S=5 D=17 k=3 add=yes",
     .kernel = "depthwise_map",
     .file = "depthwise.cl",
     .from = "sum.v[v] = vec_load(z + row",
     .to = "sum.v[v] = 0.0f * vec_load(z + row"},
};

const locl_op locl_op_depthwise_map = {.name = "depthwise_map",
                                       .sums = true,
                                       .dims = "B=4 S=8 D=64 k=3 back=no|yes add=no|yes",
                                       .tolerance = 2e-6,
                                       .lay_out = map_lay_out,
                                       .record = map_record,
                                       .reference = map_reference,
                                       .cost = map_cost,
                                       LOCL_OP_BREAKS(map_breaks),
                                       LOCL_OP_CUTS,
                                       LOCL_OP_SHAPES(map_shapes, 2)};

/* depthwise_gradient */
enum { GRADIENT_X, Q, OUT, GRADIENT_X_SIZES, Q_SIZES };

static const char *const gradient_shapes[] = {
    "B=1 S=1 D=1 k=1",   "B=3 S=5 D=17 k=3",  "B=67 S=2 D=4 k=3",    "B=2 S=4 D=68 k=3",
    "B=2 S=3 D=80 k=5",  "B=131 S=3 D=3 k=3", "B=1 S=2 D=32 k=7",    "B=3 S=7 D=64 k=3",
    "B=5 S=1 D=509 k=3", "B=64 S=3 D=20 k=3", "B=128 S=8 D=512 k=3",
};

static void gradient_lay_out(locl_op_case *c)
{
    size_t n = c->dim[CHANNELS];
    locl_op_add(c, GRADIENT_X, "x", LOCL_OP_IN, LOCL_FILL_VALUES, pixels_of(c), n);
    locl_op_add(c, Q, "q", LOCL_OP_IN, LOCL_FILL_TANGENT, pixels_of(c), n);
    locl_op_add(c, OUT, "dw", LOCL_OP_OUT, LOCL_FILL_NONE, c->dim[KERNEL] * c->dim[KERNEL], n);
    locl_op_add(c, GRADIENT_X_SIZES, "x sizes", LOCL_OP_HOST, LOCL_FILL_NONE, pixels_of(c), n);
    locl_op_add(c, Q_SIZES, "q sizes", LOCL_OP_HOST, LOCL_FILL_NONE, pixels_of(c), n);
}

static void gradient_record(const locl_op_case *c, locl_command_buffer *cmd)
{
    locl_depthwise d = depthwise_of(c);
    locl_depthwise_gradient(cmd, &d, locl_op_arg(c, GRADIENT_X), locl_op_arg(c, Q), locl_op_arg(c, OUT));
}

static void gradient_reference(locl_op_case *c)
{
    locl_depthwise d = depthwise_of(c);
    locl_depthwise_gradient_ref(&d, locl_op_sizes(c, GRADIENT_X, GRADIENT_X_SIZES),
                                locl_op_sizes(c, Q, Q_SIZES), c->t[OUT].want);
    locl_op_scale(&c->t[OUT]);
    locl_depthwise_gradient_ref(&d, c->t[GRADIENT_X].in, c->t[Q].in, c->t[OUT].want);
}

/* Returns the cost. Of several images, up to 64 partial gradients are written, read and added up. */
static locl_op_cost gradient_cost(const locl_op_case *c, const locl_caps *caps)
{
    (void)caps;
    size_t slabs = c->dim[IMAGES] < 64 ? c->dim[IMAGES] : 64;
    double partial = slabs > 1 ? (double)slabs * (double)(c->t[OUT].rows * c->t[OUT].n) : 0;
    return (locl_op_cost){.flops = products_of(c) + partial, .bytes = locl_op_bytes(c) + 8 * partial};
}

static const locl_op_break gradient_breaks[] = {
    {.shape = "B=3 S=5 D=17 k=3",
     .kernel = "depthwise_gradient",
     .file = "depthwise.cl",
     .from = "down * side + right",
     .to = "down * side"},
};

const locl_op locl_op_depthwise_gradient = {.name = "depthwise_gradient",
                                            .sums = true,
                                            .dims = "B=4 S=8 D=64 k=3",
                                            .tolerance = 2e-6,
                                            .lay_out = gradient_lay_out,
                                            .record = gradient_record,
                                            .reference = gradient_reference,
                                            .cost = gradient_cost,
                                            LOCL_OP_BREAKS(gradient_breaks),
                                            LOCL_OP_CUTS,
                                            LOCL_OP_SHAPES(gradient_shapes, 1)};
