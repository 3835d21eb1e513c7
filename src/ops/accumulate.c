#include "ops/accumulate.h"

#include "ops/row.h"

void locl_accumulate(locl_plan *plan, const locl_tensor *t, const locl_tensor *post, const locl_tensor *out,
                     size_t count)
{
    locl_row_cut cut = locl_row_cut_for(locl_plan_caps(plan), (count + 63) / 64, count, count);
    locl_plan_kernel(plan, "accumulate.cl", "accumulate", "-D CHUNK=%u -D ITEMS=1 -D MASK=%d", cut.chunk,
                     post != NULL);
    locl_plan_tensor(plan, t);
    locl_plan_tensor(plan, post);
    locl_plan_tensor(plan, out);
    locl_plan_u64(plan, count);
    locl_plan_cost(plan, (double)count, (double)count * (post ? 16 : 12));
    locl_plan_range(plan, cut.groups, 1);
}
