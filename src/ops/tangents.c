#include "ops/tangents.h"

#include "ops/hadamard.h"
#include "ops/row.h"

enum { MOST_ORDER = 256 }; /* vectors that a work-item keeps: more would not stay near it */

#define TANGENT_OPTIONS LOCL_ROW_OPTIONS " -D NORM=%d -D W=%zu -D V=%zu -D ROWS=%zu -D ORDER=%zu -D SIDE=%zu"

/* Work-items share a row's columns: a vector on CPUs, one column on GPUs, where registers are scarce. */
static locl_row_cut cut_for(const locl_caps *caps, const locl_tangents *t)
{
    locl_row_cut cut = locl_row_cut_for(caps, t->tokens * t->groups, t->out, caps->cpu ? t->out : 1);
    if (cut.chunk > 16) {
        cut.chunk = 16;
    }
    return cut;
}

bool locl_tangent_losses_fit(const locl_caps *caps, const locl_tangents *t, size_t rows)
{
    size_t order = locl_hadamard_order(rows), items = cut_for(caps, t).items;
    size_t floats = 2 * t->in + order + order * (items + 1) + 64;
    return order <= MOST_ORDER && floats * sizeof(float) <= caps->local_memory;
}

static void begin(locl_command_buffer *cmd, const char *kernel, const locl_tangents *t,
                  const locl_row_cut *cut, size_t rows, size_t side)
{
    locl_command_buffer_kernel(cmd, "tangents.cl", kernel, TANGENT_OPTIONS, cut->chunk, cut->items,
                               t->r != NULL, t->in, t->out, rows, locl_hadamard_order(rows), side);
}

static const locl_tensor *means_of_weights(locl_command_buffer *cmd, const locl_tangents *t,
                                           const locl_row_cut *cut)
{
    double values = (double)(t->groups * t->in * t->out);
    const locl_tensor *means = locl_command_buffer_scratch(cmd, t->groups * t->out, "means of weights");
    begin(cmd, "tangent_means", t, cut, 1, 1);
    locl_command_buffer_tensor(cmd, t->weight);
    locl_command_buffer_tensor(cmd, means);
    locl_command_buffer_u32(cmd, t->groups);
    locl_command_buffer_cost(cmd, values, values * 4);
    locl_command_buffer_range(cmd, t->groups < cut->groups ? t->groups : cut->groups, cut->items);
    return means;
}

/* Of the sums and differences of the transform, the vectors that go into it and their products with q. */
static void cost(locl_command_buffer *cmd, const locl_tangents *t, size_t passes, size_t rows)
{
    size_t order = locl_hadamard_order(rows), stages = 0;
    while ((size_t)1 << stages < order) {
        stages++;
    }
    double values = (double)(t->tokens * t->groups), each = (double)(4 * t->in + (stages + 2) * order);
    locl_command_buffer_cost(cmd, values * (double)(passes * t->out) * each,
                             values * 4 * (double)((2 + passes) * t->in + 2 * t->out + passes * rows));
}

void locl_tangent_losses(locl_command_buffer *cmd, const locl_tangents *t, const locl_tensor *u,
                         size_t passes, size_t rows, size_t side, float scale, const locl_tensor *dl)
{
    locl_row_cut cut = cut_for(locl_command_buffer_caps(cmd), t);
    locl_arena_mark mark = locl_arena_here(locl_command_buffer_workspace(cmd));
    const locl_tensor *means = t->r ? means_of_weights(cmd, t, &cut) : NULL;
    begin(cmd, "tangent_losses", t, &cut, rows, side);
    locl_command_buffer_tensor(cmd, t->post);
    locl_command_buffer_tensor(cmd, t->y);
    locl_command_buffer_tensor(cmd, t->r);
    locl_command_buffer_tensor(cmd, u);
    locl_command_buffer_tensor(cmd, t->weight);
    locl_command_buffer_tensor(cmd, means);
    locl_command_buffer_tensor(cmd, t->z);
    locl_command_buffer_tensor(cmd, t->q);
    locl_command_buffer_tensor(cmd, dl);
    locl_command_buffer_u32(cmd, t->tokens * t->groups);
    locl_command_buffer_u32(cmd, t->groups);
    locl_command_buffer_u32(cmd, passes);
    locl_command_buffer_f32(cmd, scale);
    cost(cmd, t, passes, rows);
    locl_command_buffer_range(cmd, cut.groups, cut.items);
    locl_arena_back(locl_command_buffer_workspace(cmd), mark);
}
