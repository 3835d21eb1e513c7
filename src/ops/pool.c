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
static locl_row_cut begin(locl_command_buffer *cmd, const locl_pooling *p, const char *kernel, size_t side)
{
    locl_row_cut cut =
        locl_row_cut_for(locl_command_buffer_caps(cmd), p->batch * side * side, p->channels, p->channels);
    locl_command_buffer_kernel(cmd, "pool.cl", kernel, LOCL_ROW_OPTIONS " -D WINDOW=%d -D MAX=%d", cut.chunk,
                               cut.items, LOCL_POOLING_WINDOW, p->max);
    return cut;
}

/* The scalars of both kernels. */
static void sizes(locl_command_buffer *cmd, const locl_pooling *p)
{
    locl_command_buffer_u32(cmd, p->batch);
    locl_command_buffer_u32(cmd, p->side);
    locl_command_buffer_u32(cmd, locl_pooling_side(p));
    locl_command_buffer_u32(cmd, p->channels);
    locl_command_buffer_u32(cmd, p->stride);
    locl_command_buffer_u32(cmd, locl_pooling_before(p));
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

void locl_pooling_dual(locl_command_buffer *cmd, const locl_pooling *p, const locl_tensor *x,
                       const locl_tensor *dx, size_t tangents, const locl_tensor *y, const locl_tensor *dy)
{
    double maps = 1 + (double)tangents;
    locl_row_cut cut = begin(cmd, p, "pool_dual", locl_pooling_side(p));
    locl_command_buffer_tensor(cmd, x);
    locl_command_buffer_tensor(cmd, dx);
    locl_command_buffer_tensor(cmd, y);
    locl_command_buffer_tensor(cmd, dy);
    sizes(cmd, p);
    locl_command_buffer_u32(cmd, tangents);
    locl_command_buffer_cost(cmd, cells * out_values(p) * maps, 4 * maps * (in_values(p) + out_values(p)));
    locl_command_buffer_range(cmd, cut.groups, cut.items);
}

void locl_pooling_vjp(locl_command_buffer *cmd, const locl_pooling *p, const locl_tensor *x,
                      const locl_tensor *q, const locl_tensor *t)
{
    locl_row_cut cut = begin(cmd, p, "pool_vjp", p->side);
    locl_command_buffer_tensor(cmd, p->max ? x : NULL);
    locl_command_buffer_tensor(cmd, q);
    locl_command_buffer_tensor(cmd, t);
    sizes(cmd, p);
    locl_command_buffer_cost(cmd, cells * out_values(p) * (p->max ? cells : 1),
                             4 * (in_values(p) * (p->max ? 2 : 1) + out_values(p)));
    locl_command_buffer_range(cmd, cut.groups, cut.items);
}
