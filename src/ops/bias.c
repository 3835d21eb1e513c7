#include "ops/bias.h"

#include "kernels/kernels.h"
#include "ops/row.h"

void locl_bias_add(locl_command_buffer *cmd, const locl_layer_shape *shape, const locl_tensor *bias,
                   const locl_tensor *z)
{
    size_t rows = locl_layer_rows(shape), n = locl_layer_n(shape);
    locl_row_cut cut = locl_row_cut_for(locl_command_buffer_caps(cmd), rows, n, n);
    locl_launch l = locl_launch_begin(cmd, &locl_kernel_bias_add);
    locl_launch_in(&l, "bias", bias, locl_layer_biases(shape));
    locl_launch_in_out(&l, "x", z, rows * n);
    locl_launch_u32(&l, "rows", rows);
    locl_launch_u32(&l, "n", n);
    locl_launch_u32(&l, "bias_rows", locl_layer_bias_rows(shape));
    locl_launch_macro(&l, "BIAS_COLUMNS", locl_layer_bias_has_columns(shape));
    locl_launch_cost(&l, (double)rows * (double)n,
                     4 * (2 * (double)rows * (double)n + (double)locl_layer_biases(shape)));
    locl_row_run(&l, &cut);
}
