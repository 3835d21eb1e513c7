#include "ops/layernorm.h"

#include "ops/row.h"

void locl_layernorm_dual(locl_plan *plan, const locl_tensor *x, const locl_tensor *dx, const locl_tensor *y,
                         const locl_tensor *dy, const locl_tensor *r, size_t rows, size_t n, size_t tangents)
{
    locl_row_cut cut = locl_row_cut_for(locl_plan_caps(plan), rows, n, n);
    double values = (double)rows * (double)n, m = (double)tangents;
    locl_plan_kernel(plan, "layernorm.cl", "layernorm_dual", LOCL_ROW_OPTIONS, cut.chunk, cut.items);
    locl_plan_tensor(plan, x);
    locl_plan_tensor(plan, dx);
    locl_plan_tensor(plan, y);
    locl_plan_tensor(plan, dy);
    locl_plan_tensor(plan, r);
    locl_plan_u32(plan, rows);
    locl_plan_u32(plan, n);
    locl_plan_u32(plan, tangents);
    locl_plan_cost(plan, values * (7 + 10 * m), values * 8 * (1 + m));
    locl_plan_range(plan, cut.groups, cut.items);
}

void locl_layernorm_vjp(locl_plan *plan, const locl_tensor *y, const locl_tensor *r, const locl_tensor *t,
                        const locl_tensor *q, size_t rows, size_t n, size_t copies)
{
    locl_row_cut cut = locl_row_cut_for(locl_plan_caps(plan), rows, n, n);
    double values = (double)rows * (double)n, m = (double)copies;
    locl_plan_kernel(plan, "layernorm.cl", "layernorm_vjp", LOCL_ROW_OPTIONS, cut.chunk, cut.items);
    locl_plan_tensor(plan, y);
    locl_plan_tensor(plan, r);
    locl_plan_tensor(plan, t);
    locl_plan_tensor(plan, q);
    locl_plan_u32(plan, rows);
    locl_plan_u32(plan, n);
    locl_plan_u32(plan, copies);
    locl_plan_cost(plan, values * 7 * m, values * 4 * (1 + 2 * m));
    locl_plan_range(plan, cut.groups, cut.items);
}
