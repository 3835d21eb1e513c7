#include "check/peak.h"

#include "check/shape.h"
#include "check/time.h"
#include "kernels/kernels.h"

#include <stdio.h>

enum { ITEMS = 256, CPU_LANES = 16, SEED = 1 };

size_t locl_peak_lanes(const locl_caps *caps)
{
    return caps->cpu ? CPU_LANES : 1;
}

void locl_peak_fma(locl_command_buffer *cmd, size_t items, size_t rounds, float a, float b,
                   const locl_tensor *out)
{
    const locl_caps *caps = locl_command_buffer_caps(cmd);
    size_t group = caps->cpu ? 1 : ITEMS;
    while (group > 1 && (group > caps->work_group || items % group)) {
        group /= 2;
    }
    double values = (double)items * (double)locl_peak_lanes(caps) * LOCL_PEAK_CHAINS;
    locl_launch l = locl_launch_begin(cmd, &locl_kernel_peak_fma);
    locl_launch_macro(&l, "LANES", locl_peak_lanes(caps));
    locl_launch_macro(&l, "CHAINS", LOCL_PEAK_CHAINS);
    locl_launch_out(&l, "out", out, items);
    locl_launch_u32(&l, "rounds", rounds);
    locl_launch_f32(&l, "a", a);
    locl_launch_f32(&l, "b", b);
    locl_launch_cost(&l, 2 * values * (double)rounds, 4 * (double)items);
    locl_launch_run(&l, items / group, group);
}

/* Times a row on a shape, for its best time. */
static locl_status best_of(locl_device *device, const char *name, const char *shape, locl_op_timing *out,
                           locl_error *err)
{
    enum { SAMPLES = 9 };
    size_t dim[LOCL_OP_DIMS];
    const locl_op *op = locl_op_find(name);
    LOCL_TRY(locl_op_shape_parse(op, shape, dim, err));
    return locl_op_time(op, dim, SEED, device, &op->variant, 1, SAMPLES, out, err);
}

locl_status locl_peak_measure(locl_device *device, locl_peak *out, locl_error *err)
{
    char shape[LOCL_OP_SHAPE_TEXT];
    locl_op_timing timing;
    unsigned items = (unsigned)device->caps.units * (device->caps.cpu ? 4 : 16 * ITEMS);
    snprintf(shape, sizeof shape, "items=%u rounds=8192", items);
    LOCL_TRY(best_of(device, "peak_fma", shape, &timing, err));
    out->flops = timing.flops / timing.best;
    LOCL_TRY(best_of(device, "repeat", "rows=65536 n=512 copies=1", &timing, err));
    out->bytes = timing.bytes / timing.best;
    LOCL_TRY(best_of(device, "peak_fma", "items=1 rounds=0", &timing, err));
    out->launch = timing.best;
    return LOCL_OK;
}

double locl_peak_floor(const locl_peak *peak, double flops, double bytes, double launches)
{
    double compute = flops / peak->flops, memory = bytes / peak->bytes;
    return (compute > memory ? compute : memory) + launches * peak->launch;
}
