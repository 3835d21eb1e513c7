#include "check/peak.h"

#include "check/shape.h"
#include "check/time.h"

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
    locl_command_buffer_kernel(cmd, "peak.cl", "peak_fma", "-D LANES=%zu -D CHAINS=%d", locl_peak_lanes(caps),
                               LOCL_PEAK_CHAINS);
    locl_command_buffer_tensor(cmd, out);
    locl_command_buffer_u32(cmd, rounds);
    locl_command_buffer_f32(cmd, a);
    locl_command_buffer_f32(cmd, b);
    locl_command_buffer_cost(cmd, 2 * values * (double)rounds, 4 * (double)items);
    locl_command_buffer_range(cmd, items / group, group);
}

/* The best time of a row on a shape. */
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
