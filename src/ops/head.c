#include "ops/head.h"

#include "ops/row.h"

static size_t token_groups(const locl_head *h)
{
    return h->batch * h->patches * h->groups;
}

static locl_row_cut begin(locl_plan *plan, const locl_head *h, const char *kernel, size_t rows)
{
    locl_row_cut cut = locl_row_cut_for(locl_plan_caps(plan), rows, h->width, h->width);
    locl_plan_kernel(plan, "head.cl", kernel, LOCL_ROW_OPTIONS " -D NORM=%d", cut.chunk, cut.items, h->norm);
    locl_plan_tensor(plan, h->x);
    return cut;
}

void locl_head_pool(locl_plan *plan, const locl_head *h, const locl_tensor *xbar)
{
    double values = (double)(token_groups(h) * h->width);
    size_t span = locl_plan_caps(plan)->cpu ? h->groups : 1;
    locl_row_cut cut = begin(plan, h, "head_pool", h->batch * (h->groups / span));
    locl_plan_tensor(plan, xbar);
    locl_plan_tensor(plan, h->stats);
    locl_plan_u32(plan, h->batch);
    locl_plan_u32(plan, h->patches);
    locl_plan_u32(plan, h->groups);
    locl_plan_u32(plan, h->width);
    locl_plan_u32(plan, span);
    locl_plan_cost(plan, values * (h->norm ? 8 : 1), values * 4);
    locl_plan_range(plan, cut.groups, cut.items);
}

void locl_head_jvp(locl_plan *plan, const locl_head *h, const locl_tensor *dx, const locl_tensor *f,
                   size_t tangents, const locl_tensor *dl, size_t first, size_t side)
{
    double values = (double)(token_groups(h) * h->width);
    locl_row_cut cut = begin(plan, h, "head_jvp", token_groups(h));
    locl_plan_tensor(plan, dx);
    locl_plan_tensor(plan, h->stats);
    locl_plan_tensor(plan, f);
    locl_plan_tensor(plan, dl);
    locl_plan_u32(plan, token_groups(h));
    locl_plan_u32(plan, h->patches);
    locl_plan_u32(plan, h->groups);
    locl_plan_u32(plan, h->width);
    locl_plan_u32(plan, tangents);
    locl_plan_u32(plan, first);
    locl_plan_u32(plan, side);
    locl_plan_cost(plan, values * (double)tangents * (h->norm ? 10 : 2), values * 4 * (1 + (double)tangents));
    locl_plan_range(plan, cut.groups, cut.items);
}

void locl_head_vjp(locl_plan *plan, const locl_head *h, const locl_tensor *f, const locl_tensor *t)
{
    double values = (double)(token_groups(h) * h->width);
    locl_row_cut cut = begin(plan, h, "head_vjp", token_groups(h));
    locl_plan_tensor(plan, h->stats);
    locl_plan_tensor(plan, f);
    locl_plan_tensor(plan, t);
    locl_plan_u32(plan, token_groups(h));
    locl_plan_u32(plan, h->patches);
    locl_plan_u32(plan, h->groups);
    locl_plan_u32(plan, h->width);
    locl_plan_f32(plan, (float)(1.0 / ((double)h->patches * (double)h->batch)));
    locl_plan_cost(plan, values * (h->norm ? 10 : 1), values * 8);
    locl_plan_range(plan, cut.groups, cut.items);
}

void locl_head_difference(locl_plan *plan, const locl_head *h, const locl_tensor *moved,
                          const locl_tensor *weight, const locl_tensor *error, const locl_tensor *labels,
                          size_t classes, float epsilon, const locl_tensor *dl, size_t offset)
{
    size_t rows = token_groups(h), items = locl_plan_caps(plan)->cpu ? 1 : 64;
    items = items < locl_plan_caps(plan)->work_group ? items : locl_plan_caps(plan)->work_group;
    double values = (double)(rows * h->width);
    locl_arena_mark mark = locl_arena_here(locl_plan_workspace(plan));
    const locl_tensor *delta = locl_plan_scratch(plan, rows * h->width, "feature change");
    locl_row_cut cut = begin(plan, h, "head_delta", rows);
    locl_plan_tensor(plan, moved);
    locl_plan_tensor(plan, delta);
    locl_plan_u32(plan, rows);
    locl_plan_u32(plan, h->width);
    locl_plan_cost(plan, values * (h->norm ? 16 : 1), values * 12);
    locl_plan_range(plan, cut.groups, cut.items);

    locl_plan_kernel(plan, "head.cl", "head_difference", LOCL_ROW_OPTIONS " -D NORM=%d", cut.chunk, cut.items,
                     h->norm);
    locl_plan_tensor(plan, delta);
    locl_plan_tensor(plan, weight);
    locl_plan_tensor(plan, error);
    locl_plan_tensor(plan, labels);
    locl_plan_tensor(plan, dl);
    locl_plan_u64(plan, offset);
    locl_plan_u32(plan, rows);
    locl_plan_u32(plan, h->patches);
    locl_plan_u32(plan, h->groups);
    locl_plan_u32(plan, h->width);
    locl_plan_u32(plan, classes);
    locl_plan_f32(plan, epsilon);
    locl_plan_cost(plan, values * 2 * (double)classes, values * 4);
    locl_plan_range(plan, (rows + items - 1) / items, items);
    locl_arena_back(locl_plan_workspace(plan), mark);
}
