#include "ops/head.h"

#include "ops/row.h"

static size_t token_groups(const locl_head *h)
{
    return h->batch * h->patches * h->groups;
}

static locl_row_cut begin(locl_command_buffer *cmd, const locl_head *h, const char *kernel, size_t rows)
{
    locl_row_cut cut = locl_row_cut_for(locl_command_buffer_caps(cmd), rows, h->width, h->width);
    locl_command_buffer_kernel(cmd, "head.cl", kernel, LOCL_ROW_OPTIONS " -D NORM=%d", cut.chunk, cut.items,
                               h->norm);
    locl_command_buffer_tensor(cmd, h->x);
    return cut;
}

void locl_head_pool(locl_command_buffer *cmd, const locl_head *h, const locl_tensor *xbar)
{
    double values = (double)(token_groups(h) * h->width);
    size_t span = locl_command_buffer_caps(cmd)->cpu ? h->groups : 1;
    locl_row_cut cut = begin(cmd, h, "head_pool", h->batch * (h->groups / span));
    locl_command_buffer_tensor(cmd, xbar);
    locl_command_buffer_tensor(cmd, h->stats);
    locl_command_buffer_u32(cmd, h->batch);
    locl_command_buffer_u32(cmd, h->patches);
    locl_command_buffer_u32(cmd, h->groups);
    locl_command_buffer_u32(cmd, h->width);
    locl_command_buffer_u32(cmd, span);
    locl_command_buffer_cost(cmd, values * (h->norm ? 8 : 1), values * 4);
    locl_command_buffer_range(cmd, cut.groups, cut.items);
}

void locl_head_jvp(locl_command_buffer *cmd, const locl_head *h, const locl_tensor *dx, const locl_tensor *f,
                   size_t tangents, const locl_tensor *dl, size_t first, size_t side)
{
    double values = (double)(token_groups(h) * h->width);
    locl_row_cut cut = begin(cmd, h, "head_jvp", token_groups(h));
    locl_command_buffer_tensor(cmd, dx);
    locl_command_buffer_tensor(cmd, h->stats);
    locl_command_buffer_tensor(cmd, f);
    locl_command_buffer_tensor(cmd, dl);
    locl_command_buffer_u32(cmd, token_groups(h));
    locl_command_buffer_u32(cmd, h->patches);
    locl_command_buffer_u32(cmd, h->groups);
    locl_command_buffer_u32(cmd, h->width);
    locl_command_buffer_u32(cmd, tangents);
    locl_command_buffer_u32(cmd, first);
    locl_command_buffer_u32(cmd, side);
    locl_command_buffer_cost(cmd, values * (double)tangents * (h->norm ? 10 : 2),
                             values * 4 * (1 + (double)tangents));
    locl_command_buffer_range(cmd, cut.groups, cut.items);
}

void locl_head_vjp(locl_command_buffer *cmd, const locl_head *h, const locl_tensor *f, const locl_tensor *t)
{
    double values = (double)(token_groups(h) * h->width);
    locl_row_cut cut = begin(cmd, h, "head_vjp", token_groups(h));
    locl_command_buffer_tensor(cmd, h->stats);
    locl_command_buffer_tensor(cmd, f);
    locl_command_buffer_tensor(cmd, t);
    locl_command_buffer_u32(cmd, token_groups(h));
    locl_command_buffer_u32(cmd, h->patches);
    locl_command_buffer_u32(cmd, h->groups);
    locl_command_buffer_u32(cmd, h->width);
    locl_command_buffer_f32(cmd, (float)(1.0 / ((double)h->patches * (double)h->batch)));
    locl_command_buffer_cost(cmd, values * (h->norm ? 10 : 1), values * 8);
    locl_command_buffer_range(cmd, cut.groups, cut.items);
}

void locl_head_difference(locl_command_buffer *cmd, const locl_head *h, const locl_tensor *moved,
                          const locl_tensor *weight, const locl_tensor *error, const locl_tensor *labels,
                          size_t classes, float epsilon, const locl_tensor *dl, size_t offset)
{
    size_t rows = token_groups(h), items = locl_command_buffer_caps(cmd)->cpu ? 1 : 64;
    items =
        items < locl_command_buffer_caps(cmd)->work_group ? items : locl_command_buffer_caps(cmd)->work_group;
    double values = (double)(rows * h->width);
    locl_arena_mark mark = locl_arena_here(locl_command_buffer_workspace(cmd));
    const locl_tensor *delta = locl_command_buffer_scratch(cmd, rows * h->width, "feature change");
    locl_row_cut cut = begin(cmd, h, "head_delta", rows);
    locl_command_buffer_tensor(cmd, moved);
    locl_command_buffer_tensor(cmd, delta);
    locl_command_buffer_u32(cmd, rows);
    locl_command_buffer_u32(cmd, h->width);
    locl_command_buffer_cost(cmd, values * (h->norm ? 16 : 1), values * 12);
    locl_command_buffer_range(cmd, cut.groups, cut.items);

    locl_command_buffer_kernel(cmd, "head.cl", "head_difference", LOCL_ROW_OPTIONS " -D NORM=%d", cut.chunk,
                               cut.items, h->norm);
    locl_command_buffer_tensor(cmd, delta);
    locl_command_buffer_tensor(cmd, weight);
    locl_command_buffer_tensor(cmd, error);
    locl_command_buffer_tensor(cmd, labels);
    locl_command_buffer_tensor(cmd, dl);
    locl_command_buffer_u64(cmd, offset);
    locl_command_buffer_u32(cmd, rows);
    locl_command_buffer_u32(cmd, h->patches);
    locl_command_buffer_u32(cmd, h->groups);
    locl_command_buffer_u32(cmd, h->width);
    locl_command_buffer_u32(cmd, classes);
    locl_command_buffer_f32(cmd, epsilon);
    locl_command_buffer_cost(cmd, values * 2 * (double)classes, values * 4);
    locl_command_buffer_range(cmd, (rows + items - 1) / items, items);
    locl_arena_back(locl_command_buffer_workspace(cmd), mark);
}
