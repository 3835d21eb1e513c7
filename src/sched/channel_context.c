/* Two queues of one context. The producer writes into the consumer's buffers, and events make the queues wait
 * for each other on the device. */
#include "sched/channel.h"

static locl_status produce(locl_channel *channel, uint64_t n, locl_channel_batch *to, locl_error *err)
{
    const locl_channel_slot *slot = locl_channel_slot_of(channel, n);
    (void)to;
    return slot->done ? locl_queue_wait_for(&channel->producer->compute, slot->done, err) : LOCL_OK;
}

static locl_status mark_ready(locl_channel *channel, uint64_t n, locl_error *err)
{
    return locl_queue_marker(&channel->producer->compute, &locl_channel_slot_of(channel, n)->ready, err);
}

static locl_status receive(locl_channel *channel, uint64_t n, locl_error *err)
{
    return locl_queue_wait_for(&channel->consumer->compute, locl_channel_slot_of(channel, n)->ready, err);
}

const locl_channel_kind locl_channel_context = {
    .name = "context",
    .depth = LOCL_CHANNEL_DEPTH,
    .produce = produce,
    .send = mark_ready,
    .receive = receive,
    .give_back = locl_channel_keep_done,
};
