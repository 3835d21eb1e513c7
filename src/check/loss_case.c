#include "check/case.h"
#include "ops/loss.h"

#include <string.h>

/* loss_softmax */
enum { VALID, BATCH, CLASSES, INDEX };
enum { LOGITS, BIAS, LABELS, ERROR, RECORDS };

static const size_t softmax_shapes[][LOCL_OP_DIMS] = {{1, 1, 1, 0},     {1, 1, 2, 1},   {17, 17, 10, 3},
                                                      {5, 13, 7, 0},    {65, 65, 3, 0}, {128, 128, 10, 4},
                                                      {97, 97, 1000, 1}};

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

const locl_op locl_op_loss_softmax = {.name = "loss_softmax",
                                      .dims = "valid,batch,classes,index",
                                      .tolerance = 1e-5,
                                      .lay_out = softmax_lay_out,
                                      .derive = softmax_derive,
                                      .record = softmax_record,
                                      .reference = softmax_reference,
                                      LOCL_OP_SHAPES(softmax_shapes)};

/* loss_gather */
enum { IMAGES, PATCHES, GROUPS, LP, LG };
enum { DL, OUT };

static const size_t gather_shapes[][LOCL_OP_DIMS] = {
    {1, 1, 1, 1, 1},   {7, 5, 3, 5, 3},   {7, 5, 3, 1, 3},      {7, 5, 3, 5, 1},     {67, 5, 3, 1, 1},
    {13, 1, 16, 1, 1}, {13, 64, 1, 1, 1}, {128, 64, 16, 64, 1}, {128, 64, 16, 1, 16}};

static void gather_lay_out(locl_op_case *c)
{
    locl_op_add(c, DL, "dl", LOCL_OP_IN, LOCL_FILL_VALUES, c->dim[IMAGES] * c->dim[PATCHES], c->dim[GROUPS]);
    locl_op_add(c, OUT, "out", LOCL_OP_OUT, LOCL_FILL_NONE, c->dim[IMAGES] * c->dim[LP], c->dim[LG]);
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

const locl_op locl_op_loss_gather = {.name = "loss_gather",
                                     .dims = "images,patches,groups,lp,lg",
                                     .tolerance = 1e-5,
                                     .lay_out = gather_lay_out,
                                     .record = gather_record,
                                     .reference = gather_reference,
                                     LOCL_OP_SHAPES(gather_shapes)};
