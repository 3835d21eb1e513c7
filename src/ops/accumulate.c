#include "ops/accumulate.h"

#include "ops/row.h"

void locl_accumulate(locl_command_buffer *cmd, const locl_tensor *t, const locl_tensor *post,
                     const locl_tensor *out, size_t rows, size_t n, size_t copies)
{
    size_t length = copies == 1 ? rows * n : n; /* without copies it is all one row */
    size_t count = rows * n / length;
    locl_row_cut cut = locl_row_cut_for(locl_command_buffer_caps(cmd), (rows * n + 63) / 64, length, length);
    locl_command_buffer_kernel(cmd, "accumulate.cl", "accumulate", "-D CHUNK=%u -D ITEMS=1 -D MASK=%d",
                               cut.chunk, post != NULL);
    locl_command_buffer_tensor(cmd, t);
    locl_command_buffer_tensor(cmd, post);
    locl_command_buffer_tensor(cmd, out);
    locl_command_buffer_u64(cmd, count);
    locl_command_buffer_u64(cmd, length);
    locl_command_buffer_u32(cmd, copies);
    double values = (double)rows * (double)n;
    locl_command_buffer_cost(cmd, values * (double)copies, values * (8 + (double)copies * (post ? 8 : 4)));
    locl_command_buffer_range(cmd, cut.groups, 1);
}
