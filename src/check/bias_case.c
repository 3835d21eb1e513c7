#include "ops/bias.h"
#include "check/case.h"

#include <string.h>

/* As in activation_case.c: a token layer with more than one group has a bias for each channel. */
enum { LAYER, BATCH, PATCHES, GROUPS, WIDTH };
enum { BIAS, Z };

static const size_t shapes[][LOCL_OP_DIMS] = {{1, 1, 1, 1, 1},     {0, 3, 5, 1, 17},    {1, 5, 4, 17, 68},
                                              {2, 3, 5, 7, 77},    {0, 7, 4, 1, 68},    {2, 5, 3, 4, 64},
                                              {2, 2, 3, 1, 509},   {0, 2, 64, 16, 512}, {1, 2, 64, 16, 512},
                                              {2, 2, 64, 16, 512}, {0, 3, 5, 2, 34}};

static locl_layer_shape shape_of(const locl_op_case *c)
{
    return (locl_layer_shape){.layer = (locl_layer)c->dim[LAYER],
                              .batch = c->dim[BATCH],
                              .patches = c->dim[PATCHES],
                              .groups = c->dim[GROUPS],
                              .width = c->dim[WIDTH],
                              .patch_bias = c->dim[LAYER] == LOCL_LAYER_TOKEN && c->dim[GROUPS] == 1};
}

static void lay_out(locl_op_case *c)
{
    locl_layer_shape s = shape_of(c);
    size_t biases = locl_layer_bias_rows(&s) * (locl_layer_bias_has_columns(&s) ? locl_layer_n(&s) : 1);
    locl_op_add(c, BIAS, "bias", LOCL_OP_IN, LOCL_FILL_TANGENT, 1, biases);
    locl_op_add(c, Z, "z", LOCL_OP_IN_OUT, LOCL_FILL_VALUES, locl_layer_rows(&s), locl_layer_n(&s));
}

static void record(const locl_op_case *c, locl_command_buffer *cmd)
{
    locl_layer_shape s = shape_of(c);
    locl_bias_add(cmd, &s, locl_op_arg(c, BIAS), locl_op_arg(c, Z));
}

static void reference(locl_op_case *c)
{
    locl_layer_shape s = shape_of(c);
    locl_op_tensor *z = &c->t[Z];
    memcpy(z->want, z->in, z->rows * z->n * sizeof *z->want);
    locl_bias_add_ref(&s, c->t[BIAS].in, z->want);
    for (size_t i = 0; i < z->rows * z->n; i++) {
        z->scale[i] = fabs((double)z->in[i]) + locl_row_largest(c->t[BIAS].in, c->t[BIAS].n);
    }
}

const locl_op locl_op_bias_add = {.name = "bias_add",
                                  .dims = "layer,batch,patches,groups,width",
                                  .tolerance = 1e-6,
                                  .lay_out = lay_out,
                                  .record = record,
                                  .reference = reference,
                                  LOCL_OP_SHAPES(shapes)};
