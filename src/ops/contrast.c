#include "ops/contrast.h"

#include "gemm/gemm.h"
#include "kernels/kernels.h"
#include "ops/loss.h"
#include "ops/row.h"

locl_contrast locl_contrast_of(locl_command_buffer *cmd, size_t rows, size_t width, double temperature,
                               const locl_tensor *z)
{
    return (locl_contrast){.rows = rows,
                           .width = width,
                           .temperature = temperature,
                           .z = z,
                           .u = locl_command_buffer_scratch(cmd, rows * width, "unit outputs"),
                           .norms = locl_command_buffer_scratch(cmd, rows, "norms"),
                           .q = locl_command_buffer_scratch(cmd, rows * rows, "pairs")};
}

static locl_row_cut cut_for(const locl_command_buffer *cmd, size_t rows, size_t n)
{
    return locl_row_cut_for(locl_command_buffer_caps(cmd), rows, n, n);
}

void locl_contrast_unit(locl_command_buffer *cmd, const locl_contrast *c, const locl_tensor *bias)
{
    double values = (double)c->rows * (double)c->width;
    locl_row_cut cut = cut_for(cmd, c->rows, c->width);
    locl_launch l = locl_launch_begin(cmd, &locl_kernel_contrast_unit);
    locl_launch_in_out(&l, "z", c->z, c->rows * c->width);
    locl_launch_in(&l, "bias", bias, c->width);
    locl_launch_out(&l, "u", c->u, c->rows * c->width);
    locl_launch_out(&l, "norms", c->norms, c->rows);
    locl_launch_u32(&l, "rows", c->rows);
    locl_launch_u32(&l, "n", c->width);
    locl_launch_cost(&l, values * 4, 4 * (3 * values + (double)(c->width + c->rows)));
    locl_row_run(&l, &cut);
}

void locl_contrast_softmax(locl_command_buffer *cmd, const locl_contrast *c, const locl_tensor *losses,
                           const locl_tensor *wrong)
{
    double values = (double)c->rows * (double)c->rows;
    locl_row_cut cut = cut_for(cmd, c->rows, c->rows);
    locl_launch l = locl_launch_begin(cmd, &locl_kernel_contrast_softmax);
    locl_launch_in_out(&l, "q", c->q, c->rows * c->rows);
    locl_launch_out(&l, "losses", losses, c->rows);
    locl_launch_out(&l, "wrong", wrong, c->rows);
    locl_launch_u32(&l, "rows", c->rows);
    locl_launch_cost(&l, values * 4, 4 * (2 * values + 2 * (double)c->rows));
    locl_row_run(&l, &cut);
}

void locl_contrast_error(locl_command_buffer *cmd, const locl_contrast *c, const locl_tensor *r)
{
    double values = (double)c->rows * (double)c->width;
    locl_row_cut cut = cut_for(cmd, c->rows, c->width);
    locl_launch l = locl_launch_begin(cmd, &locl_kernel_contrast_error);
    locl_launch_in(&l, "u", c->u, c->rows * c->width);
    locl_launch_in(&l, "norms", c->norms, c->rows);
    locl_launch_in_out(&l, "r", r, c->rows * c->width);
    locl_launch_u32(&l, "rows", c->rows);
    locl_launch_u32(&l, "n", c->width);
    locl_launch_cost(&l, values * 5, 4 * (3 * values + (double)c->rows));
    locl_row_run(&l, &cut);
}

/* Records q = u u' / tau, the logits of all pairs of rows. */
static void record_logits(locl_command_buffer *cmd, const locl_contrast *c)
{
    locl_gemm_shape shape = {.tb = true,
                             .m = c->rows,
                             .n = c->rows,
                             .k = c->width,
                             .lda = c->width,
                             .ldb = c->width,
                             .ldc = c->rows,
                             .batch = 1,
                             .sum = 1,
                             .alpha = (float)(1 / c->temperature)};
    locl_gemm(cmd, &shape, c->u, c->u, c->q);
}

/* Records r = q u / tau, the losses' gradients by u. */
static void record_pull(locl_command_buffer *cmd, const locl_contrast *c, const locl_tensor *r)
{
    locl_gemm_shape shape = {.m = c->rows,
                             .n = c->width,
                             .k = c->rows,
                             .lda = c->rows,
                             .ldb = c->width,
                             .ldc = c->width,
                             .batch = 1,
                             .sum = 1,
                             .alpha = (float)(1 / c->temperature)};
    locl_gemm(cmd, &shape, c->q, c->u, r);
}

void locl_contrast_loss(locl_command_buffer *cmd, const locl_contrast *c, const locl_tensor *bias,
                        const locl_tensor *s, const locl_tensor *metrics, size_t index, size_t records)
{
    locl_arena *workspace = locl_command_buffer_workspace(cmd);
    locl_arena_mark mark = locl_arena_here(workspace);
    const locl_tensor *losses = locl_command_buffer_scratch(cmd, c->rows, "losses");
    const locl_tensor *wrong = locl_command_buffer_scratch(cmd, c->rows, "wrong");
    locl_contrast_unit(cmd, c, bias);
    record_logits(cmd, c);
    locl_contrast_softmax(cmd, c, losses, wrong);
    record_pull(cmd, c, s);
    locl_contrast_error(cmd, c, s);
    for (size_t i = 0; i < records; i++) {
        locl_loss_record(cmd, losses, wrong, metrics, index + i, c->rows);
    }
    locl_arena_back(workspace, mark);
}

void locl_contrast_difference(locl_command_buffer *cmd, const locl_contrast *c, const locl_tensor *d,
                              size_t moves, float epsilon, const locl_tensor *dl, size_t offset)
{
    double rows = (double)c->rows, all = rows * (double)moves, width = (double)c->width;
    locl_row_cut cut = cut_for(cmd, c->rows * moves, c->width);
    locl_launch l = locl_launch_begin(cmd, &locl_kernel_contrast_difference);
    locl_launch_in_out(&l, "d", d, c->rows * moves * c->width);
    locl_launch_in(&l, "u", c->u, c->rows * c->width);
    locl_launch_in(&l, "norms", c->norms, c->rows);
    locl_launch_in(&l, "q", c->q, c->rows * c->rows);
    locl_launch_out(&l, "dl", dl, offset + c->rows * moves);
    locl_launch_u64(&l, "offset", offset);
    locl_launch_u32(&l, "rows", c->rows);
    locl_launch_u32(&l, "moves", moves);
    locl_launch_u32(&l, "n", c->width);
    locl_launch_f32(&l, "scale", (float)(1 / c->temperature));
    locl_launch_f32(&l, "epsilon", epsilon);
    locl_launch_cost(&l, all * width * (7 + 2 * rows),
                     4 * (2 * all * width + rows * (width + 1 + rows) + all));
    locl_row_run(&l, &cut);
}
