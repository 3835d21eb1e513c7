#include "sched/feed.h"

static void give_back(locl_feed *feed, size_t place)
{
    if (feed->lent[place]) {
        locl_loader_release(feed->loader, &feed->batch[place]);
        feed->lent[place] = false;
    }
}

bool locl_feed_fetch(locl_feed *feed, uint64_t n)
{
    size_t place = n % LOCL_CHANNEL_DEPTH;
    give_back(feed, place);
    feed->lent[place] = locl_loader_acquire(feed->loader, &feed->batch[place]);
    return feed->lent[place];
}

const locl_batch *locl_feed_batch(const locl_feed *feed, uint64_t n)
{
    return &feed->batch[n % LOCL_CHANNEL_DEPTH];
}

void locl_feed_reset(locl_feed *feed, locl_loader *loader)
{
    for (size_t i = 0; i < LOCL_CHANNEL_DEPTH; i++) {
        give_back(feed, i);
    }
    feed->loader = loader;
}
