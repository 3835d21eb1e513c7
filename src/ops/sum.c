#include "ops/sum.h"

#include "ops/row.h"

enum { ROWS_PER_SLAB = 64, MAX_SLABS = 256 };

static void columns(locl_plan *plan, const locl_tensor *x, const locl_tensor *out, size_t rows, size_t n,
                    size_t slabs, float scale)
{
    locl_row_cut cut = locl_row_cut_for(locl_plan_caps(plan), slabs, n, n);
    locl_plan_kernel(plan, "sum.cl", "sum_columns", LOCL_ROW_OPTIONS, cut.chunk, cut.items);
    locl_plan_tensor(plan, x);
    locl_plan_tensor(plan, out);
    locl_plan_u32(plan, rows);
    locl_plan_u32(plan, n);
    locl_plan_u32(plan, slabs);
    locl_plan_f32(plan, scale);
    locl_plan_cost(plan, (double)rows * (double)n, (double)rows * (double)n * 4);
    locl_plan_range(plan, cut.groups, cut.items);
}

void locl_sum_columns(locl_plan *plan, const locl_tensor *x, const locl_tensor *out, size_t rows, size_t n,
                      float scale)
{
    size_t slabs = rows / ROWS_PER_SLAB < MAX_SLABS ? rows / ROWS_PER_SLAB : MAX_SLABS;
    if (slabs < 2) {
        columns(plan, x, out, rows, n, 1, scale);
        return;
    }
    locl_arena *workspace = locl_plan_workspace(plan);
    locl_arena_mark mark = locl_arena_here(workspace);
    const locl_tensor *partial = locl_plan_scratch(plan, slabs * n, "slab sums");
    columns(plan, x, partial, rows, n, slabs, 1.0f);
    columns(plan, partial, out, slabs, n, 1, scale);
    locl_arena_back(workspace, mark);
}

void locl_sum_rows(locl_plan *plan, const locl_tensor *x, const locl_tensor *out, size_t rows, size_t n)
{
    locl_row_cut cut = locl_row_cut_for(locl_plan_caps(plan), rows, n, n);
    locl_plan_kernel(plan, "sum.cl", "sum_rows", LOCL_ROW_OPTIONS, cut.chunk, cut.items);
    locl_plan_tensor(plan, x);
    locl_plan_tensor(plan, out);
    locl_plan_u32(plan, rows);
    locl_plan_u32(plan, n);
    locl_plan_cost(plan, (double)rows * (double)n, (double)rows * (double)n * 4);
    locl_plan_range(plan, cut.groups, cut.items);
}
