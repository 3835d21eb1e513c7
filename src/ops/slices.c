#include "ops/slices.h"

#include "kernels/kernels.h"
#include "ops/row.h"

void locl_slices_add(locl_command_buffer *cmd, const locl_tensor *t, const locl_tensor *out, size_t count,
                     size_t slices)
{
    locl_row_cut cut = locl_row_cut_for(locl_command_buffer_caps(cmd), (count + 63) / 64, count, count);
    double values = (double)count;
    cut.items = 1;
    locl_launch l = locl_launch_begin(cmd, &locl_kernel_slices_add);
    locl_launch_in(&l, "t", t, count);
    locl_launch_in_out(&l, "out", out, count);
    locl_launch_u64(&l, "count", count);
    locl_launch_f32(&l, "share", (float)(1.0 / (double)slices));
    locl_launch_first(&l, "first", 0, 1);
    locl_launch_cost(&l, 2 * values, 12 * values);
    locl_row_run(&l, &cut);
}
