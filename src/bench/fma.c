#include "bench/fma.h"

#include "bench/replay.h"

#include <math.h>

/* Looks at the first work-item's sum: every chain goes to 2. */
static locl_status check(const locl_fma *fma, const locl_tensor *out, size_t bits, locl_error *err)
{
    float sum = 0;
    double expected = 2.0 * (double)locl_peak_chains(bits);
    locl_queue queue = fma->queue;
    LOCL_TRY(locl_buffer_read(&queue, out->mem, 0, sizeof sum, &sum, LOCL_BLOCKING, NULL, NULL, err));
    return fabs((double)sum - expected) <= 0.01 * expected
               ? LOCL_OK
               : locl_fail(err, LOCL_E_FAILED, "multiply-adds of %zu bits give %g, should be %g", bits,
                           (double)sum, expected);
}

locl_status locl_fma_open(locl_device *device, size_t bits, locl_fma *out, locl_error *err)
{
    size_t items, rounds;
    double seconds;
    *out = (locl_fma){.flops = 0};
    locl_peak_size(&device->caps, &items, &rounds);
    out->flops = 2.0 * (double)(items * rounds * locl_peak_lanes(&device->caps) * locl_peak_chains(bits));
    LOCL_TRY(locl_queue_create(device, LOCL_QUEUE_PLAIN, &out->queue, err));
    LOCL_TRY(locl_arena_create("multiply-adds", &device->caps, &out->arena, err));
    LOCL_TRY(locl_command_buffer_create(device, out->arena, &out->cmd, err));
    const locl_tensor *sums = locl_arena_take(out->arena, items * sizeof(float), "sums");
    locl_peak_fma(out->cmd, bits, items, rounds, 0.5f, 1.0f, sums);
    LOCL_TRY(locl_arena_bind(out->arena, device, err));
    LOCL_TRY(locl_command_buffer_bind(out->cmd, err));
    LOCL_TRY(locl_fma_sample(out, 1, &seconds, err));
    return check(out, sums, bits, err);
}

void locl_fma_close(locl_fma *fma)
{
    locl_command_buffer_release(fma->cmd);
    locl_arena_release(fma->arena);
    locl_queue_release(&fma->queue);
    *fma = (locl_fma){.flops = 0};
}

locl_status locl_fma_sample(void *user, size_t replays, double *seconds, locl_error *err)
{
    locl_fma *fma = user;
    return locl_bench_replay(fma->cmd, &fma->queue, replays, seconds, err);
}
