#include "ops/weight.h"

enum { ITEMS = 64, GROUPS = 256 };

/* Work-items walk the values with the range's stride. */
static void range_of(locl_command_buffer *cmd, size_t count)
{
    size_t most = locl_command_buffer_caps(cmd)->work_group, items = most < ITEMS ? most : ITEMS;
    size_t groups = (count + items - 1) / items;
    locl_command_buffer_range(cmd, groups < GROUPS ? groups : GROUPS, items);
}

void locl_weight_estimate(locl_command_buffer *cmd, const locl_weight_shape *shape, const locl_tensor *u,
                          const locl_tensor *s, float scale, bool add, const locl_tensor *out)
{
    locl_command_buffer_kernel(cmd, "weight.cl", "weight_estimate", "%s", "");
    locl_command_buffer_tensor(cmd, u);
    locl_command_buffer_tensor(cmd, s);
    locl_command_buffer_tensor(cmd, out);
    locl_command_buffer_u64(cmd, shape->count);
    locl_command_buffer_u64(cmd, shape->inner);
    locl_command_buffer_u32(cmd, shape->groups);
    locl_command_buffer_f32(cmd, scale);
    locl_command_buffer_u32(cmd, add);
    locl_command_buffer_cost(cmd, (double)shape->count * 3, (double)shape->count * (add ? 12 : 8));
    range_of(cmd, shape->count);
}

void locl_weight_shift(locl_command_buffer *cmd, size_t count, const locl_tensor *value, const locl_tensor *u,
                       float epsilon, const locl_tensor *out)
{
    locl_command_buffer_kernel(cmd, "weight.cl", "weight_shift", "%s", "");
    locl_command_buffer_tensor(cmd, value);
    locl_command_buffer_tensor(cmd, u);
    locl_command_buffer_tensor(cmd, out);
    locl_command_buffer_u64(cmd, count);
    locl_command_buffer_f32(cmd, epsilon);
    locl_command_buffer_cost(cmd, (double)count * 2, (double)count * 12);
    range_of(cmd, count);
}
