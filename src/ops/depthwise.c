#include "ops/depthwise.h"

#include "kernels/kernels.h"
#include "ops/row.h"
#include "ops/sum.h"

enum { MAX_SLABS = 64 };

static size_t rows_of(const locl_depthwise *c)
{
    return c->images * c->side * c->side;
}

static size_t values_of(const locl_depthwise *c)
{
    return rows_of(c) * c->channels;
}

static size_t weights_of(const locl_depthwise *c)
{
    return c->kernel * c->kernel * c->channels;
}

/* Sets the cost of `maps` maps and `windows` sets of taps, each read or written once. Along a side, a tap off
 * the middle misses as many cells as it is away from it. */
static void cost(locl_launch *l, const locl_depthwise *c, size_t maps, size_t windows)
{
    size_t seen = 0, middle = c->kernel / 2;
    for (size_t i = 0; i < c->kernel; i++) {
        size_t reach = i < middle ? middle - i : i - middle;
        seen += reach < c->side ? c->side - reach : 0;
    }
    double taps = (double)(c->images * c->channels) * (double)seen * (double)seen;
    locl_launch_cost(l, 2 * taps, 4 * (double)(maps * values_of(c) + windows * weights_of(c)));
}

typedef enum direction { FORWARD, BACKWARD } direction;

static void map(locl_command_buffer *cmd, const locl_depthwise *c, const locl_tensor *weight,
                const locl_tensor *x, locl_write write, direction way, const locl_tensor *z)
{
    locl_row_cut cut = locl_row_cut_for(locl_command_buffer_caps(cmd), rows_of(c), c->channels, c->channels);
    locl_launch l = locl_launch_begin(cmd, &locl_kernel_depthwise_map);
    locl_launch_in(&l, "weight", weight, weights_of(c));
    locl_launch_in(&l, "x", x, values_of(c));
    locl_launch_in_out(&l, "z", z, values_of(c));
    locl_launch_u32(&l, "rows", rows_of(c));
    locl_launch_i32(&l, "side", c->side);
    locl_launch_u32(&l, "d", c->channels);
    locl_launch_i32(&l, "window", c->kernel);
    locl_launch_macro(&l, "ADD", write == LOCL_ADD);
    locl_launch_macro(&l, "FLIP", way == BACKWARD);
    cost(&l, c, write == LOCL_ADD ? 3 : 2, 1);
    locl_row_run(&l, &cut);
}

void locl_depthwise_forward(locl_command_buffer *cmd, const locl_depthwise *c, const locl_tensor *weight,
                            const locl_tensor *x, locl_write write, const locl_tensor *z)
{
    map(cmd, c, weight, x, write, FORWARD, z);
}

void locl_depthwise_backward(locl_command_buffer *cmd, const locl_depthwise *c, const locl_tensor *weight,
                             const locl_tensor *q, const locl_tensor *t)
{
    map(cmd, c, weight, q, LOCL_REPLACE, BACKWARD, t);
}

/* Records the gradient in slabs: out [slabs,k,k,D]. */
static void gradient(locl_command_buffer *cmd, const locl_depthwise *c, const locl_tensor *x,
                     const locl_tensor *q, size_t slabs, const locl_tensor *out)
{
    const locl_caps *caps = locl_command_buffer_caps(cmd);
    size_t taps = c->kernel * c->kernel;
    size_t span = caps->cpu ? locl_row_cut_for(caps, 1, c->channels, c->channels).chunk : c->channels;
    locl_row_cut cut = locl_row_cut_for(caps, slabs * taps * (c->channels / span), span, span);
    locl_launch l = locl_launch_begin(cmd, &locl_kernel_depthwise_gradient);
    locl_launch_in(&l, "x", x, values_of(c));
    locl_launch_in(&l, "q", q, values_of(c));
    locl_launch_out(&l, "out", out, slabs * weights_of(c));
    locl_launch_u32(&l, "images", c->images);
    locl_launch_i32(&l, "side", c->side);
    locl_launch_u32(&l, "d", c->channels);
    locl_launch_i32(&l, "window", c->kernel);
    locl_launch_u32(&l, "slabs", slabs);
    locl_launch_u32(&l, "span", span);
    locl_launch_macro(&l, "ADD", 0);
    locl_launch_macro(&l, "FLIP", 0);
    cost(&l, c, 2, slabs);
    locl_row_run(&l, &cut);
}

void locl_depthwise_gradient(locl_command_buffer *cmd, const locl_depthwise *c, const locl_tensor *x,
                             const locl_tensor *q, const locl_tensor *weight_gradient)
{
    size_t slabs = c->images < MAX_SLABS ? c->images : MAX_SLABS, n = weights_of(c);
    if (slabs < 2) {
        gradient(cmd, c, x, q, 1, weight_gradient);
        return;
    }
    locl_arena *workspace = locl_command_buffer_workspace(cmd);
    locl_arena_mark mark = locl_arena_here(workspace);
    const locl_tensor *partial = locl_command_buffer_scratch(cmd, slabs * n, "gradients of slabs");
    gradient(cmd, c, x, q, slabs, partial);
    locl_sum_columns(cmd, partial, weight_gradient, slabs, n, 1.0f);
    locl_arena_back(workspace, mark);
}
