#include "bench/replay.h"

#include "base/clock.h"

locl_status locl_bench_replay(locl_command_buffer *cmd, locl_queue *queue, size_t replays, double *seconds,
                              locl_error *err)
{
    const locl_bindings bindings = {.step = 0};
    double start = locl_clock_seconds();
    for (size_t i = 0; i < replays; i++) {
        LOCL_TRY(locl_command_buffer_enqueue(cmd, queue, &bindings, err));
    }
    LOCL_TRY(locl_queue_finish(queue, err));
    *seconds = locl_clock_seconds() - start;
    return LOCL_OK;
}
