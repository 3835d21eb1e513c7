/* Both stages in one in-order queue. The producer writes into the consumer's buffers, and the queue's order
 * is enough. */
#include "sched/channel.h"

const locl_channel_kind locl_channel_queue = {
    .name = "queue",
    .depth = 1,
};
