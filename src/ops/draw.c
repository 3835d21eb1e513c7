#include "ops/draw.h"

#include "kernels/kernels.h"
#include "ops/row.h"

void locl_draw_fill(locl_command_buffer *cmd, locl_noise noise, uint64_t seed, uint32_t tag, size_t pass,
                    size_t passes, uint64_t first, size_t image, size_t views, size_t count,
                    const locl_tensor *out)
{
    size_t values = passes * count;
    locl_row_cut cut =
        locl_row_cut_flat(locl_command_buffer_caps(cmd), values, first % 4 || image % 4 ? 1 : count / views);
    locl_launch l = locl_launch_begin(cmd, &locl_kernel_draw_fill);
    locl_launch_out(&l, "out", out, values);
    locl_launch_u64(&l, "count", count);
    locl_launch_first(&l, "first", first, image);
    locl_launch_u64(&l, "view", count / views);
    locl_launch_u64(&l, "seed", seed);
    locl_launch_u32(&l, "tag", tag);
    locl_launch_u32(&l, "pass", pass);
    locl_launch_u32(&l, "passes", passes);
    locl_launch_macro(&l, "NOISE",
                      noise == LOCL_NOISE_GAUSSIAN ? LOCL_NOISE_SWITCH_GAUSSIAN
                                                   : LOCL_NOISE_SWITCH_RADEMACHER);
    locl_launch_cost(&l, noise == LOCL_NOISE_GAUSSIAN ? (double)values * LOCL_DRAW_FLOPS : 0,
                     (double)values * 4);
    locl_row_run(&l, &cut);
}
