#include "ops/batchnorm.h"

#include "ops/row.h"

/* Columns are dealt out in blocks of a chunk for each work-item. */
static locl_row_cut cut_for(const locl_plan *plan, size_t n)
{
    locl_row_cut cut = locl_row_cut_for(locl_plan_caps(plan), 1, n, n);
    size_t columns = (size_t)cut.items * cut.chunk;
    return locl_row_cut_for(locl_plan_caps(plan), (n + columns - 1) / columns, n, n);
}

void locl_batchnorm_dual(locl_plan *plan, const locl_tensor *x, const locl_tensor *dx, const locl_tensor *y,
                         const locl_tensor *dy, const locl_tensor *r, const locl_running *running,
                         size_t batch, size_t n, size_t tangents)
{
    locl_row_cut cut = cut_for(plan, n);
    double values = (double)batch * (double)n, m = (double)tangents;
    locl_plan_kernel(plan, "batchnorm.cl", "batchnorm_dual", LOCL_ROW_OPTIONS " -D STATISTICS=%d", cut.chunk,
                     cut.items, (int)running->statistics);
    locl_plan_tensor(plan, x);
    locl_plan_tensor(plan, dx);
    locl_plan_tensor(plan, y);
    locl_plan_tensor(plan, dy);
    locl_plan_tensor(plan, r);
    locl_plan_tensor(plan, running->mean);
    locl_plan_tensor(plan, running->variance);
    locl_plan_u32(plan, batch);
    locl_plan_u32(plan, n);
    locl_plan_u32(plan, tangents);
    locl_plan_cost(plan, values * (7 + 10 * m), values * 8 * (1 + m));
    locl_plan_range(plan, cut.groups, cut.items);
}

void locl_batchnorm_vjp(locl_plan *plan, const locl_tensor *y, const locl_tensor *r, const locl_tensor *t,
                        const locl_tensor *q, size_t batch, size_t n, size_t copies)
{
    locl_row_cut cut = cut_for(plan, n);
    double values = (double)batch * (double)n, m = (double)copies;
    locl_plan_kernel(plan, "batchnorm.cl", "batchnorm_vjp", LOCL_ROW_OPTIONS, cut.chunk, cut.items);
    locl_plan_tensor(plan, y);
    locl_plan_tensor(plan, r);
    locl_plan_tensor(plan, t);
    locl_plan_tensor(plan, q);
    locl_plan_u32(plan, batch);
    locl_plan_u32(plan, n);
    locl_plan_u32(plan, copies);
    locl_plan_cost(plan, values * 7 * m, values * 4 * (1 + 2 * m));
    locl_plan_range(plan, cut.groups, cut.items);
}
