#include "check/case.h"
#include "ops/loss.h"

#include <string.h>

/* loss_softmax */
enum { VALID, BATCH, CLASSES, INDEX };
enum { LOGITS, BIAS, LABELS, ERROR, RECORDS };

static const char *const softmax_shapes[] = {
    "valid=1 B=1 classes=1",
    "valid=1 B=1 classes=2 index=1",
    "valid=17 B=17 classes=10 index=3",
    "valid=5 B=13 classes=7",
    "valid=65 B=65 classes=3",
    "valid=97 B=97 classes=1000 index=1",
    "valid=128 B=128 classes=10 index=4",
};

static void softmax_lay_out(locl_op_case *c)
{
    size_t batch = c->dim[BATCH], classes = c->dim[CLASSES];
    locl_op_add(c, LOGITS, "logits", LOCL_OP_IN_OUT, LOCL_FILL_VALUES, batch, classes);
    locl_op_add(c, BIAS, "bias", LOCL_OP_IN, LOCL_FILL_TANGENT, 1, classes);
    locl_op_add(c, LABELS, "labels", LOCL_OP_IN, LOCL_FILL_NONE, 1, batch);
    locl_op_add(c, ERROR, "error", LOCL_OP_OUT, LOCL_FILL_NONE, batch, classes);
    locl_op_add(c, RECORDS, "records", LOCL_OP_IN_OUT, LOCL_FILL_NONE, c->dim[INDEX] + 1, 4);
    c->t[RECORDS].exact = 3; /* all but the loss are integers */
}

static int32_t *labels_of(locl_op_case *c)
{
    return (int32_t *)(void *)c->t[LABELS].in;
}

static void softmax_derive(locl_op_case *c)
{
    for (size_t n = 0; n < c->dim[BATCH]; n++) {
        labels_of(c)[n] = (int32_t)((n * 7 + c->seed) % c->dim[CLASSES]);
    }
}

static void softmax_record(const locl_op_case *c, locl_command_buffer *cmd)
{
    locl_loss_softmax(cmd, locl_op_arg(c, LOGITS), locl_op_arg(c, BIAS), locl_op_arg(c, LABELS),
                      locl_op_arg(c, ERROR), locl_op_arg(c, RECORDS), c->dim[INDEX], c->dim[BATCH],
                      c->dim[CLASSES]);
}

static void softmax_bind(const locl_op_case *c, locl_bindings *bindings)
{
    bindings->valid = (cl_uint)c->dim[VALID];
}

static const char *softmax_refuses(const size_t *dim)
{
    return dim[VALID] > dim[BATCH] ? "valid is above B" : NULL;
}

static void softmax_reference(locl_op_case *c)
{
    size_t batch = c->dim[BATCH], classes = c->dim[CLASSES], values = batch * classes;
    locl_op_tensor *logits = &c->t[LOGITS];
    locl_step_metrics record;
    memcpy(logits->want, logits->in, values * sizeof(float));
    memcpy(c->t[RECORDS].want, c->t[RECORDS].in, 4 * c->dim[INDEX] * sizeof(float));
    locl_loss_softmax_ref(logits->want, c->t[BIAS].in, labels_of(c), c->t[ERROR].want, &record, batch,
                          classes, c->dim[VALID]);
    memcpy(c->t[RECORDS].want + 4 * c->dim[INDEX], &record, sizeof record);
    locl_row_set(c->t[ERROR].scale, values, 1);
    for (size_t n = 0; n < batch; n++) {
        double largest = locl_row_largest(logits->want + n * classes, classes);
        locl_row_set(logits->scale + n * classes, classes, largest);
        c->t[RECORDS].scale[4 * c->dim[INDEX]] +=
            n < c->dim[VALID] ? (1 + largest) / (double)c->dim[VALID] : 0;
    }
}

/* Returns the cost: bias, difference, exponential, sum and quotient, then the losses' sum. Losses and answers
 * of the images are written and read once more. */
static locl_op_cost softmax_cost(const locl_op_case *c, const locl_caps *caps)
{
    (void)caps;
    double batch = (double)c->dim[BATCH];
    return (locl_op_cost){.flops = 5 * batch * (double)c->dim[CLASSES] + batch,
                          .bytes = locl_op_bytes(c) + 16 * batch - 32 * (double)c->dim[INDEX] - 16};
}

