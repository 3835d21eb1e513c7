/* What joins two stages (or the loader and the first): a bounded queue of batches of activations and labels,
 * produced in order by one worker and consumed in order by one. How a batch gets across is chosen once:
 *   LOADER   host memory of the loader -> upload
 *   QUEUE    the same in-order queue: nothing to do
 *   CONTEXT  two queues of a context: the consumer's queue waits for the producer's event, on the device
 *   HOST     two contexts: read to host memory, double-buffered, then uploaded; only here a worker may wait
 * Producer and consumer agree on what is there by the pipeline's lock (pipeline_run.c). */
#ifndef LOCL_SCHED_CHANNEL_H
#define LOCL_SCHED_CHANNEL_H

#include "data/loader.h"
#include "device/arena.h"
#include "device/call.h"

enum { LOCL_CHANNEL_DEPTH = 2 };

typedef enum locl_channel_kind {
    LOCL_CHANNEL_LOADER,
    LOCL_CHANNEL_QUEUE,
    LOCL_CHANNEL_CONTEXT,
    LOCL_CHANNEL_HOST
} locl_channel_kind;

/* One device: its worker's queues. */
typedef struct locl_lane_queues {
    locl_queue compute, copy;
} locl_lane_queues;

typedef struct locl_channel_slot {
    const locl_tensor *x, *labels; /* [B,P,in] float, [B] int32: the consumer's input buffers */
    float *host_x;                 /* HOST: the same on the host */
    int32_t *host_labels;
    size_t valid;      /* images that count */
    cl_event ready;    /* producer's context: the batch is in x and labels (CONTEXT) or on the host (HOST) */
    cl_event uploaded; /* consumer's context: the host memory is free again (HOST, LOADER) */
    cl_event consumed; /* consumer's context: x and labels are free again */
    locl_batch batch;  /* LOADER: lent until uploaded */
    bool lent;
} locl_channel_slot;

typedef struct locl_channel {
    locl_channel_kind kind;
    size_t depth; /* slots: 1 for QUEUE */
    locl_channel_slot slot[LOCL_CHANNEL_DEPTH];
    locl_lane_queues *producer; /* NULL for LOADER */
    locl_lane_queues *consumer;
    const locl_tensor *out, *out_labels; /* HOST: the producer's output buffers */
    size_t x_bytes, label_bytes;
    uint64_t produced, consumed; /* batches of this run; under the pipeline's lock */
} locl_channel;

/* Takes the consumer's buffers (and the producer's for HOST) from the arenas of the stages' own memory.
 * `producer` is NULL for the loader. */
locl_status locl_channel_open(locl_channel *channel, locl_lane_queues *producer, locl_arena *producer_arena,
                              locl_lane_queues *consumer, locl_arena *consumer_arena, size_t values,
                              size_t batch, locl_error *err);
void locl_channel_close(locl_channel *channel);
/* Forgets what is under way: before a run. Queues are idle. */
void locl_channel_reset(locl_channel *channel);

/* Where the producer of batch number `n` writes; makes its queue (HOST: its worker) wait until that is free.
 */
locl_status locl_channel_begin_produce(locl_channel *channel, uint64_t n, cl_mem *x, cl_mem *labels,
                                       locl_error *err);
/* The producer's step is enqueued: sends it. */
locl_status locl_channel_end_produce(locl_channel *channel, uint64_t n, size_t valid, locl_error *err);
/* The consumer's buffers with batch `n`; makes its queue (HOST: its worker) wait until it is there. */
locl_status locl_channel_begin_consume(locl_channel *channel, uint64_t n, cl_mem *x, cl_mem *labels,
                                       size_t *valid, locl_error *err);
/* The consumer's step is enqueued and complete with `event` (retained). */
locl_status locl_channel_end_consume(locl_channel *channel, uint64_t n, cl_event event, locl_error *err);
/* LOADER: hands over a batch as number `n`, and gives back to the loader the one that had its slot, whose
 * step is complete. */
void locl_channel_lend(locl_channel *channel, uint64_t n, const locl_batch *batch);
void locl_channel_give_back(locl_channel *channel, uint64_t n, locl_loader *loader);

#endif
