#include "ops/draw.h"

#include "ops/row.h"

enum { NOISE_GAUSSIAN = 1, NOISE_RADEMACHER = 2 }; /* cl/draw.clh */

void locl_draw_fill(locl_plan *plan, locl_noise noise, uint64_t seed, uint32_t tag, size_t pass,
                    size_t passes, uint64_t first, size_t count, const locl_tensor *out)
{
    size_t values = passes * count;
    locl_row_cut cut = locl_row_cut_for(locl_plan_caps(plan), (values + 63) / 64, count, count);
    locl_plan_kernel(plan, "draw.cl", "draw_fill", "-D CHUNK=%u -D ITEMS=1 -D NOISE=%d", cut.chunk,
                     noise == LOCL_NOISE_GAUSSIAN ? NOISE_GAUSSIAN : NOISE_RADEMACHER);
    locl_plan_tensor(plan, out);
    locl_plan_u64(plan, count);
    locl_plan_u64(plan, first);
    locl_plan_u64(plan, seed);
    locl_plan_u32(plan, tag);
    locl_plan_u32(plan, pass);
    locl_plan_u32(plan, passes);
    locl_plan_scalar(plan, LOCL_SCALAR_STEP);
    locl_plan_cost(plan, (double)values * 10, (double)values * 4);
    locl_plan_range(plan, cut.groups, 1);
}
