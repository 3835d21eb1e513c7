#include "ops/bias.h"

#include "ops/row.h"

void locl_bias_add(locl_plan *plan, const locl_layer_shape *shape, const locl_tensor *bias,
                   const locl_tensor *z)
{
    size_t rows = locl_layer_rows(shape), n = locl_layer_n(shape);
    locl_row_cut cut = locl_row_cut_for(locl_plan_caps(plan), rows, n, n);
    locl_plan_kernel(plan, "bias.cl", "bias_add", LOCL_ROW_OPTIONS " -D BIAS_COLUMNS=%d", cut.chunk,
                     cut.items, locl_layer_bias_has_columns(shape));
    locl_plan_tensor(plan, bias);
    locl_plan_tensor(plan, z);
    locl_plan_u32(plan, rows);
    locl_plan_u32(plan, n);
    locl_plan_u32(plan, locl_layer_bias_rows(shape));
    locl_plan_cost(plan, (double)rows * (double)n, (double)rows * (double)n * 8);
    locl_plan_range(plan, cut.groups, cut.items);
}
