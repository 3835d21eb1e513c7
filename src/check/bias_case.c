#include "ops/bias.h"
#include "check/case.h"

#include <string.h>

/* As in activation_case.c: a token layer with more than one group has a bias for each channel. */
enum { LAYER, BATCH, PATCHES, GROUPS, WIDTH };
enum { BIAS, Z };

static const char *const shapes[] = {
    "layer=channel B=1 P=1 G=1 D=1",     "layer=token B=3 P=5 G=1 D=17",    "layer=channel B=5 P=4 G=17 D=68",
    "layer=group B=3 P=5 G=7 D=77",      "layer=token B=7 P=4 G=1 D=68",    "layer=group B=5 P=3 G=4 D=64",
    "layer=group B=2 P=3 G=1 D=509",     "layer=token B=3 P=5 G=2 D=34",    "layer=token B=2 P=64 G=16 D=512",
    "layer=channel B=2 P=64 G=16 D=512", "layer=group B=2 P=64 G=16 D=512",
};

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

static const char *refuses(const size_t *dim)
{
    return dim[WIDTH] % dim[GROUPS] ? "D is no multiple of G" : NULL;
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

static locl_op_cost cost(const locl_op_case *c, const locl_caps *caps)
{
    (void)caps;
    return locl_op_cost_of(c, (double)(c->t[Z].rows * c->t[Z].n));
}

static const locl_op_break breaks[] = {
    {.shape = "layer=group B=3 P=5 G=7 D=77",
     .kernel = "bias_add",
     .file = "bias.cl",
     .from = "row_bias(bias, row,",
     .to = "row_bias(bias, 0,"},
};

const locl_op locl_op_bias_add = {.name = "bias_add",
                                  .dims = "layer=token|channel|group B=4 P=16 G=4 D=64",
                                  .tolerance = 1e-6,
                                  .lay_out = lay_out,
                                  .refuses = refuses,
                                  .record = record,
                                  .reference = reference,
                                  .cost = cost,
                                  LOCL_OP_BREAKS(breaks),
                                  LOCL_OP_CUTS,
                                  LOCL_OP_SHAPES(shapes, 3)};
