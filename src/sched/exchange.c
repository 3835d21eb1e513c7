#include "sched/exchange.h"

#include "sched/pinned.h"

#include <stdlib.h>

static bool on_host(const locl_exchange *x)
{
    return x->owner->compute.device->context != x->other->compute.device->context;
}

void locl_exchange_open(locl_exchange *exchange, locl_lane_queues *owner, const locl_stage *owner_stage,
                        locl_lane_queues *other, const locl_stage *other_stage, size_t number)
{
    *exchange = (locl_exchange){.owner = owner,
                                .other = other,
                                .owner_stage = owner_stage,
                                .other_stage = other_stage,
                                .number = number,
                                .bytes = owner_stage->params.trained_floats * sizeof(float)};
}

locl_status locl_exchange_bind(locl_exchange *x, locl_error *err)
{
    if (!on_host(x)) {
        return LOCL_OK;
    }
    LOCL_TRY(locl_pinned_create(x->bytes, (void **)&x->gradient, err));
    return locl_pinned_create(x->bytes, (void **)&x->parameters, err);
}

void locl_exchange_reset(locl_exchange *x)
{
    locl_event_release(&x->sent);
    locl_event_release(&x->published);
}

void locl_exchange_close(locl_exchange *x)
{
    locl_exchange_reset(x);
    free(x->gradient);
    free(x->parameters);
    *x = (locl_exchange){0};
}

size_t locl_exchange_host_bytes(const locl_exchange *x)
{
    return on_host(x) ? 2 * x->bytes : 0;
}

/* Copies a range from the sender to the receiver, or to the host where that is in another context. */
static locl_status send(locl_lane_queues *sender, const locl_tensor *from, const locl_tensor *to, float *host,
                        size_t bytes, cl_event *event, locl_error *err)
{
    locl_event_release(event);
    LOCL_TRY(host
                 ? locl_buffer_read(&sender->compute, from->mem, 0, bytes, host, LOCL_ASYNC, NULL, event, err)
                 : locl_buffer_copy(&sender->compute, from->mem, 0, to->mem, 0, bytes, event, err));
    return locl_queue_flush(&sender->compute, err);
}

static locl_status take(locl_lane_queues *receiver, const locl_tensor *to, const float *host, size_t bytes,
                        locl_error *err)
{
    return host ? locl_buffer_write(&receiver->compute, to->mem, 0, bytes, host, LOCL_ASYNC, NULL, NULL, err)
                : LOCL_OK;
}

locl_status locl_exchange_send_gradient(locl_exchange *x, locl_error *err)
{
    return send(x->other, x->other_stage->gradients, x->owner_stage->received[x->number], x->gradient,
                x->bytes, &x->sent, err);
}

locl_status locl_exchange_take_gradient(const locl_exchange *x, locl_error *err)
{
    return take(x->owner, x->owner_stage->received[x->number], x->gradient, x->bytes, err);
}

locl_status locl_exchange_publish(locl_exchange *x, locl_error *err)
{
    return send(x->owner, x->owner_stage->range, x->other_stage->range, x->parameters, x->bytes,
                &x->published, err);
}

locl_status locl_exchange_take_parameters(const locl_exchange *x, locl_error *err)
{
    return take(x->other, x->other_stage->range, x->parameters, x->bytes, err);
}

locl_status locl_exchange_await_gradient(locl_exchange *x, locl_error *err)
{
    return locl_event_await(x->other->compute.device, x->sent, x->other->deadline,
                            "the gradient of a device that shares a stage", err);
}

locl_status locl_exchange_await_parameters(locl_exchange *x, locl_error *err)
{
    return locl_event_await(x->owner->compute.device, x->published, x->owner->deadline,
                            "the new parameters of a stage that devices share", err);
}
