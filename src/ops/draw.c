#include "ops/draw.h"

#include "ops/row.h"

enum { NOISE_GAUSSIAN = 1, NOISE_RADEMACHER = 2 }; /* cl/draw.clh */

void locl_draw_fill(locl_command_buffer *cmd, locl_noise noise, uint64_t seed, uint32_t tag, size_t pass,
                    size_t passes, uint64_t first, size_t count, const locl_tensor *out)
{
    size_t values = passes * count;
    locl_row_cut cut = locl_row_cut_for(locl_command_buffer_caps(cmd), (values + 63) / 64, count, count);
    locl_command_buffer_kernel(cmd, "draw.cl", "draw_fill", "-D CHUNK=%u -D ITEMS=1 -D NOISE=%d", cut.chunk,
                               noise == LOCL_NOISE_GAUSSIAN ? NOISE_GAUSSIAN : NOISE_RADEMACHER);
    locl_command_buffer_tensor(cmd, out);
    locl_command_buffer_u64(cmd, count);
    locl_command_buffer_u64(cmd, first);
    locl_command_buffer_u64(cmd, seed);
    locl_command_buffer_u32(cmd, tag);
    locl_command_buffer_u32(cmd, pass);
    locl_command_buffer_u32(cmd, passes);
    locl_command_buffer_scalar(cmd, LOCL_SCALAR_STEP);
    locl_command_buffer_cost(cmd, (double)values * 10, (double)values * 4);
    locl_command_buffer_range(cmd, cut.groups, 1);
}
