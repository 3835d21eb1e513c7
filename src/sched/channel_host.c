/* Two contexts, which share no event. The rows are read from the producer's output into host memory, one copy for each
 * slot, while the producer computes the next batch, and uploaded from there. The consumer's worker waits until they
 * were read. The producer's waits until the memory that it reads into was uploaded. */
#include "sched/channel.h"

#include "sched/pinned.h"

#include <stdlib.h>

typedef struct host_ring {
    float *x[LOCL_CHANNEL_MOST];
    int32_t *labels[LOCL_CHANNEL_MOST];
    cl_event uploaded[LOCL_CHANNEL_MOST]; /* event of the consumer's queue: the host memory is free again */
} host_ring;

static locl_status open_ring(locl_channel *channel, locl_error *err)
{
    channel->own = calloc(1, sizeof(host_ring));
    return channel->own ? LOCL_OK : locl_fail_memory(err, sizeof(host_ring));
}

static locl_status bind_ring(locl_channel *channel, locl_error *err)
{
    host_ring *ring = channel->own;
    size_t rows = channel->rows.count;
    for (size_t i = 0; i < channel->inlet->depth; i++) {
        LOCL_TRY(locl_pinned_create(rows * channel->inlet->row_bytes, (void **)&ring->x[i], err));
        LOCL_TRY(locl_pinned_create(rows * sizeof(int32_t), (void **)&ring->labels[i], err));
    }
    return LOCL_OK;
}

static void reset_ring(locl_channel *channel)
{
    host_ring *ring = channel->own;
    for (size_t i = 0; ring && i < LOCL_CHANNEL_MOST; i++) {
        locl_event_release(&ring->uploaded[i]);
    }
}

static void close_ring(locl_channel *channel)
{
    host_ring *ring = channel->own;
    for (size_t i = 0; ring && i < LOCL_CHANNEL_MOST; i++) {
        free(ring->x[i]);
        free(ring->labels[i]);
    }
    free(ring);
}

/* Makes the producer's queue wait until what was in the outlet's slot has been read. With one slot on the host it
 * has: the batch after that was not sent before. */
static locl_status produce(locl_channel *channel, uint64_t n, locl_error *err)
{
    const locl_outlet *outlet = channel->outlet;
    cl_event read = n >= outlet->depth ? channel->ready[locl_channel_slot(channel, n - outlet->depth)] : NULL;
    return read ? locl_queue_wait_for(&outlet->lane->compute, read, err) : LOCL_OK;
}

/* Enqueues the read of slot i of the host memory, behind the step. */
static locl_status read_rows(locl_channel *channel, uint64_t n, size_t i, const cl_event *computed,
                             locl_error *err)
{
    const host_ring *ring = channel->own;
    const locl_outlet *outlet = channel->outlet;
    const locl_channel_rows *r = &channel->rows;
    locl_queue *back = &outlet->lane->back;
    size_t row = channel->inlet->row_bytes, label = sizeof(int32_t), from = locl_outlet_slot(outlet, n);
    LOCL_TRY(locl_buffer_read(back, outlet->labels[from]->mem, r->from * label, r->count * label,
                              ring->labels[i], LOCL_ASYNC, computed, NULL, err));
    LOCL_TRY(locl_buffer_read(back, outlet->x[from]->mem, r->from * row, r->count * row, ring->x[i],
                              LOCL_ASYNC, NULL, &channel->ready[i], err));
    LOCL_TRY(locl_queue_flush(&outlet->lane->compute, err));
    return locl_queue_flush(back, err);
}

/* Enqueues the read into host memory, once that is free. */
static locl_status send(locl_channel *channel, uint64_t n, locl_error *err)
{
    host_ring *ring = channel->own;
    locl_lane_queues *consumer = channel->inlet->lane;
    size_t i = locl_channel_slot(channel, n);
    cl_event computed = NULL;
    if (ring->uploaded[i]) {
        LOCL_TRY(locl_event_await(consumer->compute.device, ring->uploaded[i], consumer->deadline,
                                  "the upload of an earlier batch", err));
        locl_event_release(&ring->uploaded[i]);
    }
    LOCL_TRY(locl_queue_marker(&channel->outlet->lane->compute, &computed, err));
    locl_status status = read_rows(channel, n, i, &computed, err);
    locl_event_release(&computed);
    return status;
}

static locl_status receive(locl_channel *channel, uint64_t n, locl_error *err)
{
    host_ring *ring = channel->own;
    locl_lane_queues *producer = channel->outlet->lane;
    size_t i = locl_channel_slot(channel, n);
    LOCL_TRY(locl_event_await(producer->compute.device, channel->ready[i], producer->deadline,
                              "the activations of the stage before", err));
    return locl_channel_upload(channel, n, ring->x[i], ring->labels[i], &ring->uploaded[i], err);
}

const locl_channel_kind locl_channel_host = {
    .name = "host",
    .on_host = true,
    .open = open_ring,
    .bind = bind_ring,
    .reset = reset_ring,
    .close = close_ring,
    .produce = produce,
    .send = send,
    .receive = receive,
};
