/* Two queues of one context. The producer writes into the inlet, or its rows are copied there, and events make the
 * queues wait for each other on the device. */
#include "sched/channel_copy.h"

/* Makes the producer's queue wait until the consumer has read what is in the slot. */
static locl_status wait_for_slot(locl_channel *channel, uint64_t n, locl_error *err)
{
    const locl_inlet_slot *slot = &channel->inlet->slot[locl_channel_slot(channel, n)];
    return slot->done ? locl_queue_wait_for(&channel->outlet->lane->compute, slot->done, err) : LOCL_OK;
}

/* Where rows are copied there later, the step itself need not wait. */
static locl_status produce(locl_channel *channel, uint64_t n, locl_error *err)
{
    return channel->outlet->depth ? LOCL_OK : wait_for_slot(channel, n, err);
}

static locl_status send(locl_channel *channel, uint64_t n, locl_error *err)
{
    if (channel->outlet->depth) {
        LOCL_TRY(wait_for_slot(channel, n, err));
        LOCL_TRY(locl_channel_copy_rows(channel, n, err));
    }
    return locl_queue_marker(&channel->outlet->lane->compute, &channel->ready[locl_channel_slot(channel, n)],
                             err);
}

static locl_status receive(locl_channel *channel, uint64_t n, locl_error *err)
{
    return locl_queue_wait_for(&channel->inlet->lane->compute, channel->ready[locl_channel_slot(channel, n)],
                               err);
}

const locl_channel_kind locl_channel_context = {
    .name = "context",
    .produce = produce,
    .send = send,
    .receive = receive,
};
