/* Two contexts, which share no event. The producer's output is read into host memory, one copy for each slot,
 * and uploaded from there. The consumer's worker waits until it was read. The producer's waits until the
 * memory that it reads into was uploaded. */
#include "sched/channel.h"

#include <stdlib.h>

typedef struct host_ring {
    const locl_tensor *out, *out_labels; /* the producer's output buffers */
    float *x[LOCL_CHANNEL_DEPTH];
    int32_t *labels[LOCL_CHANNEL_DEPTH];
    cl_event uploaded[LOCL_CHANNEL_DEPTH]; /* event of the consumer's queue: the host memory is free again */
} host_ring;

static locl_status open_ring(locl_channel *channel, const locl_channel_end *producer, locl_error *err)
{
    host_ring *ring = channel->own = calloc(1, sizeof *ring);
    if (!ring) {
        return locl_fail_memory(err, sizeof *ring);
    }
    ring->out = locl_arena_take(producer->arena, channel->x_bytes, "stage output");
    ring->out_labels = locl_arena_take(producer->arena, channel->label_bytes, "output labels");
    return LOCL_OK;
}

static locl_status bind_ring(locl_channel *channel, locl_error *err)
{
    host_ring *ring = channel->own;
    for (size_t i = 0; i < channel->kind->depth; i++) {
        ring->x[i] = malloc(channel->x_bytes);
        ring->labels[i] = malloc(channel->label_bytes);
        if (!ring->x[i] || !ring->labels[i]) {
            return locl_fail_memory(err, channel->x_bytes);
        }
    }
    return LOCL_OK;
}

static void reset_ring(locl_channel *channel)
{
    host_ring *ring = channel->own;
    for (size_t i = 0; ring && i < channel->kind->depth; i++) {
        locl_event_release(&ring->uploaded[i]);
    }
}

static void close_ring(locl_channel *channel)
{
    host_ring *ring = channel->own;
    for (size_t i = 0; ring && i < channel->kind->depth; i++) {
        free(ring->x[i]);
        free(ring->labels[i]);
    }
    free(ring);
}

static locl_status produce(locl_channel *channel, uint64_t n, locl_channel_batch *to, locl_error *err)
{
    const host_ring *ring = channel->own;
    (void)n;
    (void)err;
    to->x = ring->out->mem;
    to->labels = ring->out_labels->mem;
    return LOCL_OK;
}

/* Enqueues the read into host memory, once that is free. */
static locl_status send(locl_channel *channel, uint64_t n, locl_error *err)
{
    host_ring *ring = channel->own;
    locl_queue *queue = &channel->producer->compute;
    size_t i = n % channel->kind->depth;
    if (ring->uploaded[i]) {
        LOCL_TRY(locl_event_await(channel->consumer->compute.device, ring->uploaded[i],
                                  channel->consumer->deadline, "the upload of an earlier batch", err));
        locl_event_release(&ring->uploaded[i]);
    }
    LOCL_TRY(locl_buffer_read(queue, ring->out_labels->mem, 0, channel->label_bytes, ring->labels[i],
                              LOCL_ASYNC, NULL, NULL, err));
    return locl_buffer_read(queue, ring->out->mem, 0, channel->x_bytes, ring->x[i], LOCL_ASYNC, NULL,
                            &channel->slot[i].ready, err);
}

static locl_status receive(locl_channel *channel, uint64_t n, locl_error *err)
{
    host_ring *ring = channel->own;
    size_t i = n % channel->kind->depth;
    LOCL_TRY(locl_event_await(channel->producer->compute.device, channel->slot[i].ready,
                              channel->producer->deadline, "the activations of the stage before", err));
    return locl_channel_upload(channel, &channel->slot[i], ring->x[i], ring->labels[i], &ring->uploaded[i],
                               err);
}

const locl_channel_kind locl_channel_host = {
    .name = "host",
    .depth = LOCL_CHANNEL_DEPTH,
    .sent = 1,
    .open = open_ring,
    .bind = bind_ring,
    .reset = reset_ring,
    .close = close_ring,
    .produce = produce,
    .send = send,
    .receive = receive,
    .give_back = locl_channel_keep_done,
};
