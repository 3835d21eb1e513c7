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

/* depthwise_map: forward, forward added to z, backward */
enum { WEIGHT, X, Z, WEIGHT_SIZES, X_SIZES };

static const size_t map_shapes[][LOCL_OP_DIMS] = {
    {1, 1, 1, 1, 0, 0},   {3, 5, 17, 3, 0, 1}, {2, 4, 68, 3, 1, 0},  {2, 3, 80, 5, 0, 1},
    {1, 2, 32, 7, 1, 0},  {3, 7, 64, 3, 1, 0}, {5, 1, 509, 3, 0, 0}, {2, 6, 3, 5, 1, 0},
    {1, 9, 48, 3, 0, 0},  {2, 5, 20, 3, 1, 0}, {1, 3, 128, 1, 0, 1}, {64, 8, 512, 3, 0, 1},
    {16, 8, 512, 5, 1, 0}};

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
        locl_depthwise_forward(cmd, &d, weight, x, c->dim[ADD] != 0, z);
    }
}

static void map_want(locl_op_case *c, const float *weight, const float *x)
{
    locl_depthwise d = depthwise_of(c);
    if (c->dim[BACK]) {
        locl_depthwise_backward_ref(&d, weight, x, c->t[Z].want);
    } else {
        locl_depthwise_forward_ref(&d, weight, x, c->dim[ADD] != 0, c->t[Z].want);
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

const locl_op locl_op_depthwise_map = {.name = "depthwise_map",
                                       .dims = "images,side,channels,kernel,back,add",
                                       .tolerance = 2e-6,
                                       .lay_out = map_lay_out,
                                       .record = map_record,
                                       .reference = map_reference,
                                       LOCL_OP_SHAPES(map_shapes)};

/* depthwise_gradient */
enum { GRADIENT_X, Q, OUT, GRADIENT_X_SIZES, Q_SIZES };

static const size_t gradient_shapes[][LOCL_OP_DIMS] = {
    {1, 1, 1, 1},  {3, 5, 17, 3}, {67, 2, 4, 3},  {2, 4, 68, 3},  {2, 3, 80, 5},   {131, 3, 3, 3},
    {1, 2, 32, 7}, {3, 7, 64, 3}, {5, 1, 509, 3}, {64, 3, 20, 3}, {128, 8, 512, 3}};

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

const locl_op locl_op_depthwise_gradient = {.name = "depthwise_gradient",
                                            .dims = "images,side,channels,kernel",
                                            .tolerance = 2e-6,
                                            .lay_out = gradient_lay_out,
                                            .record = gradient_record,
                                            .reference = gradient_reference,
                                            LOCL_OP_SHAPES(gradient_shapes)};
