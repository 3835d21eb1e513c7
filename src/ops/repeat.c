#include "ops/repeat.h"

#include "kernels/kernels.h"
#include "ops/row.h"

void locl_repeat(locl_command_buffer *cmd, const locl_tensor *x, const locl_tensor *y, size_t rows, size_t n,
                 size_t copies)
{
    locl_row_cut cut = locl_row_cut_for(locl_command_buffer_caps(cmd), rows, n, n);
    double values = (double)rows * (double)n;
    locl_launch l = locl_launch_begin(cmd, &locl_kernel_repeat);
    locl_launch_in(&l, "x", x, rows * n);
    locl_launch_out(&l, "y", y, rows * copies * n);
    locl_launch_u32(&l, "rows", rows);
    locl_launch_u32(&l, "n", n);
    locl_launch_u32(&l, "copies", copies);
    locl_launch_cost(&l, 0, values * 4 * (1 + (double)copies));
    locl_row_run(&l, &cut);
}
