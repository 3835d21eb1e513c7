#include "ops/tangents.h"

#include "kernels/kernels.h"
#include "ops/hadamard.h"
#include "ops/row.h"

enum {
    MOST_ORDER =
        256, /* of the matrix; a CPU's work-item keeps as many vectors, and more would not stay near it */
    WIDE_ORDER = 32, /* values that a GPU's work-item has room for in registers: docs/gpus.md */
    WIDE_ITEMS = 64  /* that share a row there, each with as many values in local memory */
};

/* Cuts a row's columns among work-items: a vector each on CPUs, one column each on GPUs, where registers are
 * scarce. */
static locl_row_cut cut_for(const locl_caps *caps, const locl_tangents *t)
{
    locl_caps few = *caps;
    if (!caps->cpu && few.work_group > WIDE_ITEMS) {
        few.work_group = WIDE_ITEMS;
    }
    locl_row_cut cut = locl_row_cut_for(&few, t->tokens * t->groups, t->out, caps->cpu ? t->out : 1);
    cut.groups *= cut.teams;
    cut.teams = 1;
    if (cut.chunk > 16) {
        cut.chunk = 16;
    }
    return cut;
}

/* Returns how many rows of the matrix, a power of two, a work-item makes at once. */
static size_t order_at_once(const locl_caps *caps, size_t order)
{
    return caps->cpu || order < WIDE_ORDER ? order : WIDE_ORDER;
}

bool locl_tangent_losses_fit(const locl_caps *caps, const locl_tangents *t, size_t rows)
{
    size_t order = locl_hadamard_order(rows), items = cut_for(caps, t).items;
    size_t floats = 2 * t->in + order + order_at_once(caps, order) * (items + 1) + 64;
    return order <= MOST_ORDER && floats * sizeof(float) <= caps->local_memory;
}

/* Begins a launch of either kernel with the macros that both are built with. */
static locl_launch begin(locl_command_buffer *cmd, const locl_kernel *kernel, const locl_tangents *t,
                         const locl_row_cut *cut, size_t rows, size_t side)
{
    locl_launch l = locl_launch_begin(cmd, kernel);
    size_t order = locl_hadamard_order(rows), at_once = order_at_once(locl_command_buffer_caps(cmd), order);
    locl_row_macros(&l, cut);
    locl_launch_macro(&l, "NORM", t->r != NULL);
    locl_launch_macro(&l, "W", t->in);
    locl_launch_macro(&l, "V", t->out);
    locl_launch_macro(&l, "ROWS", rows);
    locl_launch_macro(&l, "ORDER", at_once);
    locl_launch_macro(&l, "BLOCKS", order / at_once);
    locl_launch_macro(&l, "SIDE", side);
    return l;
}

static const locl_tensor *means_of_weights(locl_command_buffer *cmd, const locl_tangents *t,
                                           const locl_row_cut *cut)
{
    size_t weights = t->groups * t->in * t->out;
    const locl_tensor *means = locl_command_buffer_scratch(cmd, t->groups * t->out, "means of weights");
    locl_launch l = begin(cmd, &locl_kernel_tangent_means, t, cut, 1, 1);
    locl_launch_in(&l, "weight", t->weight, weights);
    locl_launch_out(&l, "means", means, t->groups * t->out);
    locl_launch_u32(&l, "groups", t->groups);
    locl_launch_cost(&l, (double)weights, 4 * (double)(weights + t->groups * t->out));
    locl_launch_run(&l, t->groups < cut->groups ? t->groups : cut->groups, cut->items);
    return means;
}

/* Sets the cost. For each column of the weight: its values times u (with LN less their mean, and u y z / W)
 * added up to the matrix's order, the sums and differences of the transform, the products with q and their
 * sum. */
static void cost(locl_launch *l, const locl_tangents *t, size_t passes, size_t rows)
{
    size_t order = locl_hadamard_order(rows), stages = 0;
    while ((size_t)1 << stages < order) {
        stages++;
    }
    size_t total = t->tokens * t->groups, added = t->in > order ? t->in - order : 0;
    size_t each = (t->r ? 4 : 1) * t->in + added + (stages + 2) * order;
    size_t weights = t->groups * t->in * t->out, means = t->r ? t->groups * t->out : 0;
    size_t row = (1 + passes) * t->in + t->out + passes * rows; /* post, u, q, dl */
    size_t normed = t->r ? t->in + t->out + 1 : 0;              /* y, z, r */
    locl_launch_cost(l, (double)(total * passes * t->out) * (double)each,
                     4 * ((double)total * (double)(row + normed) + (double)(weights + means)));
}

void locl_tangent_losses(locl_command_buffer *cmd, const locl_tangents *t, const locl_tensor *u,
                         size_t passes, size_t rows, size_t side, float scale, const locl_tensor *dl)
{
    size_t total = t->tokens * t->groups;
    locl_row_cut cut = cut_for(locl_command_buffer_caps(cmd), t);
    locl_arena_mark mark = locl_arena_here(locl_command_buffer_workspace(cmd));
    const locl_tensor *means = t->r ? means_of_weights(cmd, t, &cut) : NULL;
    locl_launch l = begin(cmd, &locl_kernel_tangent_losses, t, &cut, rows, side);
    locl_launch_in(&l, "post", t->post, total * t->in);
    locl_launch_in(&l, "y", t->y, t->r ? total * t->in : 0);
    locl_launch_in(&l, "r", t->r, t->r ? total : 0);
    locl_launch_in(&l, "u", u, passes * total * t->in);
    locl_launch_in(&l, "weight", t->weight, t->groups * t->in * t->out);
    locl_launch_in(&l, "means", means, t->r ? t->groups * t->out : 0);
    locl_launch_in(&l, "z", t->z, total * t->out);
    locl_launch_in(&l, "q", t->q, total * t->out);
    locl_launch_out(&l, "dl", dl, passes * rows * total);
    locl_launch_u32(&l, "total", total);
    locl_launch_u32(&l, "groups", t->groups);
    locl_launch_u32(&l, "passes", passes);
    locl_launch_f32(&l, "scale", scale);
    cost(&l, t, passes, rows);
    locl_launch_run(&l, cut.groups, cut.items);
    locl_arena_back(locl_command_buffer_workspace(cmd), mark);
}
