#include "ops/mirror.h"

#include "base/philox.h"
#include "gemm/gemm.h"
#include "kernels/kernels.h"
#include "ops/hadamard.h"
#include "ops/row.h"

/* Rows of a matrix wider than its mirror that are worth taking at once. A few more rows cost little beside a
 * mirror that is exact. */
enum { FEW_ROWS = 64 };

size_t locl_mirror_rows_at_once(size_t in, size_t most)
{
    size_t order = locl_hadamard_order(in);
    bool whole = order <= most || (order > in && order <= FEW_ROWS);
    return whole ? order : most;
}

void locl_mirror_rows(locl_command_buffer *cmd, const locl_mirror *m, locl_mirror_sweep sweep, size_t first,
                      const locl_tensor *out)
{
    locl_row_cut cut = locl_row_cut_for(locl_command_buffer_caps(cmd), m->rows, m->in, m->in);
    locl_launch l = locl_launch_begin(cmd, &locl_kernel_mirror_rows);
    locl_launch_out(&l, "out", out, m->rows * m->in);
    locl_launch_u32(&l, "rows", m->rows);
    locl_launch_u32(&l, "n", m->in);
    locl_launch_u32(&l, "order", locl_hadamard_order(m->in));
    locl_launch_u32(&l, "first", first);
    locl_launch_u64(&l, "seed", m->seed);
    locl_launch_u32(&l, "tag",
                    locl_draw_tag(LOCL_STREAM_MIRROR, sweep, (uint32_t)m->block, (uint32_t)m->layer));
    locl_launch_cost(&l, 0, 4 * (double)(m->rows * m->in));
    locl_row_run(&l, &cut);
}

/* Records seen [groups,rows,out] = or, with beta 1, += alpha V values. */
static void show(locl_command_buffer *cmd, const locl_mirror *m, const locl_tensor *v,
                 const locl_tensor *values, float alpha, float beta, const locl_tensor *seen)
{
    locl_gemm_shape shape = {.m = m->rows,
                             .n = m->out,
                             .k = m->in,
                             .lda = m->in,
                             .ldb = m->out,
                             .ldc = m->out,
                             .batch = m->groups,
                             .stride_b = m->in * m->out,
                             .stride_c = m->rows * m->out,
                             .sum = 1,
                             .alpha = alpha,
                             .beta = beta};
    locl_gemm(cmd, &shape, v, values, seen);
}

/* Records mirror = or, with beta 1, += V' seen / order. */
static void move(locl_command_buffer *cmd, const locl_mirror *m, const locl_tensor *v,
                 const locl_tensor *seen, float beta)
{
    locl_gemm_shape shape = {.ta = true,
                             .m = m->in,
                             .n = m->out,
                             .k = m->rows,
                             .lda = m->in,
                             .ldb = m->out,
                             .ldc = m->out,
                             .batch = m->groups,
                             .stride_b = m->rows * m->out,
                             .stride_c = m->in * m->out,
                             .sum = 1,
                             .alpha = 1.0f / (float)locl_hadamard_order(m->in),
                             .beta = beta};
    locl_gemm(cmd, &shape, v, seen, m->mirror);
}

void locl_mirror_begin(locl_command_buffer *cmd, const locl_mirror *m)
{
    locl_arena_mark mark = locl_arena_here(locl_command_buffer_workspace(cmd));
    const locl_tensor *v = locl_command_buffer_scratch(cmd, m->rows * m->in, "rows"),
                      *seen = locl_command_buffer_scratch(cmd, m->groups * m->rows * m->out, "products");
    for (size_t first = 0; first < locl_hadamard_order(m->in); first += m->rows) {
        locl_mirror_rows(cmd, m, LOCL_SWEEP_AT_FIRST, first, v);
        show(cmd, m, v, m->weight, 1, 0, seen);
        move(cmd, m, v, seen, first ? 1 : 0);
    }
    locl_arena_back(locl_command_buffer_workspace(cmd), mark);
}

void locl_mirror_learn(locl_command_buffer *cmd, const locl_mirror *m)
{
    locl_arena_mark mark = locl_arena_here(locl_command_buffer_workspace(cmd));
    const locl_tensor *v = locl_command_buffer_scratch(cmd, m->rows * m->in, "rows"),
                      *seen = locl_command_buffer_scratch(cmd, m->groups * m->rows * m->out, "products");
    locl_mirror_rows(cmd, m, LOCL_SWEEP_BY_STEPS, 0, v);
    show(cmd, m, v, m->weight, 1, 0, seen);
    show(cmd, m, v, m->mirror, -1, 1, seen);
    move(cmd, m, v, seen, 1);
    locl_arena_back(locl_command_buffer_workspace(cmd), mark);
}