static const locl_op_break softmax_breaks[] = {
    {.shape = "valid=17 B=17 classes=10 index=3",
     .kernel = "loss_softmax",
     .file = "loss.cl",
     .from = "l[k] += bias[k]",
     .to = "l[k] += 0.0f"},
    {.shape = "valid=5 B=13 classes=7",
     .kernel = "loss_softmax",
     .file = "loss.cl",
     .from = "n < valid, &out",
     .to = "true, &out"},
    {.shape = "valid=17 B=17 classes=10 index=3",
     .kernel = "loss_record",
     .file = "loss.cl",
     .from = "= count",
     .to = "= count + 1"},
    {.shape = "valid=17 B=17 classes=10 index=3",
     .kernel = "loss_record",
     .file = "loss.cl",
     .from = "INT_MAX",
     .to = "0"},
};

const locl_op locl_op_loss_softmax = {.name = "loss_softmax",
                                      .dims = "valid=64 B=64 classes=10 index=0",
                                      .tolerance = 1e-5,
                                      .lay_out = softmax_lay_out,
                                      .derive = softmax_derive,
                                      .refuses = softmax_refuses,
                                      .record = softmax_record,
                                      .bind = softmax_bind,
                                      .reference = softmax_reference,
                                      .cost = softmax_cost,
                                      LOCL_OP_BREAKS(softmax_breaks),
                                      LOCL_OP_CUTS,
                                      LOCL_OP_SHAPES(softmax_shapes, 1)};

/* loss_gather */
enum { IMAGES, PATCHES, GROUPS, LP, LG };
enum { DL, OUT };

static const char *const gather_shapes[] = {
    "B=1 P=1 G=1 lp=1 lg=1",   "B=7 P=5 G=3 lp=5 lg=3",      "B=7 P=5 G=3 lp=1 lg=3",
    "B=7 P=5 G=3 lp=5 lg=1",   "B=67 P=5 G=3 lp=1 lg=1",     "B=13 P=1 G=16 lp=1 lg=1",
    "B=13 P=64 G=1 lp=1 lg=1", "B=128 P=64 G=16 lp=64 lg=1", "B=128 P=64 G=16 lp=1 lg=16",
};

static void gather_lay_out(locl_op_case *c)
{
    locl_op_add(c, DL, "dl", LOCL_OP_IN, LOCL_FILL_VALUES, c->dim[IMAGES] * c->dim[PATCHES], c->dim[GROUPS]);
    locl_op_add(c, OUT, "out", LOCL_OP_OUT, LOCL_FILL_NONE, c->dim[IMAGES] * c->dim[LP], c->dim[LG]);
}

static const char *gather_refuses(const size_t *dim)
{
    bool p = dim[LP] == 1 || dim[LP] == dim[PATCHES], g = dim[LG] == 1 || dim[LG] == dim[GROUPS];
    return p && g ? NULL : "lp is 1 or P, lg is 1 or G";
}

static void gather_record(const locl_op_case *c, locl_command_buffer *cmd)
{
    locl_loss_gather(cmd, locl_op_arg(c, DL), locl_op_arg(c, OUT), c->dim[IMAGES], c->dim[PATCHES],
                     c->dim[GROUPS], c->dim[LP], c->dim[LG]);
}

static void gather_reference(locl_op_case *c)
{
    size_t of_image = c->dim[PATCHES] * c->dim[GROUPS], out_of_image = c->dim[LP] * c->dim[LG];
    locl_loss_gather_ref(c->t[DL].in, c->t[OUT].want, c->dim[IMAGES], c->dim[PATCHES], c->dim[GROUPS],
                         c->dim[LP], c->dim[LG]);
    for (size_t i = 0; i < c->dim[IMAGES]; i++) {
        double largest = locl_row_largest(c->t[DL].in + i * of_image, of_image);
        locl_row_set(c->t[OUT].scale + i * out_of_image, out_of_image, largest);
    }
}

static locl_op_cost gather_cost(const locl_op_case *c, const locl_caps *caps)
{
    (void)caps;
    return locl_op_cost_of(c, (double)(c->t[DL].rows * c->t[DL].n));
}

static const locl_op_break gather_breaks[] = {
    {.shape = "B=7 P=5 G=3 lp=5 lg=1",
     .kernel = "loss_gather",
     .file = "loss.cl",
     .from = "j <= last_g",
     .to = "j < last_g"},
};

const locl_op locl_op_loss_gather = {.name = "loss_gather",
                                     .sums = true,
                                     .dims = "B=64 P=16 G=4 lp=1 lg=1",
                                     .tolerance = 1e-5,
                                     .lay_out = gather_lay_out,
                                     .refuses = gather_refuses,
                                     .record = gather_record,
                                     .reference = gather_reference,
                                     .cost = gather_cost,
                                     LOCL_OP_BREAKS(gather_breaks),
                                     LOCL_OP_CUTS,
                                     LOCL_OP_SHAPES(gather_shapes, 2)};
