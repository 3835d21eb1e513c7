#include "ops/weight.h"

enum { ITEMS = 64, GROUPS = 256 };

void locl_weight_estimate(locl_plan *plan, const locl_weight_shape *shape, const locl_tensor *u,
                          const locl_tensor *s, float scale, bool add, const locl_tensor *out)
{
    size_t items = locl_plan_caps(plan)->work_group < ITEMS ? locl_plan_caps(plan)->work_group : ITEMS;
    size_t groups = (shape->count + items - 1) / items;
    locl_plan_kernel(plan, "weight.cl", "weight_estimate", "%s", "");
    locl_plan_tensor(plan, u);
    locl_plan_tensor(plan, s);
    locl_plan_tensor(plan, out);
    locl_plan_u64(plan, shape->count);
    locl_plan_u64(plan, shape->inner);
    locl_plan_u32(plan, shape->groups);
    locl_plan_f32(plan, scale);
    locl_plan_u32(plan, add);
    locl_plan_cost(plan, (double)shape->count * 3, (double)shape->count * (add ? 12 : 8));
    locl_plan_range(plan, groups < GROUPS ? groups : GROUPS, items);
}
