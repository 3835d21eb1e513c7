#include "ops/guess.h"

#include "kernels/kernels.h"
#include "ops/row.h"

/* Sets the cost. Each direction costs a product and a sum per value. */
static void cost(locl_launch *l, const locl_guess *g, size_t rows)
{
    double values = (double)locl_layer_values(&g->shape), m = (double)g->tangents;
    double directions = g->tangent ? 2 : 1;
    double flops = m * (2 * directions + locl_noise_flops(&g->u));
    double maps = 2 + (double)locl_noise_read(&g->u, g->tangents) + (g->tangent ? m : 0);
    locl_launch_cost(l, values * flops,
                     4 * (maps * values + m * (double)rows * ((double)g->sums + directions)));
}

void locl_guess_subtract(locl_command_buffer *cmd, const locl_guess *g, const locl_tensor *rest,
                         const locl_tensor *before)
{
    const locl_layer_shape *s = &g->shape;
    size_t rows = s->batch * s->patches * g->units, n = s->width / g->units, values = rows * n;
    locl_row_cut cut = locl_row_cut_for(locl_command_buffer_caps(cmd), rows, n, n);
    locl_launch l = locl_launch_begin(cmd, &locl_kernel_guess_subtract);
    locl_noise_set(&l, s, &g->u, g->tangents);
    locl_launch_macro(&l, "TANGENT", g->tangent != NULL);
    locl_launch_in(&l, "dl", g->dl, g->tangents * rows * g->sums);
    locl_launch_in(&l, "guess", g->guess, values);
    locl_launch_in(&l, "post", g->post, values);
    locl_launch_in(&l, "tangent", g->tangent, g->tangent ? g->tangents * values : 0);
    locl_launch_out(&l, "rest", rest, g->tangents * rows);
    locl_launch_out(&l, "before", before, before ? g->tangents * rows : 0);
    locl_launch_u32(&l, "rows", rows);
    locl_launch_u32(&l, "n", n);
    locl_launch_u32(&l, "sums", g->sums);
    locl_launch_u32(&l, "tangents", g->tangents);
    locl_launch_f32(&l, "scale", (float)s->batch);
    cost(&l, g, rows);
    locl_row_run(&l, &cut);
}
