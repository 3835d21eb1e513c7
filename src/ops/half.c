#include "ops/half.h"

#include "kernels/kernels.h"
#include "ops/row.h"

/* Ends a launch that goes through `count` values once. */
static void run(locl_launch *l, size_t count)
{
    locl_row_cut cut = locl_row_cut_flat(locl_command_buffer_caps(l->cmd), count, count);
    locl_launch_u64(l, "count", count);
    locl_launch_cost(l, 0, (sizeof(float) + LOCL_HALF_BYTES) * (double)count);
    locl_row_run(l, &cut);
}

void locl_half_store(locl_command_buffer *cmd, const locl_tensor *x, const locl_tensor *h, size_t count)
{
    locl_launch l = locl_launch_begin(cmd, &locl_kernel_half_store);
    locl_launch_in(&l, "x", x, count);
    locl_launch_out(&l, "h", h, count);
    run(&l, count);
}

void locl_half_load(locl_command_buffer *cmd, const locl_tensor *h, const locl_tensor *x, size_t count)
{
    locl_launch l = locl_launch_begin(cmd, &locl_kernel_half_load);
    locl_launch_in(&l, "h", h, count);
    locl_launch_out(&l, "x", x, count);
    run(&l, count);
}
