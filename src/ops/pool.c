#include "ops/pool.h"

#include "kernels/kernels.h"
#include "ops/row.h"

size_t locl_pooling_side(const locl_pooling *p)
{
    return (p->side + p->stride - 1) / p->stride;
}

size_t locl_pooling_before(const locl_pooling *p)
{
    size_t covered = (locl_pooling_side(p) - 1) * p->stride + LOCL_POOLING_WINDOW;
    return covered > p->side ? (covered - p->side) / 2 : 0;
}

/* Cuts rows for a device. A row is a pixel of the tensor that is written, whose map has `side` pixels a
 * side. */
static locl_row_cut cut_for(const locl_command_buffer *cmd, const locl_pooling *p, size_t side)
{
    return locl_row_cut_for(locl_command_buffer_caps(cmd), p->batch * side * side, p->channels, p->channels);
}

/* Sets the numbers and macros that both kernels take. */
static void sizes(locl_launch *l, const locl_pooling *p)
{
    locl_launch_u32(l, "batch", p->batch);
    locl_launch_i32(l, "side", p->side);
    locl_launch_u32(l, "out", locl_pooling_side(p));
    locl_launch_u32(l, "d", p->channels);
    locl_launch_u32(l, "stride", p->stride);
    locl_launch_u32(l, "before", locl_pooling_before(p));
    locl_launch_macro(l, "WINDOW", LOCL_POOLING_WINDOW);
    locl_launch_macro(l, "MAX", p->max);
}

/* Returns the number of values of x. */
static size_t in_values(const locl_pooling *p)
{
    return p->batch * p->side * p->side * p->channels;
}

static size_t out_values(const locl_pooling *p)
{
    size_t o = locl_pooling_side(p);
    return p->batch * o * o * p->channels;
}

/* Returns the FLOPs of one map, there or back. A mean takes a sum for each cell of a window that lies on the
 * map. A maximum only chooses values and takes none. */
static double flops_of(const locl_pooling *p)
{
    size_t before = locl_pooling_before(p), cells = 0;
    for (size_t o = 0; o < locl_pooling_side(p); o++) {
        size_t from = o * p->stride, end = from + LOCL_POOLING_WINDOW, last = p->side + before;
        cells += (end < last ? end : last) - (from > before ? from : before);
    }
    return p->max ? 0 : (double)cells * (double)cells * (double)(p->batch * p->channels);
}

void locl_pooling_dual(locl_command_buffer *cmd, const locl_pooling *p, const locl_tensor *x,
                       const locl_tensor *dx, size_t tangents, const locl_tensor *y, const locl_tensor *dy)
{
    double maps = 1 + (double)tangents, in = (double)in_values(p), out = (double)out_values(p);
    locl_row_cut cut = cut_for(cmd, p, locl_pooling_side(p));
    locl_launch l = locl_launch_begin(cmd, &locl_kernel_pool_dual);
    locl_launch_in(&l, "x", x, in_values(p));
    locl_launch_in(&l, "dx", dx, tangents * in_values(p));
    locl_launch_out(&l, "y", y, out_values(p));
    locl_launch_out(&l, "dy", dy, tangents * out_values(p));
    sizes(&l, p);
    locl_launch_u32(&l, "tangents", tangents);
    locl_launch_cost(&l, flops_of(p) * maps, 4 * maps * (in + out));
    locl_row_run(&l, &cut);
}

void locl_pooling_vjp(locl_command_buffer *cmd, const locl_pooling *p, const locl_tensor *x,
                      const locl_tensor *q, const locl_tensor *t)
{
    double in = (double)in_values(p), out = (double)out_values(p);
    locl_row_cut cut = cut_for(cmd, p, p->side);
    locl_launch l = locl_launch_begin(cmd, &locl_kernel_pool_vjp);
    locl_launch_in(&l, "x", p->max ? x : NULL, p->max ? in_values(p) : 0);
    locl_launch_in(&l, "q", q, out_values(p));
    locl_launch_out(&l, "t", t, in_values(p));
    sizes(&l, p);
    locl_launch_cost(&l, flops_of(p), 4 * (in * (p->max ? 2 : 1) + out));
    locl_row_run(&l, &cut);
}
