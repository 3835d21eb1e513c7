#include "sched/channel.h"

#include <stdlib.h>

static locl_channel_slot *slot_of(locl_channel *channel, uint64_t n)
{
    return &channel->slot[n % channel->depth];
}

static locl_channel_kind kind_of(const locl_lane_queues *producer, const locl_lane_queues *consumer)
{
    if (!producer) {
        return LOCL_CHANNEL_LOADER;
    }
    if (producer == consumer) {
        return LOCL_CHANNEL_QUEUE;
    }
    return producer->compute.device->context == consumer->compute.device->context ? LOCL_CHANNEL_CONTEXT
                                                                                  : LOCL_CHANNEL_HOST;
}

locl_status locl_channel_open(locl_channel *channel, locl_lane_queues *producer, locl_arena *producer_arena,
                              locl_lane_queues *consumer, locl_arena *consumer_arena, size_t values,
                              size_t batch, locl_error *err)
{
    *channel = (locl_channel){.kind = kind_of(producer, consumer),
                              .producer = producer,
                              .consumer = consumer,
                              .x_bytes = values * sizeof(float),
                              .label_bytes = batch * sizeof(int32_t)};
    channel->depth = channel->kind == LOCL_CHANNEL_QUEUE ? 1 : LOCL_CHANNEL_DEPTH;
    for (size_t i = 0; i < channel->depth; i++) {
        locl_channel_slot *slot = &channel->slot[i];
        slot->x = locl_arena_take(consumer_arena, channel->x_bytes, "stage input");
        slot->labels = locl_arena_take(consumer_arena, channel->label_bytes, "stage labels");
        if (channel->kind == LOCL_CHANNEL_HOST) {
            slot->host_x = malloc(channel->x_bytes);
            slot->host_labels = malloc(channel->label_bytes);
            if (!slot->host_x || !slot->host_labels) {
                return locl_fail_memory(err, channel->x_bytes);
            }
        }
    }
    if (channel->kind == LOCL_CHANNEL_HOST) {
        channel->out = locl_arena_take(producer_arena, channel->x_bytes, "stage output");
        channel->out_labels = locl_arena_take(producer_arena, channel->label_bytes, "output labels");
    }
    return LOCL_OK;
}

void locl_channel_reset(locl_channel *channel)
{
    channel->produced = channel->consumed = 0;
    for (size_t i = 0; i < LOCL_CHANNEL_DEPTH; i++) {
        locl_event_release(&channel->slot[i].ready);
        locl_event_release(&channel->slot[i].uploaded);
        locl_event_release(&channel->slot[i].consumed);
        channel->slot[i].lent = false;
    }
}

void locl_channel_close(locl_channel *channel)
{
    locl_channel_reset(channel);
    for (size_t i = 0; i < LOCL_CHANNEL_DEPTH; i++) {
        free(channel->slot[i].host_x);
        free(channel->slot[i].host_labels);
    }
    *channel = (locl_channel){0};
}

locl_status locl_channel_begin_produce(locl_channel *channel, uint64_t n, cl_mem *x, cl_mem *labels,
                                       locl_error *err)
{
    locl_channel_slot *slot = slot_of(channel, n);
    if (channel->kind == LOCL_CHANNEL_HOST) {
        *x = channel->out->mem;
        *labels = channel->out_labels->mem;
        return LOCL_OK;
    }
    *x = slot->x->mem;
    *labels = slot->labels->mem;
    if (channel->kind == LOCL_CHANNEL_CONTEXT && slot->consumed) {
        LOCL_TRY(locl_queue_wait_for(&channel->producer->compute, slot->consumed, err));
    }
    return LOCL_OK;
}

