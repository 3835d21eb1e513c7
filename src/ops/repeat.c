#include "ops/repeat.h"

#include "ops/row.h"

void locl_repeat(locl_plan *plan, const locl_tensor *x, const locl_tensor *y, size_t rows, size_t n,
                 size_t copies)
{
    locl_row_cut cut = locl_row_cut_for(locl_plan_caps(plan), rows, n, n);
    double values = (double)rows * (double)n;
    locl_plan_kernel(plan, "repeat.cl", "repeat", LOCL_ROW_OPTIONS, cut.chunk, cut.items);
    locl_plan_tensor(plan, x);
    locl_plan_tensor(plan, y);
    locl_plan_u32(plan, rows);
    locl_plan_u32(plan, n);
    locl_plan_u32(plan, copies);
    locl_plan_cost(plan, 0, values * 4 * (1 + (double)copies));
    locl_plan_range(plan, cut.groups, cut.items);
}
