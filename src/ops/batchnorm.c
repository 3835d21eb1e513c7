#include "ops/batchnorm.h"

#include "ops/row.h"

/* Columns are dealt out in blocks of a chunk for each work-item. */
static locl_row_cut cut_for(const locl_command_buffer *cmd, size_t n)
{
    locl_row_cut cut = locl_row_cut_for(locl_command_buffer_caps(cmd), 1, n, n);
    size_t columns = (size_t)cut.items * cut.chunk;
    return locl_row_cut_for(locl_command_buffer_caps(cmd), (n + columns - 1) / columns, n, n);
}

void locl_batchnorm_dual(locl_command_buffer *cmd, const locl_tensor *x, const locl_tensor *dx,
                         const locl_tensor *y, const locl_tensor *dy, const locl_tensor *r,
                         const locl_running *running, size_t batch, size_t n, size_t tangents)
{
    locl_row_cut cut = cut_for(cmd, n);
    double values = (double)batch * (double)n, m = (double)tangents;
    locl_command_buffer_kernel(cmd, "batchnorm.cl", "batchnorm_dual", LOCL_ROW_OPTIONS " -D STATISTICS=%d",
                               cut.chunk, cut.items, (int)running->statistics);
    locl_command_buffer_tensor(cmd, x);
    locl_command_buffer_tensor(cmd, dx);
    locl_command_buffer_tensor(cmd, y);
    locl_command_buffer_tensor(cmd, dy);
    locl_command_buffer_tensor(cmd, r);
    locl_command_buffer_tensor(cmd, running->mean);
    locl_command_buffer_tensor(cmd, running->variance);
    locl_command_buffer_u32(cmd, batch);
    locl_command_buffer_u32(cmd, n);
    locl_command_buffer_u32(cmd, tangents);
    locl_command_buffer_cost(cmd, values * (7 + 10 * m), values * 8 * (1 + m));
    locl_command_buffer_range(cmd, cut.groups, cut.items);
}

void locl_batchnorm_vjp(locl_command_buffer *cmd, const locl_tensor *y, const locl_tensor *r,
                        const locl_tensor *t, const locl_tensor *q, size_t batch, size_t n, size_t copies)
{
    locl_row_cut cut = cut_for(cmd, n);
    double values = (double)batch * (double)n, m = (double)copies;
    locl_command_buffer_kernel(cmd, "batchnorm.cl", "batchnorm_vjp", LOCL_ROW_OPTIONS, cut.chunk, cut.items);
    locl_command_buffer_tensor(cmd, y);
    locl_command_buffer_tensor(cmd, r);
    locl_command_buffer_tensor(cmd, t);
    locl_command_buffer_tensor(cmd, q);
    locl_command_buffer_u32(cmd, batch);
    locl_command_buffer_u32(cmd, n);
    locl_command_buffer_u32(cmd, copies);
    locl_command_buffer_cost(cmd, values * 7 * m, values * 4 * (1 + 2 * m));
    locl_command_buffer_range(cmd, cut.groups, cut.items);
}
