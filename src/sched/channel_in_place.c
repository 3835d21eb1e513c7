/* Two contexts whose devices both work on the host's memory where it lies. Each slot is host memory with a buffer in
 * either context: the producer's step writes it, and the consumer's reads it there. The consumer's worker waits until
 * it was written. The producer's waits until the step that read what was there before is done. */
#include "sched/channel.h"

#include "device/in_place.h"
#include "sched/pinned.h"

#include <stdio.h>
#include <stdlib.h>

/* Memory that both sides see. */
typedef struct place {
    void *host;
    locl_tensor written,
        read; /* of the producer's context, and of the consumer's; only their mem and bytes count */
} place;

typedef struct place_ring {
    place x[LOCL_CHANNEL_MOST], labels[LOCL_CHANNEL_MOST];
} place_ring;

static void name_place(place *p, size_t bytes, const char *name)
{
    snprintf(p->written.name, sizeof p->written.name, "%s", name);
    p->written.external = -1;
    p->written.bytes = bytes;
    p->read = p->written;
}

static locl_status open_ring(locl_channel *channel, locl_error *err)
{
    locl_inlet *inlet = channel->inlet;
    locl_outlet *outlet = channel->outlet;
    place_ring *ring = calloc(1, sizeof *ring);
    channel->own = ring;
    if (!ring) {
        return locl_fail_memory(err, sizeof *ring);
    }
    for (size_t i = 0; i < inlet->depth; i++) {
        name_place(&ring->x[i], inlet->rows * inlet->row_bytes, "activations in place");
        name_place(&ring->labels[i], inlet->rows * sizeof(int32_t), "labels in place");
        inlet->slot[i].x = &ring->x[i].read;
        inlet->slot[i].labels = &ring->labels[i].read;
        outlet->x[i] = &ring->x[i].written;
        outlet->labels[i] = &ring->labels[i].written;
    }
    return LOCL_OK;
}

static locl_status bind_place(const locl_channel *channel, place *p, locl_error *err)
{
    size_t lines = (p->read.bytes + LOCL_CACHE_LINE - 1) / LOCL_CACHE_LINE;
    LOCL_TRY(locl_pinned_create(p->read.bytes, &p->host, err));
    LOCL_TRY(locl_buffer_in_place(channel->outlet->lane->compute.device, lines * LOCL_CACHE_LINE, p->host,
                                  p->written.name, &p->written.mem, err));
    return locl_buffer_in_place(channel->inlet->lane->compute.device, lines * LOCL_CACHE_LINE, p->host,
                                p->read.name, &p->read.mem, err);
}

static locl_status bind_ring(locl_channel *channel, locl_error *err)
{
    place_ring *ring = channel->own;
    for (size_t i = 0; i < channel->inlet->depth; i++) {
        LOCL_TRY(bind_place(channel, &ring->x[i], err));
        LOCL_TRY(bind_place(channel, &ring->labels[i], err));
    }
    return LOCL_OK;
}

static void close_place(place *p)
{
    locl_buffer_release(&p->written.mem);
    locl_buffer_release(&p->read.mem);
    free(p->host);
}

static void close_ring(locl_channel *channel)
{
    place_ring *ring = channel->own;
    for (size_t i = 0; ring && i < LOCL_CHANNEL_MOST; i++) {
        close_place(&ring->x[i]);
        close_place(&ring->labels[i]);
    }
    free(ring);
}

static locl_status produce(locl_channel *channel, uint64_t n, locl_error *err)
{
    const locl_inlet *inlet = channel->inlet;
    cl_event done = inlet->slot[locl_channel_slot(channel, n)].done;
    return done ? locl_event_await(inlet->lane->compute.device, done, inlet->lane->deadline,
                                   "the step that reads an earlier batch", err)
                : LOCL_OK;
}

static locl_status send(locl_channel *channel, uint64_t n, locl_error *err)
{
    place_ring *ring = channel->own;
    size_t i = locl_channel_slot(channel, n);
    const locl_tensor *x = &ring->x[i].written, *labels = &ring->labels[i].written;
    locl_queue *queue = &channel->outlet->lane->compute;
    LOCL_TRY(locl_buffer_show(queue, labels->mem, labels->bytes, NULL, err));
    LOCL_TRY(locl_buffer_show(queue, x->mem, x->bytes, &channel->ready[i], err));
    return locl_queue_flush(queue, err);
}

static locl_status receive(locl_channel *channel, uint64_t n, locl_error *err)
{
    place_ring *ring = channel->own;
    locl_lane_queues *producer = channel->outlet->lane;
    size_t i = locl_channel_slot(channel, n);
    const locl_tensor *x = &ring->x[i].read, *labels = &ring->labels[i].read;
    locl_queue *queue = &channel->inlet->lane->compute;
    LOCL_TRY(locl_event_await(producer->compute.device, channel->ready[i], producer->deadline,
                              "the activations of the stage before", err));
    LOCL_TRY(locl_buffer_look(queue, labels->mem, labels->bytes, err));
    return locl_buffer_look(queue, x->mem, x->bytes, err);
}

const locl_channel_kind locl_channel_in_place = {
    .name = "in place",
    .on_host = true,
    .open = open_ring,
    .bind = bind_ring,
    .close = close_ring,
    .produce = produce,
    .send = send,
    .receive = receive,
};
