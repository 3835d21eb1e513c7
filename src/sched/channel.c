#include "sched/channel.h"

locl_channel_slot *locl_channel_slot_of(locl_channel *channel, uint64_t n)
{
    return &channel->slot[n % channel->kind->depth];
}

static const locl_channel_kind *choose_kind(const locl_channel_end *producer,
                                            const locl_channel_end *consumer)
{
    if (!producer) {
        return &locl_channel_loader;
    }
    if (producer->lane == consumer->lane) {
        return &locl_channel_queue;
    }
    return producer->lane->compute.device->context == consumer->lane->compute.device->context
               ? &locl_channel_context
               : &locl_channel_host;
}

locl_status locl_channel_open(locl_channel *channel, const locl_channel_end *producer,
                              const locl_channel_end *consumer, size_t values, size_t batch, locl_error *err)
{
    const locl_channel_kind *kind = choose_kind(producer, consumer);
    *channel = (locl_channel){.kind = kind,
                              .producer = producer ? producer->lane : NULL,
                              .consumer = consumer->lane,
                              .x_bytes = values * sizeof(float),
                              .label_bytes = batch * sizeof(int32_t)};
    for (size_t i = 0; i < kind->depth; i++) {
        locl_channel_slot *slot = &channel->slot[i];
        slot->x = locl_arena_take(consumer->arena, channel->x_bytes, "stage input");
        slot->labels = locl_arena_take(consumer->arena, channel->label_bytes, "stage labels");
    }
    return kind->open ? kind->open(channel, producer, err) : LOCL_OK;
}

size_t locl_channel_bytes(const locl_channel *channel, locl_channel_side side)
{
    const locl_channel_kind *kind = channel->kind;
    size_t batches = side == LOCL_CHANNEL_CONSUMER   ? kind->depth
                     : side == LOCL_CHANNEL_PRODUCER ? kind->sent
                                                     : kind->sent * kind->depth;
    return batches * (channel->x_bytes + channel->label_bytes);
}

locl_status locl_channel_bind(locl_channel *channel, locl_error *err)
{
    return channel->kind->bind ? channel->kind->bind(channel, err) : LOCL_OK;
}

void locl_channel_reset(locl_channel *channel)
{
    channel->produced = channel->consumed = 0;
    for (size_t i = 0; i < LOCL_CHANNEL_DEPTH; i++) {
        locl_event_release(&channel->slot[i].ready);
        locl_event_release(&channel->slot[i].done);
    }
    if (channel->kind->reset) {
        channel->kind->reset(channel);
    }
}

void locl_channel_close(locl_channel *channel)
{
    if (!channel->kind) {
        return;
    }
    locl_channel_reset(channel);
    if (channel->kind->close) {
        channel->kind->close(channel);
    }
    *channel = (locl_channel){0};
}

bool locl_channel_is_fetched(const locl_channel *channel)
{
    return channel->kind->fetch != NULL;
}

bool locl_channel_fetch(locl_channel *channel, uint64_t n)
{
    return channel->kind->fetch(channel, n);
}

locl_status locl_channel_produce(locl_channel *channel, uint64_t n, locl_channel_batch *to, locl_error *err)
{
    locl_channel_slot *slot = locl_channel_slot_of(channel, n);
    *to = (locl_channel_batch){.x = slot->x->mem, .labels = slot->labels->mem};
    return channel->kind->produce ? channel->kind->produce(channel, n, to, err) : LOCL_OK;
}

locl_status locl_channel_send(locl_channel *channel, uint64_t n, size_t valid, locl_error *err)
{
    locl_channel_slot *slot = locl_channel_slot_of(channel, n);
    slot->valid = valid;
    locl_event_release(&slot->ready);
    return channel->kind->send ? channel->kind->send(channel, n, err) : LOCL_OK;
}

locl_status locl_channel_receive(locl_channel *channel, uint64_t n, locl_channel_batch *from, locl_error *err)
{
    locl_channel_slot *slot = locl_channel_slot_of(channel, n);
    *from = (locl_channel_batch){slot->x->mem, slot->labels->mem, slot->valid};
    return channel->kind->receive ? channel->kind->receive(channel, n, err) : LOCL_OK;
}

locl_status locl_channel_give_back(locl_channel *channel, uint64_t n, cl_event done, locl_error *err)
{
    return channel->kind->give_back ? channel->kind->give_back(channel, n, done, err) : LOCL_OK;
}

locl_status locl_channel_keep_done(locl_channel *channel, uint64_t n, cl_event done, locl_error *err)
{
    locl_channel_slot *slot = locl_channel_slot_of(channel, n);
    locl_event_release(&slot->done);
    cl_int code = clRetainEvent(done);
    if (code) {
        return locl_fail_cl(err, "clRetainEvent", code, channel->consumer->compute.device, NULL);
    }
    slot->done = done;
    return LOCL_OK;
}

locl_status locl_channel_upload(locl_channel *channel, locl_channel_slot *slot, const float *x,
                                const int32_t *labels, cl_event *uploaded, locl_error *err)
{
    locl_lane_queues *lane = channel->consumer;
    const cl_event *wait = slot->done ? &slot->done : NULL;
    LOCL_TRY(locl_buffer_write(&lane->copy, slot->labels->mem, 0, channel->label_bytes, labels, LOCL_ASYNC,
                               wait, NULL, err));
    LOCL_TRY(locl_buffer_write(&lane->copy, slot->x->mem, 0, channel->x_bytes, x, LOCL_ASYNC, NULL, uploaded,
                               err));
    LOCL_TRY(locl_queue_flush(&lane->copy, err));
    return locl_queue_wait_for(&lane->compute, *uploaded, err);
}
