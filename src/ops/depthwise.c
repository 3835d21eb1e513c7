#include "ops/depthwise.h"

#include "ops/row.h"
#include "ops/sum.h"

enum { MAX_SLABS = 64 };

static size_t rows_of(const locl_depthwise *c)
{
    return c->images * c->side * c->side;
}

/* `maps`: how many maps are read or written. */
static void cost(locl_command_buffer *cmd, const locl_depthwise *c, double maps)
{
    double values = (double)(rows_of(c) * c->channels), taps = (double)(c->kernel * c->kernel);
    locl_command_buffer_cost(cmd, 2 * taps * values, 4 * (maps * values + taps * (double)c->channels));
}

static void map(locl_command_buffer *cmd, const locl_depthwise *c, const locl_tensor *weight,
                const locl_tensor *x, bool add, bool flip, const locl_tensor *z)
{
    locl_row_cut cut = locl_row_cut_for(locl_command_buffer_caps(cmd), rows_of(c), c->channels, c->channels);
    locl_command_buffer_kernel(cmd, "depthwise.cl", "depthwise_map", LOCL_ROW_OPTIONS " -D ADD=%d -D FLIP=%d",
                               cut.chunk, cut.items, add, flip);
    locl_command_buffer_tensor(cmd, weight);
    locl_command_buffer_tensor(cmd, x);
    locl_command_buffer_tensor(cmd, z);
    locl_command_buffer_u32(cmd, rows_of(c));
    locl_command_buffer_u32(cmd, c->side);
    locl_command_buffer_u32(cmd, c->channels);
    locl_command_buffer_u32(cmd, c->kernel);
    cost(cmd, c, add ? 3 : 2);
    locl_command_buffer_range(cmd, cut.groups, cut.items);
}

void locl_depthwise_forward(locl_command_buffer *cmd, const locl_depthwise *c, const locl_tensor *weight,
                            const locl_tensor *x, bool add, const locl_tensor *z)
{
    map(cmd, c, weight, x, add, false, z);
}

void locl_depthwise_backward(locl_command_buffer *cmd, const locl_depthwise *c, const locl_tensor *weight,
                             const locl_tensor *q, const locl_tensor *t)
{
    map(cmd, c, weight, q, false, true, t);
}

/* out [slabs,k,k,D] */
static void gradient(locl_command_buffer *cmd, const locl_depthwise *c, const locl_tensor *x,
                     const locl_tensor *q, size_t slabs, const locl_tensor *out)
{
    const locl_caps *caps = locl_command_buffer_caps(cmd);
    size_t taps = c->kernel * c->kernel;
    size_t span = caps->cpu ? locl_row_cut_for(caps, 1, c->channels, c->channels).chunk : c->channels;
    locl_row_cut cut = locl_row_cut_for(caps, slabs * taps * (c->channels / span), span, span);
    locl_command_buffer_kernel(cmd, "depthwise.cl", "depthwise_gradient",
                               LOCL_ROW_OPTIONS " -D ADD=0 -D FLIP=0", cut.chunk, cut.items);
    locl_command_buffer_tensor(cmd, x);
    locl_command_buffer_tensor(cmd, q);
    locl_command_buffer_tensor(cmd, out);
    locl_command_buffer_u32(cmd, c->images);
    locl_command_buffer_u32(cmd, c->side);
    locl_command_buffer_u32(cmd, c->channels);
    locl_command_buffer_u32(cmd, c->kernel);
    locl_command_buffer_u32(cmd, slabs);
    locl_command_buffer_u32(cmd, span);
    cost(cmd, c, 2);
    locl_command_buffer_range(cmd, cut.groups, cut.items);
}

void locl_depthwise_gradient(locl_command_buffer *cmd, const locl_depthwise *c, const locl_tensor *x,
                             const locl_tensor *q, const locl_tensor *weight_gradient)
{
    size_t slabs = c->images < MAX_SLABS ? c->images : MAX_SLABS, n = c->kernel * c->kernel * c->channels;
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
