#include "check/peak.h"

#include "check/shape.h"
#include "kernels/kernels.h"

#include <stdio.h>
#include <string.h>

enum { ITEMS = 256, CPU_LANES = 16, SEED = 1 };

size_t locl_peak_lanes(const locl_caps *caps)
{
    return caps->cpu ? CPU_LANES : 1;
}

size_t locl_peak_chains(size_t bits)
{
    enum { WIDE_CHAINS = 4 }; /* doubles take twice the registers */
    return bits == 64 ? WIDE_CHAINS : LOCL_PEAK_CHAINS;
}

void locl_peak_size(const locl_caps *caps, size_t *items, size_t *rounds)
{
    *items = (size_t)caps->units * (caps->cpu ? 4 : 16 * ITEMS);
    *rounds = caps->cpu ? 65536 : 8192; /* long enough that waking a CPU's threads does not show */
}

void locl_peak_fma(locl_command_buffer *cmd, size_t bits, size_t items, size_t rounds, float a, float b,
                   const locl_tensor *out)
{
    const locl_caps *caps = locl_command_buffer_caps(cmd);
    size_t group = caps->cpu ? 1 : ITEMS;
    while (group > 1 && (group > caps->work_group || items % group)) {
        group /= 2;
    }
    size_t chains = locl_peak_chains(bits);
    double values = (double)(items * locl_peak_lanes(caps) * chains);
    locl_launch l = locl_launch_begin(cmd, &locl_kernel_peak_fma);
    locl_launch_macro(&l, "BITS", bits);
    locl_launch_macro(&l, "LANES", locl_peak_lanes(caps));
    locl_launch_macro(&l, "CHAINS", chains);
    locl_launch_out(&l, "out", out, items);
    locl_launch_u32(&l, "rounds", rounds);
    locl_launch_f32(&l, "a", a);
    locl_launch_f32(&l, "b", b);
    locl_launch_cost(&l, 2 * values * (double)rounds, 4 * (double)items);
    locl_launch_run(&l, items / group, group);
}

static locl_status open_row(locl_device *device, const char *name, const char *shape, locl_op_runner *out,
                            locl_error *err)
{
    size_t dim[LOCL_OP_DIMS];
    const locl_op *op = locl_op_find(name);
    LOCL_TRY(locl_op_shape_parse(op, shape, dim, err));
    return locl_op_runner_open(op, dim, SEED, device, &op->variant[0], out, err);
}

locl_status locl_peak_open(locl_device *device, locl_op_runner runner[LOCL_PEAKS], locl_error *err)
{
    char shape[LOCL_OP_SHAPE_TEXT];
    size_t items, rounds;
    locl_peak_size(&device->caps, &items, &rounds);
    snprintf(shape, sizeof shape, "items=%zu rounds=%zu", items, rounds);
    memset(runner, 0, LOCL_PEAKS * sizeof *runner);
    LOCL_TRY(open_row(device, "peak_fma", shape, &runner[LOCL_PEAK_FLOPS], err));
    LOCL_TRY(open_row(device, "repeat", "rows=65536 n=512 copies=1", &runner[LOCL_PEAK_COPY], err));
    return open_row(device, "peak_fma", "items=1 rounds=0", &runner[LOCL_PEAK_LAUNCH], err);
}

void locl_peak_close(locl_op_runner runner[LOCL_PEAKS])
{
    for (int i = 0; i < LOCL_PEAKS; i++) {
        locl_op_runner_close(&runner[i]);
    }
}

locl_peak locl_peak_of(const locl_op_runner runner[LOCL_PEAKS], const double seconds[LOCL_PEAKS])
{
    return (locl_peak){.flops = runner[LOCL_PEAK_FLOPS].count.flops / seconds[LOCL_PEAK_FLOPS],
                       .bytes = runner[LOCL_PEAK_COPY].count.bytes / seconds[LOCL_PEAK_COPY],
                       .launch = seconds[LOCL_PEAK_LAUNCH]};
}

locl_status locl_peak_measure(locl_device *device, locl_peak *out, locl_error *err)
{
    const locl_race_options options = {.rounds = 9};
    locl_op_runner runner[LOCL_PEAKS];
    locl_race_runner race[LOCL_PEAKS] = {{0}};
    double best[LOCL_PEAKS];
    locl_status status;
    LOCL_TRY_GOTO(status, locl_peak_open(device, runner, err));
    for (int i = 0; i < LOCL_PEAKS; i++) {
        race[i] = locl_op_runner_enter(&runner[i]);
    }
    LOCL_TRY_GOTO(status, locl_race_calibrate(race, LOCL_PEAKS, err));
    LOCL_TRY_GOTO(status, locl_race_run(race, LOCL_PEAKS, &options, err));
    for (int i = 0; i < LOCL_PEAKS; i++) {
        best[i] = locl_race_spread(&race[i]).best;
    }
    *out = locl_peak_of(runner, best);
fail:
    locl_race_release(race, LOCL_PEAKS);
    locl_peak_close(runner);
    return status;
}

double locl_peak_floor(const locl_peak *peak, double flops, double bytes, double launches)
{
    double compute = flops / peak->flops, memory = bytes / peak->bytes;
    return (compute > memory ? compute : memory) + launches * peak->launch;
}
