#include "ops/weight.h"

#include "kernels/kernels.h"

enum { ITEMS = 64, GROUPS = 256 };

/* Runs work-items that walk the values with the range's stride. */
static void run(locl_launch *l, size_t count)
{
    size_t most = locl_command_buffer_caps(l->cmd)->work_group, items = most < ITEMS ? most : ITEMS;
    size_t groups = (count + items - 1) / items;
    locl_launch_run(l, groups < GROUPS ? groups : GROUPS, items);
}

void locl_weight_estimate(locl_command_buffer *cmd, const locl_weight_shape *shape, const locl_tensor *u,
                          const locl_tensor *s, float scale, locl_write write, const locl_tensor *out)
{
    bool add = write == LOCL_ADD;
    locl_launch l = locl_launch_begin(cmd, &locl_kernel_weight_estimate);
    locl_launch_in(&l, "u", u, shape->count);
    locl_launch_in(&l, "s", s, shape->groups);
    locl_launch_in_out(&l, "out", out, shape->count);
    locl_launch_u64(&l, "count", shape->count);
    locl_launch_u64(&l, "inner", shape->inner);
    locl_launch_u32(&l, "groups", shape->groups);
    locl_launch_f32(&l, "scale", scale);
    locl_launch_u32(&l, "add", add);
    locl_launch_cost(&l, (double)shape->count * (add ? 3 : 2),
                     (double)shape->count * (add ? 12 : 8) + 4 * (double)shape->groups);
    run(&l, shape->count);
}

void locl_weight_shift(locl_command_buffer *cmd, size_t count, const locl_tensor *value, const locl_tensor *u,
                       float epsilon, const locl_tensor *out)
{
    locl_launch l = locl_launch_begin(cmd, &locl_kernel_weight_shift);
    locl_launch_in(&l, "value", value, count);
    locl_launch_in(&l, "u", u, count);
    locl_launch_out(&l, "out", out, count);
    locl_launch_u64(&l, "count", count);
    locl_launch_f32(&l, "epsilon", epsilon);
    locl_launch_cost(&l, (double)count * 2, (double)count * 12);
    run(&l, count);
}
