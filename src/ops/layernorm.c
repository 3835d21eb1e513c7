#include "ops/layernorm.h"

#include "kernels/kernels.h"
#include "ops/row.h"

void locl_layernorm_dual(locl_command_buffer *cmd, const locl_tensor *x, const locl_tensor *dx,
                         const locl_tensor *y, const locl_tensor *dy, const locl_tensor *r, size_t rows,
                         size_t n, size_t tangents)
{
    locl_row_cut cut = locl_row_cut_for(locl_command_buffer_caps(cmd), rows, n, n);
    double values = (double)rows * (double)n, m = (double)tangents;
    locl_launch l = locl_launch_begin(cmd, &locl_kernel_layernorm_dual);
    locl_launch_in(&l, "x", x, rows * n);
    locl_launch_in(&l, "dx", dx, tangents * rows * n);
    locl_launch_out(&l, "y", y, rows * n);
    locl_launch_out(&l, "dy", dy, tangents * rows * n);
    locl_launch_out(&l, "r", r, r ? rows : 0);
    locl_launch_u32(&l, "rows", rows);
    locl_launch_u32(&l, "n", n);
    locl_launch_u32(&l, "tangents", tangents);
    size_t read = locl_tensor_element(x), other = locl_tensor_element(y);
    locl_launch_cost(&l, values * (6 + 7 * m),
                     values * ((double)(read + other) + m * 2 * (double)other) + (r ? 4 * (double)rows : 0));
    locl_row_run(&l, &cut);
}

void locl_layernorm_vjp(locl_command_buffer *cmd, const locl_tensor *y, const locl_tensor *r,
                        const locl_tensor *t, const locl_tensor *q, size_t rows, size_t n, size_t copies)
{
    locl_row_cut cut = locl_row_cut_for(locl_command_buffer_caps(cmd), rows, n, n);
    double values = (double)rows * (double)n, m = (double)copies;
    locl_launch l = locl_launch_begin(cmd, &locl_kernel_layernorm_vjp);
    locl_launch_in(&l, "y", y, rows * n);
    locl_launch_in(&l, "r", r, rows);
    locl_launch_in(&l, "t", t, copies * rows * n);
    locl_launch_out(&l, "q", q, copies * rows * n);
    locl_launch_u32(&l, "rows", rows);
    locl_launch_u32(&l, "n", n);
    locl_launch_u32(&l, "copies", copies);
    locl_launch_cost(&l, values * 7 * m,
                     values * ((double)locl_tensor_element(y) + 8 * m) + 4 * (double)rows);
    locl_row_run(&l, &cut);
}
