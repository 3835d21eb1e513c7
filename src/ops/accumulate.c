#include "ops/accumulate.h"

#include "kernels/kernels.h"
#include "ops/row.h"

void locl_accumulate(locl_command_buffer *cmd, const locl_tensor *t, const locl_tensor *post,
                     const locl_tensor *out, size_t rows, size_t n, size_t copies)
{
    size_t length = copies == 1 ? rows * n : n; /* without copies all values are one row */
    size_t count = rows * n / length;
    locl_row_cut cut = locl_row_cut_flat(locl_command_buffer_caps(cmd), rows * n, length);
    double values = (double)rows * (double)n;
    locl_launch l = locl_launch_begin(cmd, &locl_kernel_accumulate);
    locl_launch_in(&l, "t", t, rows * copies * n);
    locl_launch_in(&l, "post", post, post ? rows * copies * n : 0);
    locl_launch_in_out(&l, "out", out, rows * n);
    locl_launch_u64(&l, "rows", count);
    locl_launch_u64(&l, "n", length);
    locl_launch_u32(&l, "copies", copies);
    locl_launch_macro(&l, "MASK", post != NULL);
    locl_launch_cost(&l, values * (double)copies, values * (8 + (double)copies * (post ? 8 : 4)));
    locl_row_run(&l, &cut);
}
