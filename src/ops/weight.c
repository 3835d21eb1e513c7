#include "ops/weight.h"

enum { ITEMS = 64, GROUPS = 256 };

/* Work-items walk the values with the range's stride. */
static void range_of(locl_plan *plan, size_t count)
{
    size_t most = locl_plan_caps(plan)->work_group, items = most < ITEMS ? most : ITEMS;
    size_t groups = (count + items - 1) / items;
    locl_plan_range(plan, groups < GROUPS ? groups : GROUPS, items);
}

void locl_weight_estimate(locl_plan *plan, const locl_weight_shape *shape, const locl_tensor *u,
                          const locl_tensor *s, float scale, bool add, const locl_tensor *out)
{
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
    range_of(plan, shape->count);
}

void locl_weight_shift(locl_plan *plan, size_t count, const locl_tensor *value, const locl_tensor *u,
                       float epsilon, const locl_tensor *out)
{
    locl_plan_kernel(plan, "weight.cl", "weight_shift", "%s", "");
    locl_plan_tensor(plan, value);
    locl_plan_tensor(plan, u);
    locl_plan_tensor(plan, out);
    locl_plan_u64(plan, count);
    locl_plan_f32(plan, epsilon);
    locl_plan_cost(plan, (double)count * 2, (double)count * 12);
    range_of(plan, count);
}