/* The read of the output into host memory, once that is free. */
static locl_status send_to_host(locl_channel *channel, locl_channel_slot *slot, locl_error *err)
{
    locl_queue *queue = &channel->producer->compute;
    if (slot->uploaded) {
        LOCL_TRY(locl_event_wait(channel->consumer->compute.device, slot->uploaded, err));
        locl_event_release(&slot->uploaded);
    }
    LOCL_TRY(locl_buffer_read(queue, channel->out_labels->mem, 0, channel->label_bytes, slot->host_labels,
                              false, NULL, NULL, err));
    return locl_buffer_read(queue, channel->out->mem, 0, channel->x_bytes, slot->host_x, false, NULL,
                            &slot->ready, err);
}

locl_status locl_channel_end_produce(locl_channel *channel, uint64_t n, size_t valid, locl_error *err)
{
    locl_channel_slot *slot = slot_of(channel, n);
    slot->valid = valid;
    locl_event_release(&slot->ready);
    switch (channel->kind) {
    case LOCL_CHANNEL_CONTEXT:
        return locl_queue_marker(&channel->producer->compute, &slot->ready, err);
    case LOCL_CHANNEL_HOST:
        return send_to_host(channel, slot, err);
    case LOCL_CHANNEL_QUEUE:
    case LOCL_CHANNEL_LOADER:
        break;
    }
    return LOCL_OK;
}

/* From host memory to the consumer's buffers, on the copy queue, once the step that read them last is done.
 */
static locl_status upload(locl_channel *channel, locl_channel_slot *slot, const float *x,
                          const int32_t *labels, locl_error *err)
{
    locl_lane_queues *lane = channel->consumer;
    const cl_event *wait = slot->consumed ? &slot->consumed : NULL;
    LOCL_TRY(locl_buffer_write(&lane->copy, slot->labels->mem, 0, channel->label_bytes, labels, false, wait,
                               NULL, err));
    LOCL_TRY(locl_buffer_write(&lane->copy, slot->x->mem, 0, channel->x_bytes, x, false, NULL,
                               &slot->uploaded, err));
    LOCL_TRY(locl_queue_flush(&lane->copy, err));
    return locl_queue_wait_for(&lane->compute, slot->uploaded, err);
}

locl_status locl_channel_begin_consume(locl_channel *channel, uint64_t n, cl_mem *x, cl_mem *labels,
                                       size_t *valid, locl_error *err)
{
    locl_channel_slot *slot = slot_of(channel, n);
    *x = slot->x->mem;
    *labels = slot->labels->mem;
    *valid = slot->valid;
    switch (channel->kind) {
    case LOCL_CHANNEL_LOADER:
        return upload(channel, slot, slot->batch.x, slot->batch.labels, err);
    case LOCL_CHANNEL_CONTEXT:
        return locl_queue_wait_for(&channel->consumer->compute, slot->ready, err);
    case LOCL_CHANNEL_HOST:
        LOCL_TRY(locl_event_wait(channel->producer->compute.device, slot->ready, err));
        return upload(channel, slot, slot->host_x, slot->host_labels, err);
    case LOCL_CHANNEL_QUEUE:
        break;
    }
    return LOCL_OK;
}

locl_status locl_channel_end_consume(locl_channel *channel, uint64_t n, cl_event event, locl_error *err)
{
    locl_channel_slot *slot = slot_of(channel, n);
    locl_event_release(&slot->consumed);
    cl_int code = clRetainEvent(event);
    if (code) {
        return locl_fail_cl(err, "clRetainEvent", code, channel->consumer->compute.device, NULL);
    }
    slot->consumed = event;
    return LOCL_OK;
}

void locl_channel_lend(locl_channel *channel, uint64_t n, const locl_batch *batch)
{
    locl_channel_slot *slot = slot_of(channel, n);
    slot->batch = *batch;
    slot->valid = batch->valid;
    slot->lent = true;
}

void locl_channel_give_back(locl_channel *channel, uint64_t n, locl_loader *loader)
{
    locl_channel_slot *slot = slot_of(channel, n);
    if (!slot->lent) {
        return;
    }
    locl_event_release(&slot->uploaded);
    locl_loader_release(loader, &slot->batch);
    slot->lent = false;
}
