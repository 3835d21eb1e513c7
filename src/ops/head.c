#include "ops/head.h"

#include "kernels/kernels.h"
#include "ops/row.h"

static size_t token_groups(const locl_head *h)
{
    return h->batch * h->patches * h->groups;
}

static locl_row_cut cut_for(const locl_command_buffer *cmd, const locl_head *h, size_t rows)
{
    return locl_row_cut_for(locl_command_buffer_caps(cmd), rows, h->width, h->width);
}

static size_t values_of(const locl_head *h)
{
    return token_groups(h) * h->width;
}

/* Begins a launch with x and the macros that its kernel is built with. */
static locl_launch begin(locl_command_buffer *cmd, const locl_head *h, const locl_kernel *kernel)
{
    locl_launch l = locl_launch_begin(cmd, kernel);
    locl_launch_in(&l, "x", h->x, values_of(h));
    locl_launch_macro(&l, "NORM", h->norm);
    return l;
}

/* Sets the numbers that say how rows lie. */
static void sizes(locl_launch *l, const locl_head *h)
{
    locl_launch_u32(l, "patches", h->patches);
    locl_launch_u32(l, "groups", h->groups);
    locl_launch_u32(l, "w", h->width);
}

static size_t stats_of(const locl_head *h)
{
    return h->norm ? 2 * token_groups(h) : 0;
}

/* Returns the number of values of f, which is that of the pooled features. */
static size_t pooled_of(const locl_head *h)
{
    return h->batch * h->groups * h->width;
}

void locl_head_pool(locl_command_buffer *cmd, const locl_head *h, const locl_tensor *xbar)
{
    double values = (double)values_of(h);
    size_t span = locl_command_buffer_caps(cmd)->cpu ? h->groups : 1;
    locl_row_cut cut = locl_row_cut_shared(locl_command_buffer_caps(cmd), h->batch * (h->groups / span),
                                           h->patches, h->width);
    locl_launch l = begin(cmd, h, &locl_kernel_head_pool);
    locl_launch_out(&l, "xbar", xbar, pooled_of(h));
    locl_launch_out(&l, "stats", h->stats, stats_of(h));
    locl_launch_u32(&l, "batch", h->batch);
    sizes(&l, h);
    locl_launch_u32(&l, "span", span);
    locl_launch_cost(&l, values * (h->norm ? 7 : 1),
                     values * (double)locl_tensor_element(h->x) + 4 * (double)(pooled_of(h) + stats_of(h)));
    locl_row_run(&l, &cut);
}

void locl_head_jvp(locl_command_buffer *cmd, const locl_head *h, const locl_tensor *dx, const locl_tensor *f,
                   size_t tangents, const locl_tensor *dl, size_t first, size_t side)
{
    double values = (double)values_of(h), m = (double)tangents;
    size_t sides = (first + tangents + side - 1) / side;
    locl_row_cut cut = cut_for(cmd, h, token_groups(h));
    locl_launch l = begin(cmd, h, &locl_kernel_head_jvp);
    locl_launch_in(&l, "dx", dx, tangents * values_of(h));
    locl_launch_in(&l, "stats", h->stats, stats_of(h));
    locl_launch_in(&l, "f", f, pooled_of(h));
    locl_launch_out(&l, "dl", dl, sides * token_groups(h) * side);
    locl_launch_u32(&l, "rows", token_groups(h));
    sizes(&l, h);
    locl_launch_u32(&l, "tangents", tangents);
    locl_launch_u32(&l, "first", first);
    locl_launch_u32(&l, "side", side);
    locl_launch_cost(&l, values * (h->norm ? 2 + 8 * m : 2 * m),
                     values * ((double)locl_tensor_element(h->x) + m * (double)locl_tensor_element(dx)) +
                         4 * (double)(stats_of(h) + pooled_of(h) + tangents * token_groups(h)));
    locl_row_run(&l, &cut);
}

void locl_head_vjp(locl_command_buffer *cmd, const locl_head *h, const locl_tensor *f, const locl_tensor *t)
{
    double values = (double)values_of(h);
    locl_row_cut cut = cut_for(cmd, h, token_groups(h));
    locl_launch l = begin(cmd, h, &locl_kernel_head_vjp);
    locl_launch_in(&l, "stats", h->stats, stats_of(h));
    locl_launch_in(&l, "f", f, pooled_of(h));
    locl_launch_out(&l, "t", t, values_of(h));
    locl_launch_u32(&l, "rows", token_groups(h));
    sizes(&l, h);
    locl_launch_f32(&l, "scale", (float)(1.0 / ((double)h->patches * (double)h->batch)));
    locl_launch_cost(&l, values * (h->norm ? 9 : 1),
                     values * (4 + (double)locl_tensor_element(h->x)) +
                         4 * (double)(stats_of(h) + pooled_of(h)));
    locl_row_run(&l, &cut);
}

void locl_head_delta(locl_command_buffer *cmd, const locl_head *h, const locl_tensor *moved,
                     const locl_tensor *delta)
{
    double values = (double)values_of(h);
    locl_row_cut cut = cut_for(cmd, h, token_groups(h));
    locl_launch l = begin(cmd, h, &locl_kernel_head_delta);
    locl_launch_in(&l, "moved", moved, values_of(h));
    locl_launch_out(&l, "delta", delta, values_of(h));
    locl_launch_u32(&l, "rows", token_groups(h));
    locl_launch_u32(&l, "w", h->width);
    locl_launch_cost(&l, values * (h->norm ? 13 : 1), values * 12);
    locl_row_run(&l, &cut);
}

void locl_head_difference(locl_command_buffer *cmd, const locl_head *h, const locl_tensor *moved,
                          const locl_tensor *weight, const locl_tensor *error, const locl_tensor *labels,
                          size_t classes, float epsilon, const locl_tensor *dl, size_t offset)
{
    const locl_caps *caps = locl_command_buffer_caps(cmd);
    size_t rows = token_groups(h), items = caps->cpu ? 1 : 64;
    items = items < caps->work_group ? items : caps->work_group;
    double values = (double)values_of(h);
    locl_row_cut cut = cut_for(cmd, h, rows);
    locl_arena_mark mark = locl_arena_here(locl_command_buffer_workspace(cmd));
    const locl_tensor *delta = locl_command_buffer_scratch(cmd, rows * h->width, "feature change");
    locl_head_delta(cmd, h, moved, delta);
    locl_launch l = locl_launch_begin(cmd, &locl_kernel_head_difference);
    locl_launch_in(&l, "delta", delta, values_of(h));
    locl_launch_in(&l, "weight", weight, h->groups * h->width * classes);
    locl_launch_in(&l, "error", error, h->batch * classes);
    locl_launch_in(&l, "labels", labels, h->batch);
    locl_launch_out(&l, "dl", dl, offset + rows);
    locl_launch_u64(&l, "offset", offset);
    locl_launch_u32(&l, "rows", rows);
    sizes(&l, h);
    locl_launch_u32(&l, "classes", classes);
    locl_launch_f32(&l, "epsilon", epsilon);
    locl_launch_macro(&l, "NORM", h->norm);
    locl_row_macros(&l, &cut); /* the macros of the file's other kernels, so that one build serves all */
    locl_launch_cost(
        &l, values * 2 * (double)classes,
        4 * (values + (double)(h->groups * h->width * classes + h->batch * (classes + 1) + rows)));
    locl_launch_run(&l, (rows + items - 1) / items, items);
    locl_arena_back(locl_command_buffer_workspace(cmd), mark);
}
