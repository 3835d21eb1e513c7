#include "ops/layernorm.h"

#include "ops/row.h"

void locl_layernorm_dual(locl_command_buffer *cmd, const locl_tensor *x, const locl_tensor *dx,
                         const locl_tensor *y, const locl_tensor *dy, const locl_tensor *r, size_t rows,
                         size_t n, size_t tangents)
{
    locl_row_cut cut = locl_row_cut_for(locl_command_buffer_caps(cmd), rows, n, n);
    double values = (double)rows * (double)n, m = (double)tangents;
    locl_command_buffer_kernel(cmd, "layernorm.cl", "layernorm_dual", LOCL_ROW_OPTIONS, cut.chunk, cut.items);
    locl_command_buffer_tensor(cmd, x);
    locl_command_buffer_tensor(cmd, dx);
    locl_command_buffer_tensor(cmd, y);
    locl_command_buffer_tensor(cmd, dy);
    locl_command_buffer_tensor(cmd, r);
    locl_command_buffer_u32(cmd, rows);
    locl_command_buffer_u32(cmd, n);
    locl_command_buffer_u32(cmd, tangents);
    locl_command_buffer_cost(cmd, values * (7 + 10 * m), values * 8 * (1 + m));
    locl_command_buffer_range(cmd, cut.groups, cut.items);
}

void locl_layernorm_vjp(locl_command_buffer *cmd, const locl_tensor *y, const locl_tensor *r,
                        const locl_tensor *t, const locl_tensor *q, size_t rows, size_t n, size_t copies)
{
    locl_row_cut cut = locl_row_cut_for(locl_command_buffer_caps(cmd), rows, n, n);
    double values = (double)rows * (double)n, m = (double)copies;
    locl_command_buffer_kernel(cmd, "layernorm.cl", "layernorm_vjp", LOCL_ROW_OPTIONS, cut.chunk, cut.items);
    locl_command_buffer_tensor(cmd, y);
    locl_command_buffer_tensor(cmd, r);
    locl_command_buffer_tensor(cmd, t);
    locl_command_buffer_tensor(cmd, q);
    locl_command_buffer_u32(cmd, rows);
    locl_command_buffer_u32(cmd, n);
    locl_command_buffer_u32(cmd, copies);
    locl_command_buffer_cost(cmd, values * 7 * m, values * 4 * (1 + 2 * m));
    locl_command_buffer_range(cmd, cut.groups, cut.items);
}
