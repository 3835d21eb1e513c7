#include "ops/slices.h"

#include "kernels/kernels.h"
#include "ops/row.h"

/* Records out = share t where first + `moves` first_image is 0, else out += share t. */
static void record(locl_command_buffer *cmd, const locl_tensor *t, const locl_tensor *out, size_t count,
                   double share, uint64_t first, size_t moves)
{
    locl_row_cut cut = locl_row_cut_flat(locl_command_buffer_caps(cmd), count, count);
    double values = (double)count;
    locl_launch l = locl_launch_begin(cmd, &locl_kernel_slices_add);
    locl_launch_in(&l, "t", t, count);
    locl_launch_in_out(&l, "out", out, count);
    locl_launch_u64(&l, "count", count);
    locl_launch_f32(&l, "share", (float)share);
    locl_launch_first(&l, "first", first, moves);
    locl_launch_cost(&l, 2 * values, 12 * values);
    locl_row_run(&l, &cut);
}

void locl_slices_add(locl_command_buffer *cmd, const locl_tensor *t, const locl_tensor *out, size_t count,
                     double share, size_t begin)
{
    record(cmd, t, out, count, share, 0 - (uint64_t)begin, 1); /* 0 with the first slice's first image */
}

void locl_slices_join(locl_command_buffer *cmd, const locl_tensor *t, const locl_tensor *out, size_t count)
{
    record(cmd, t, out, count, 1, 1, 0);
}
