#include "ops/accumulate.h"

#include "ops/row.h"

void locl_accumulate(locl_plan *plan, const locl_tensor *t, const locl_tensor *post, const locl_tensor *out,
                     size_t rows, size_t n, size_t copies)
{
    size_t length = copies == 1 ? rows * n : n; /* without copies it is all one row */
    size_t count = rows * n / length;
    locl_row_cut cut = locl_row_cut_for(locl_plan_caps(plan), (rows * n + 63) / 64, length, length);
    locl_plan_kernel(plan, "accumulate.cl", "accumulate", "-D CHUNK=%u -D ITEMS=1 -D MASK=%d", cut.chunk,
                     post != NULL);
    locl_plan_tensor(plan, t);
    locl_plan_tensor(plan, post);
    locl_plan_tensor(plan, out);
    locl_plan_u64(plan, count);
    locl_plan_u64(plan, length);
    locl_plan_u32(plan, copies);
    double values = (double)rows * (double)n;
    locl_plan_cost(plan, values * (double)copies, values * (8 + (double)copies * (post ? 8 : 4)));
    locl_plan_range(plan, cut.groups, 1);
}
