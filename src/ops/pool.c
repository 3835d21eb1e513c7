#include "ops/pool.h"

#include "ops/row.h"

static const double cells = LOCL_POOLING_WINDOW * LOCL_POOLING_WINDOW;

size_t locl_pooling_side(const locl_pooling *p)
{
    return (p->side + p->stride - 1) / p->stride;
}

size_t locl_pooling_before(const locl_pooling *p)
{
    size_t covered = (locl_pooling_side(p) - 1) * p->stride + LOCL_POOLING_WINDOW;
    return covered > p->side ? (covered - p->side) / 2 : 0;
}

/* A row is a pixel of the tensor that is written, `side` a side. */
static locl_row_cut begin(locl_plan *plan, const locl_pooling *p, const char *kernel, size_t side)
{
    locl_row_cut cut =
        locl_row_cut_for(locl_plan_caps(plan), p->batch * side * side, p->channels, p->channels);
    locl_plan_kernel(plan, "pool.cl", kernel, LOCL_ROW_OPTIONS " -D WINDOW=%d -D MAX=%d", cut.chunk,
                     cut.items, LOCL_POOLING_WINDOW, p->max);
    return cut;
}

/* The scalars of both kernels. */
static void sizes(locl_plan *plan, const locl_pooling *p)
{
    locl_plan_u32(plan, p->batch);
    locl_plan_u32(plan, p->side);
    locl_plan_u32(plan, locl_pooling_side(p));
    locl_plan_u32(plan, p->channels);
    locl_plan_u32(plan, p->stride);
    locl_plan_u32(plan, locl_pooling_before(p));
}

/* Values of x, and of y. */
static double in_values(const locl_pooling *p)
{
    return (double)(p->batch * p->side * p->side * p->channels);
}

static double out_values(const locl_pooling *p)
{
    size_t o = locl_pooling_side(p);
    return (double)(p->batch * o * o * p->channels);
}

void locl_pooling_dual(locl_plan *plan, const locl_pooling *p, const locl_tensor *x, const locl_tensor *dx,
                       size_t tangents, const locl_tensor *y, const locl_tensor *dy)
{
    double maps = 1 + (double)tangents;
    locl_row_cut cut = begin(plan, p, "pool_dual", locl_pooling_side(p));
    locl_plan_tensor(plan, x);
    locl_plan_tensor(plan, dx);
    locl_plan_tensor(plan, y);
    locl_plan_tensor(plan, dy);
    sizes(plan, p);
    locl_plan_u32(plan, tangents);
    locl_plan_cost(plan, cells * out_values(p) * maps, 4 * maps * (in_values(p) + out_values(p)));
    locl_plan_range(plan, cut.groups, cut.items);
}

void locl_pooling_vjp(locl_plan *plan, const locl_pooling *p, const locl_tensor *x, const locl_tensor *q,
                      const locl_tensor *t)
{
    locl_row_cut cut = begin(plan, p, "pool_vjp", p->side);
    locl_plan_tensor(plan, p->max ? x : NULL);
    locl_plan_tensor(plan, q);
    locl_plan_tensor(plan, t);
    sizes(plan, p);
    locl_plan_cost(plan, cells * out_values(p) * (p->max ? cells : 1),
                   4 * (in_values(p) * (p->max ? 2 : 1) + out_values(p)));
    locl_plan_range(plan, cut.groups, cut.items);
}
