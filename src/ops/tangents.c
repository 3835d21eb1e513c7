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

static void begin(locl_plan *plan, const char *kernel, const locl_tangents *t, const locl_row_cut *cut,
                  size_t rows, size_t side)
{
    locl_plan_kernel(plan, "tangents.cl", kernel, TANGENT_OPTIONS, cut->chunk, cut->items, t->r != NULL,
                     t->in, t->out, rows, locl_hadamard_order(rows), side);
}

static const locl_tensor *means_of_weights(locl_plan *plan, const locl_tangents *t, const locl_row_cut *cut)
{
    double values = (double)(t->groups * t->in * t->out);
    const locl_tensor *means = locl_plan_scratch(plan, t->groups * t->out, "means of weights");
    begin(plan, "tangent_means", t, cut, 1, 1);
    locl_plan_tensor(plan, t->weight);
    locl_plan_tensor(plan, means);
    locl_plan_u32(plan, t->groups);
    locl_plan_cost(plan, values, values * 4);
    locl_plan_range(plan, t->groups < cut->groups ? t->groups : cut->groups, cut->items);
    return means;
}

/* Of the sums and differences of the transform, the vectors that go into it and their products with q. */
static void cost(locl_plan *plan, const locl_tangents *t, size_t passes, size_t rows)
{
    size_t order = locl_hadamard_order(rows), stages = 0;
    while ((size_t)1 << stages < order) {
        stages++;
    }
    double values = (double)(t->tokens * t->groups), each = (double)(4 * t->in + (stages + 2) * order);
    locl_plan_cost(plan, values * (double)(passes * t->out) * each,
                   values * 4 * (double)((2 + passes) * t->in + 2 * t->out + passes * rows));
}

void locl_tangent_losses(locl_plan *plan, const locl_tangents *t, const locl_tensor *u, size_t passes,
                         size_t rows, size_t side, float scale, const locl_tensor *dl)
{
    locl_row_cut cut = cut_for(locl_plan_caps(plan), t);
    locl_arena_mark mark = locl_arena_here(locl_plan_workspace(plan));
    const locl_tensor *means = t->r ? means_of_weights(plan, t, &cut) : NULL;
    begin(plan, "tangent_losses", t, &cut, rows, side);
    locl_plan_tensor(plan, t->post);
    locl_plan_tensor(plan, t->y);
    locl_plan_tensor(plan, t->r);
    locl_plan_tensor(plan, u);
    locl_plan_tensor(plan, t->weight);
    locl_plan_tensor(plan, means);
    locl_plan_tensor(plan, t->z);
    locl_plan_tensor(plan, t->q);
    locl_plan_tensor(plan, dl);
    locl_plan_u32(plan, t->tokens * t->groups);
    locl_plan_u32(plan, t->groups);
    locl_plan_u32(plan, passes);
    locl_plan_f32(plan, scale);
    cost(plan, t, passes, rows);
    locl_plan_range(plan, cut.groups, cut.items);
    locl_arena_back(locl_plan_workspace(plan), mark);
}
