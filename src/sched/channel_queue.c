/* Both stages in one in-order queue: the producer writes into the consumer's buffers, and the queue's order
 * does the rest. */
#include "sched/channel.h"

const locl_channel_kind locl_channel_queue = {
    .name = "queue",
    .depth = 1,
};
