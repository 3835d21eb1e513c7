/* Times replays of a recording. Included by products.c and fma.c. */
#ifndef LOCL_BENCH_REPLAY_H
#define LOCL_BENCH_REPLAY_H

#include "device/command_buffer.h"

/* Replays it so often in the queue, waits, and says how long all that took. */
locl_status locl_bench_replay(locl_command_buffer *cmd, locl_queue *queue, size_t replays, double *seconds,
                              locl_error *err);

#endif
