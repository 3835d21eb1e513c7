#include "ops/accumulate.h"
#include "check/case.h"

#include <string.h>

enum { ROWS, N, COPIES, MASKED };
enum { T, POST, OUT };

static const size_t shapes[][LOCL_OP_DIMS] = {
    {1, 1, 1, 0},  {1, 1, 1, 1},    {1, 13, 1, 1},  {2, 34, 1, 1},    {1, 64, 1, 0},
    {5, 16, 1, 1}, {1, 8193, 1, 0}, {1, 509, 1, 1}, {512, 512, 1, 1}, {65, 64, 1, 1},
    {3, 7, 2, 1},  {17, 64, 2, 0},  {5, 12, 4, 1},  {1024, 128, 2, 1}};

static void lay_out(locl_op_case *c)
{
    locl_op_add(c, T, "t", LOCL_OP_IN, LOCL_FILL_TANGENT, c->dim[ROWS] * c->dim[COPIES], c->dim[N]);
    locl_op_add(c, POST, "post", LOCL_OP_IN, LOCL_FILL_VALUES, c->dim[MASKED] * c->dim[ROWS] * c->dim[COPIES],
                c->dim[N]);
    locl_op_add(c, OUT, "out", LOCL_OP_IN_OUT, LOCL_FILL_TANGENT, c->dim[ROWS], c->dim[N]);
}

static void record(const locl_op_case *c, locl_command_buffer *cmd)
{
    locl_accumulate(cmd, locl_op_arg(c, T), locl_op_arg(c, POST), locl_op_arg(c, OUT), c->dim[ROWS],
                    c->dim[N], c->dim[COPIES]);
}

static void reference(locl_op_case *c)
{
    size_t rows = c->dim[ROWS], n = c->dim[N], copies = c->dim[COPIES];
    memcpy(c->t[OUT].want, c->t[OUT].in, rows * n * sizeof(float));
    locl_accumulate_ref(c->t[T].in, c->t[POST].in, c->t[OUT].want, rows, n, copies);
    for (size_t i = 0; i < rows * n; i++) {
        c->t[OUT].scale[i] = fabs((double)c->t[OUT].in[i]);
        for (size_t k = 0; k < copies; k++) {
            c->t[OUT].scale[i] += fabs((double)c->t[T].in[(i / n * copies + k) * n + i % n]);
        }
    }
}

const locl_op locl_op_accumulate = {.name = "accumulate",
                                    .dims = "rows,n,copies,masked",
                                    .tolerance = 1e-6,
                                    .lay_out = lay_out,
                                    .record = record,
                                    .reference = reference,
                                    LOCL_OP_SHAPES(shapes)};
