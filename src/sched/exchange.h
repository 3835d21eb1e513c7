/* What two devices that share a stage send each other in a step: the gradient of one's rows to the stage's owner, and
 * the new parameters back. Both are one contiguous range. Within a context the sender copies it on the device,
 * between contexts it passes through host memory.
 *
 *     other:  gradient -> send_gradient()         take_parameters() -> next step
 *                               |                       ^
 *     owner:              take_gradient() -> update -> publish()
 *
 * The events `sent` and `published` mark the ends of the two transfers. pipeline_team.c waits for them before the
 * receiver goes on, so neither queue waits for the other one, and one copy of each range on the host is enough. */
#ifndef LOCL_SCHED_EXCHANGE_H
#define LOCL_SCHED_EXCHANGE_H

#include "sched/channel.h"
#include "sched/stage.h"

typedef struct locl_exchange {
    locl_lane_queues *owner, *other;
    const locl_stage *owner_stage, *other_stage;
    size_t number;                /* of the other in the owner's `received` */
    size_t bytes;                 /* of each range: the trained parameters */
    float *gradient, *parameters; /* on the host; NULL within a context */
    cl_event sent, published;
} locl_exchange;

/* The stages outlive it. */
void locl_exchange_open(locl_exchange *exchange, locl_lane_queues *owner, const locl_stage *owner_stage,
                        locl_lane_queues *other, const locl_stage *other_stage, size_t number);
/* Allocates host memory where there is need for it. */
locl_status locl_exchange_bind(locl_exchange *exchange, locl_error *err);
void locl_exchange_reset(locl_exchange *exchange); /* queues are idle */
void locl_exchange_close(locl_exchange *exchange); /* zeroed is fine */
size_t locl_exchange_host_bytes(const locl_exchange *exchange);

/* Enqueue one side's part each, on its compute queue. */
locl_status locl_exchange_send_gradient(locl_exchange *exchange, locl_error *err);
locl_status locl_exchange_take_gradient(const locl_exchange *exchange, locl_error *err);
locl_status locl_exchange_publish(locl_exchange *exchange, locl_error *err);
locl_status locl_exchange_take_parameters(const locl_exchange *exchange, locl_error *err);
/* Wait on the host for the ends of the transfers. */
locl_status locl_exchange_await_gradient(locl_exchange *exchange, locl_error *err);
locl_status locl_exchange_await_parameters(locl_exchange *exchange, locl_error *err);

#endif
