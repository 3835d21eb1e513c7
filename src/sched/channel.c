#include "sched/channel.h"

#include "device/in_place.h"

size_t locl_channel_slot(const locl_channel *channel, uint64_t n)
{
    return n % channel->inlet->depth;
}

const locl_channel_kind *locl_channel_kind_of(const locl_lane_queues *producer,
                                              const locl_lane_queues *consumer, locl_joint joint)
{
    if (!producer) {
        return &locl_channel_loader;
    }
    locl_device *from = producer->compute.device, *to = consumer->compute.device;
    if (from->context == to->context) {
        return producer == consumer ? &locl_channel_queue : &locl_channel_context;
    }
    bool in_place = joint == LOCL_JOINT_DIRECT && locl_device_in_place(from) && locl_device_in_place(to);
    return in_place ? &locl_channel_in_place : &locl_channel_host;
}

void locl_inlet_open(locl_inlet *inlet, locl_lane_queues *lane, locl_arena *arena, size_t rows,
                     size_t row_bytes, size_t depth)
{
    *inlet = (locl_inlet){
        .lane = lane, .rows = rows, .row_bytes = row_bytes, .depth = depth, .in_place = arena == NULL};
    for (size_t i = 0; i < depth && arena; i++) {
        inlet->slot[i].x = locl_arena_take(arena, rows * inlet->row_bytes, "stage input");
        inlet->slot[i].labels = locl_arena_take(arena, rows * sizeof(int32_t), "stage labels");
    }
}

size_t locl_inlet_bytes(const locl_inlet *inlet)
{
    return inlet->in_place ? 0 : inlet->depth * inlet->rows * (inlet->row_bytes + sizeof(int32_t));
}

void locl_inlet_reset(locl_inlet *inlet)
{
    for (size_t i = 0; i < inlet->depth; i++) {
        locl_event_release(&inlet->slot[i].done);
    }
}

void locl_outlet_open(locl_outlet *outlet, locl_lane_queues *lane, locl_arena *arena, size_t rows,
                      size_t row_bytes, size_t depth)
{
    *outlet = (locl_outlet){.lane = lane, .rows = rows, .depth = depth, .in_place = arena == NULL};
    for (size_t i = 0; i < depth && arena; i++) {
        outlet->x[i] = locl_arena_take(arena, rows * row_bytes, "stage output");
        outlet->labels[i] = locl_arena_take(arena, rows * sizeof(int32_t), "output labels");
    }
}

size_t locl_outlet_bytes(const locl_outlet *outlet)
{
    bool own = outlet->depth && !outlet->in_place;
    return own ? outlet->depth * (outlet->x[0]->bytes + outlet->labels[0]->bytes) : 0;
}

size_t locl_outlet_slot(const locl_outlet *outlet, uint64_t n)
{
    return n % outlet->depth;
}

locl_status locl_channel_open(locl_channel *channel, locl_outlet *outlet, locl_feed *feed, locl_inlet *inlet,
                              locl_channel_rows rows, locl_joint joint, locl_error *err)
{
    *channel = (locl_channel){.kind = locl_channel_kind_of(outlet ? outlet->lane : NULL, inlet->lane, joint),
                              .outlet = outlet,
                              .feed = feed,
                              .inlet = inlet,
                              .rows = rows};
    return channel->kind->open ? channel->kind->open(channel, err) : LOCL_OK;
}

locl_status locl_channel_bind(locl_channel *channel, locl_error *err)
{
    return channel->kind->bind ? channel->kind->bind(channel, err) : LOCL_OK;
}

static size_t batch_bytes(const locl_channel *channel)
{
    return channel->rows.count * (channel->inlet->row_bytes + sizeof(int32_t));
}

size_t locl_channel_host_bytes(const locl_channel *channel)
{
    return channel->kind->on_host ? channel->inlet->depth * batch_bytes(channel) : 0;
}

size_t locl_channel_moved_bytes(const locl_channel *channel)
{
    return channel->kind == &locl_channel_queue ? 0 : batch_bytes(channel);
}

