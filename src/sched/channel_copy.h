/* The copy within a context by which channels move rows that the producer did not write where they are read. */
#ifndef LOCL_SCHED_CHANNEL_COPY_H
#define LOCL_SCHED_CHANNEL_COPY_H

#include "sched/channel.h"

/* Enqueues it on the producer's queue. Does nothing where the producer writes into the inlet. */
locl_status locl_channel_copy_rows(const locl_channel *channel, uint64_t n, locl_error *err);

#endif
