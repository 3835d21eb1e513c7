#include "ops/batchnorm.h"

#include "kernels/kernels.h"
#include "ops/row.h"

/* Cuts the columns into blocks, each of a chunk for every work-item. */
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
    /* values of a column's running statistics that are read or written */
    static const double moments[] = {[LOCL_STATISTICS_TRACKED] = 4, [LOCL_STATISTICS_RUNNING] = 2};
    locl_row_cut cut = cut_for(cmd, n);
    double values = (double)batch * (double)n, m = (double)tangents, columns = (double)n;
    double primal = running->statistics == LOCL_STATISTICS_RUNNING ? 2 : 6;
    locl_launch l = locl_launch_begin(cmd, &locl_kernel_batchnorm_dual);
    locl_launch_in(&l, "x", x, batch * n);
    locl_launch_in(&l, "dx", dx, tangents * batch * n);
    locl_launch_out(&l, "y", y, batch * n);
    locl_launch_out(&l, "dy", dy, tangents * batch * n);
    locl_launch_out(&l, "r", r, n);
    locl_launch_in_out(&l, "mean", running->mean, running->mean ? n : 0);
    locl_launch_in_out(&l, "variance", running->variance, running->variance ? n : 0);
    locl_launch_u32(&l, "batch", batch);
    locl_launch_u32(&l, "n", n);
    locl_launch_u32(&l, "tangents", tangents);
    locl_launch_macro(&l, "STATISTICS", running->statistics);
    locl_launch_cost(&l, values * (primal + 7 * m),
                     values * 8 * (1 + m) + 4 * columns * (1 + moments[running->statistics]));
    locl_row_run(&l, &cut);
}

void locl_batchnorm_vjp(locl_command_buffer *cmd, const locl_tensor *y, const locl_tensor *r,
                        const locl_tensor *t, const locl_tensor *q, size_t batch, size_t n, size_t copies)
{
    locl_row_cut cut = cut_for(cmd, n);
    double values = (double)batch * (double)n, m = (double)copies;
    locl_launch l = locl_launch_begin(cmd, &locl_kernel_batchnorm_vjp);
    locl_launch_in(&l, "y", y, batch * n);
    locl_launch_in(&l, "r", r, n);
    locl_launch_in(&l, "t", t, copies * batch * n);
    locl_launch_out(&l, "q", q, copies * batch * n);
    locl_launch_u32(&l, "batch", batch);
    locl_launch_u32(&l, "n", n);
    locl_launch_u32(&l, "copies", copies);
    locl_launch_macro(&l, "STATISTICS", LOCL_STATISTICS_OWN);
    locl_launch_cost(&l, values * 7 * m, values * 4 * (1 + 2 * m) + 4 * (double)n);
    locl_row_run(&l, &cut);
}
