#include "sched/channel_copy.h"

locl_status locl_channel_copy_rows(const locl_channel *channel, uint64_t n, locl_error *err)
{
    const locl_outlet *outlet = channel->outlet;
    const locl_inlet_slot *slot = &channel->inlet->slot[locl_channel_slot(channel, n)];
    const locl_channel_rows *r = &channel->rows;
    size_t x = channel->inlet->row_bytes, label = sizeof(int32_t);
    locl_queue *queue = &outlet->lane->compute;
    if (!outlet->depth) {
        return LOCL_OK;
    }
    size_t i = locl_outlet_slot(outlet, n);
    LOCL_TRY(locl_buffer_copy(queue, outlet->labels[i]->mem, r->from * label, slot->labels->mem,
                              r->to * label, r->count * label, NULL, err));
    return locl_buffer_copy(queue, outlet->x[i]->mem, r->from * x, slot->x->mem, r->to * x, r->count * x,
                            NULL, err);
}
