/* Batches that the loader lends to the first stage, on one device or on several that share it. Batch n is in place
 * n % depth until batch n + depth is fetched. Whoever fetches sees to it that no device still uploads from there. */
#ifndef LOCL_SCHED_FEED_H
#define LOCL_SCHED_FEED_H

#include "data/loader.h"

/* Batches between two stages usually, and at most. The loader lends as many as usual. */
enum { LOCL_CHANNEL_DEPTH = 2, LOCL_CHANNEL_MOST = 4 };

typedef struct locl_feed {
    locl_loader *loader; /* of this run */
    locl_batch batch[LOCL_CHANNEL_DEPTH];
    bool lent[LOCL_CHANNEL_DEPTH];
} locl_feed;

/* Gets batch n, after giving back the one that had its place. Returns false at the end. */
bool locl_feed_fetch(locl_feed *feed, uint64_t n);
const locl_batch *locl_feed_batch(const locl_feed *feed, uint64_t n);
/* Gives everything back and takes another loader, NULL being fine. */
void locl_feed_reset(locl_feed *feed, locl_loader *loader);

#endif
