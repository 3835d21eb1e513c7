#include "ops/sum.h"

#include "kernels/kernels.h"
#include "ops/row.h"

/* Returns in how many slabs rows are summed: on CPUs of some rows each, else as many as keep all units busy. */
static size_t slabs_of(const locl_caps *caps, size_t rows, size_t n)
{
    enum { ROWS_PER_SLAB = 64, MAX_SLABS = 256, GROUPS_PER_UNIT = 4, ROWS_PER_TEAM = 4 };
    if (caps->cpu) {
        return rows / ROWS_PER_SLAB < MAX_SLABS ? rows / ROWS_PER_SLAB : MAX_SLABS;
    }
    locl_row_cut one = locl_row_cut_columns(caps, 1, n);
    size_t wanted = (size_t)caps->units * GROUPS_PER_UNIT / one.groups,
           most = rows / (one.teams * ROWS_PER_TEAM);
    return wanted < most ? wanted : most;
}

static void columns(locl_command_buffer *cmd, const locl_tensor *x, const locl_tensor *out, size_t rows,
                    size_t n, size_t slabs, float scale)
{
    locl_row_cut cut = locl_row_cut_columns(locl_command_buffer_caps(cmd), slabs, n);
    locl_launch l = locl_launch_begin(cmd, &locl_kernel_sum_columns);
    locl_launch_in(&l, "x", x, rows * n);
    locl_launch_out(&l, "out", out, slabs * n);
    locl_launch_u32(&l, "rows", rows);
    locl_launch_u32(&l, "n", n);
    locl_launch_u32(&l, "slabs", slabs);
    locl_launch_f32(&l, "scale", scale);
    locl_launch_cost(&l, (double)rows * (double)n, 4 * (double)(rows + slabs) * (double)n);
    locl_row_run(&l, &cut);
}

void locl_sum_columns(locl_command_buffer *cmd, const locl_tensor *x, const locl_tensor *out, size_t rows,
                      size_t n, float scale)
{
    size_t slabs = slabs_of(locl_command_buffer_caps(cmd), rows, n);
    if (slabs < 2) {
        columns(cmd, x, out, rows, n, 1, scale);
        return;
    }
    locl_arena *workspace = locl_command_buffer_workspace(cmd);
    locl_arena_mark mark = locl_arena_here(workspace);
    const locl_tensor *partial = locl_command_buffer_scratch(cmd, slabs * n, "slab sums");
    columns(cmd, x, partial, rows, n, slabs, 1.0f);
    columns(cmd, partial, out, slabs, n, 1, scale);
    locl_arena_back(workspace, mark);
}

void locl_sum_rows(locl_command_buffer *cmd, const locl_tensor *x, const locl_tensor *out, size_t rows,
                   size_t n)
{
    locl_row_cut cut = locl_row_cut_for(locl_command_buffer_caps(cmd), rows, n, n);
    locl_launch l = locl_launch_begin(cmd, &locl_kernel_sum_rows);
    locl_launch_in(&l, "x", x, rows * n);
    locl_launch_out(&l, "out", out, rows);
    locl_launch_u32(&l, "rows", rows);
    locl_launch_u32(&l, "n", n);
    locl_launch_cost(&l, (double)rows * (double)n, 4 * (double)rows * (double)(n + 1));
    locl_row_run(&l, &cut);
}
