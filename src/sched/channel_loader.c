/* Batches of the loader, uploaded from its own memory. A batch is lent while its slot is the consumer's. Its
 * step is complete when the slot is fetched into again, as the pipeline runs no further ahead. */
#include "sched/channel.h"

#include <stdlib.h>

typedef struct loader_ring {
    locl_loader *loader; /* of this run */
    locl_batch batch[LOCL_CHANNEL_DEPTH];
    bool lent[LOCL_CHANNEL_DEPTH];
} loader_ring;

static locl_status open_ring(locl_channel *channel, const locl_channel_end *producer, locl_error *err)
{
    (void)producer;
    channel->own = calloc(1, sizeof(loader_ring));
    return channel->own ? LOCL_OK : locl_fail_memory(err, sizeof(loader_ring));
}

static void close_ring(locl_channel *channel)
{
    free(channel->own);
}

static void give_batch_back(loader_ring *ring, size_t slot)
{
    if (ring->lent[slot]) {
        locl_loader_release(ring->loader, &ring->batch[slot]);
        ring->lent[slot] = false;
    }
}

static void reset_ring(locl_channel *channel)
{
    loader_ring *ring = channel->own;
    for (size_t i = 0; ring && i < channel->kind->depth; i++) {
        give_batch_back(ring, i);
    }
}

static bool fetch(locl_channel *channel, uint64_t n)
{
    loader_ring *ring = channel->own;
    size_t slot = n % channel->kind->depth;
    give_batch_back(ring, slot);
    ring->lent[slot] = locl_loader_acquire(ring->loader, &ring->batch[slot]);
    if (ring->lent[slot]) {
        channel->slot[slot].valid = ring->batch[slot].valid;
    }
    return ring->lent[slot];
}

static locl_status receive(locl_channel *channel, uint64_t n, locl_error *err)
{
    const loader_ring *ring = channel->own;
    const locl_batch *batch = &ring->batch[n % channel->kind->depth];
    cl_event uploaded = NULL;
    locl_status status = locl_channel_upload(channel, locl_channel_slot_of(channel, n), batch->x,
                                             batch->labels, &uploaded, err);
    locl_event_release(&uploaded);
    return status;
}

void locl_channel_set_loader(locl_channel *channel, locl_loader *loader)
{
    loader_ring *ring = channel->own;
    ring->loader = loader;
}

const locl_channel_kind locl_channel_loader = {
    .name = "loader",
    .depth = LOCL_CHANNEL_DEPTH,
    .open = open_ring,
    .reset = reset_ring,
    .close = close_ring,
    .fetch = fetch,
    .receive = receive,
    .give_back = locl_channel_keep_done,
};
