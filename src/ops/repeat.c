#include "ops/repeat.h"

#include "ops/row.h"

void locl_repeat(locl_command_buffer *cmd, const locl_tensor *x, const locl_tensor *y, size_t rows, size_t n,
                 size_t copies)
{
    locl_row_cut cut = locl_row_cut_for(locl_command_buffer_caps(cmd), rows, n, n);
    double values = (double)rows * (double)n;
    locl_command_buffer_kernel(cmd, "repeat.cl", "repeat", LOCL_ROW_OPTIONS, cut.chunk, cut.items);
    locl_command_buffer_tensor(cmd, x);
    locl_command_buffer_tensor(cmd, y);
    locl_command_buffer_u32(cmd, rows);
    locl_command_buffer_u32(cmd, n);
    locl_command_buffer_u32(cmd, copies);
    locl_command_buffer_cost(cmd, 0, values * 4 * (1 + (double)copies));
    locl_command_buffer_range(cmd, cut.groups, cut.items);
}
