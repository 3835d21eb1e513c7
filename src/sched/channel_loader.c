/* Batches of the loader, uploaded from its own memory. */
#include "sched/channel.h"

static locl_status receive(locl_channel *channel, uint64_t n, locl_error *err)
{
    const locl_batch *batch = locl_feed_batch(channel->feed, n);
    size_t row_values = channel->inlet->row_bytes / sizeof(float);
    cl_event *uploaded = &channel->ready[locl_channel_slot(channel, n)];
    locl_event_release(uploaded);
    return locl_channel_upload(channel, n, batch->x + channel->rows.from * row_values,
                               batch->labels + channel->rows.from, uploaded, err);
}

const locl_channel_kind locl_channel_loader = {
    .name = "loader",
    .receive = receive,
};