void locl_channel_reset(locl_channel *channel)
{
    channel->produced = channel->consumed = 0;
    for (size_t i = 0; i < LOCL_CHANNEL_MOST; i++) {
        locl_event_release(&channel->ready[i]);
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

locl_status locl_outlet_produce(const locl_outlet *outlet, locl_channel *channels, size_t count, uint64_t n,
                                locl_channel_batch *to, locl_error *err)
{
    if (outlet->depth) {
        size_t i = locl_outlet_slot(outlet, n);
        *to = (locl_channel_batch){.x = outlet->x[i]->mem, .labels = outlet->labels[i]->mem};
    } else {
        const locl_inlet_slot *slot = &channels[0].inlet->slot[locl_channel_slot(&channels[0], n)];
        *to = (locl_channel_batch){.x = slot->x->mem, .labels = slot->labels->mem};
    }
    for (size_t i = 0; i < count; i++) {
        if (channels[i].kind->produce) {
            LOCL_TRY(channels[i].kind->produce(&channels[i], n, err));
        }
    }
    return LOCL_OK;
}

/* Returns how many of a channel's rows count, of a batch whose first `valid` do. */
static size_t valid_rows(const locl_channel_rows *rows, size_t valid)
{
    size_t beyond = valid > rows->from ? valid - rows->from : 0;
    return beyond < rows->count ? beyond : rows->count;
}

locl_status locl_channel_send(locl_channel *channel, uint64_t n, size_t valid, locl_error *err)
{
    size_t i = locl_channel_slot(channel, n);
    channel->valid[i] = valid_rows(&channel->rows, valid);
    locl_event_release(&channel->ready[i]);
    return channel->kind->send ? channel->kind->send(channel, n, err) : LOCL_OK;
}

locl_status locl_inlet_receive(const locl_inlet *inlet, locl_channel *channels, size_t count, uint64_t n,
                               locl_channel_batch *from, locl_error *err)
{
    size_t i = n % inlet->depth;
    *from = (locl_channel_batch){inlet->slot[i].x->mem, inlet->slot[i].labels->mem, 0};
    for (size_t c = 0; c < count; c++) {
        locl_channel *channel = &channels[c];
        if (channel->feed) {
            channel->valid[i] = valid_rows(&channel->rows, locl_feed_batch(channel->feed, n)->valid);
        }
        from->valid += channel->valid[i];
        if (channel->kind->receive) {
            LOCL_TRY(channel->kind->receive(channel, n, err));
        }
    }
    return LOCL_OK;
}

locl_status locl_inlet_give_back(locl_inlet *inlet, uint64_t n, cl_event done, locl_error *err)
{
    locl_inlet_slot *slot = &inlet->slot[n % inlet->depth];
    locl_event_release(&slot->done);
    cl_int code = clRetainEvent(done);
    if (code) {
        return locl_fail_cl(err, "clRetainEvent", code, inlet->lane->compute.device, NULL);
    }
    slot->done = done;
    return LOCL_OK;
}

locl_status locl_channel_await_upload(locl_channel *channel, uint64_t n, locl_error *err)
{
    cl_event uploaded = channel->ready[locl_channel_slot(channel, n)];
    return uploaded ? locl_event_await(channel->inlet->lane->compute.device, uploaded,
                                       channel->inlet->lane->deadline, "the upload of a batch", err)
                    : LOCL_OK;
}

locl_status locl_channel_upload(locl_channel *channel, uint64_t n, const float *x, const int32_t *labels,
                                cl_event *uploaded, locl_error *err)
{
    const locl_inlet *inlet = channel->inlet;
    const locl_inlet_slot *slot = &inlet->slot[locl_channel_slot(channel, n)];
    locl_lane_queues *lane = inlet->lane;
    size_t to = channel->rows.to, count = channel->rows.count;
    const cl_event *wait = slot->done ? &slot->done : NULL;
    LOCL_TRY(locl_buffer_write(&lane->copy, slot->labels->mem, to * sizeof *labels, count * sizeof *labels,
                               labels, LOCL_ASYNC, wait, NULL, err));
    LOCL_TRY(locl_buffer_write(&lane->copy, slot->x->mem, to * inlet->row_bytes, count * inlet->row_bytes, x,
                               LOCL_ASYNC, NULL, uploaded, err));
    LOCL_TRY(locl_queue_flush(&lane->copy, err));
    return locl_queue_wait_for(&lane->compute, *uploaded, err);
}
