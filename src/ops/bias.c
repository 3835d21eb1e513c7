#include "ops/bias.h"

#include "ops/row.h"

void locl_bias_add(locl_command_buffer *cmd, const locl_layer_shape *shape, const locl_tensor *bias,
                   const locl_tensor *z)
{
    size_t rows = locl_layer_rows(shape), n = locl_layer_n(shape);
    locl_row_cut cut = locl_row_cut_for(locl_command_buffer_caps(cmd), rows, n, n);
    locl_command_buffer_kernel(cmd, "bias.cl", "bias_add", LOCL_ROW_OPTIONS " -D BIAS_COLUMNS=%d", cut.chunk,
                               cut.items, locl_layer_bias_has_columns(shape));
    locl_command_buffer_tensor(cmd, bias);
    locl_command_buffer_tensor(cmd, z);
    locl_command_buffer_u32(cmd, rows);
    locl_command_buffer_u32(cmd, n);
    locl_command_buffer_u32(cmd, locl_layer_bias_rows(shape));
    locl_command_buffer_cost(cmd, (double)rows * (double)n, (double)rows * (double)n * 8);
    locl_command_buffer_range(cmd, cut.groups, cut.items);
}
