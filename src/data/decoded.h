/* Decoded images that are kept in memory, up to a number of bytes. Which they are is a matter of who comes first:
 * every image is wanted once an epoch, so none is worth more than another, and what is kept stays. Thread-safe. */
#ifndef LOCL_DATA_DECODED_H
#define LOCL_DATA_DECODED_H

#include "data/images.h"

#include <pthread.h>

typedef struct locl_decoded {
    _Atomic(struct locl_kept *) *image; /* [n] */
    size_t n;
    pthread_mutex_t lock;
    uint64_t left;                     /* bytes that may still be taken */
    struct locl_decoded_block *blocks; /* memory, the newest first */
    bool open;
} locl_decoded;

locl_status locl_decoded_open(locl_decoded *keep, size_t n, uint64_t bytes, locl_error *err);
void locl_decoded_close(locl_decoded *keep);
/* Finds image `index` as it is wanted. False when it is not kept so. */
bool locl_decoded_find(const locl_decoded *keep, size_t index, locl_image_size size, locl_image *out);
/* Keeps a copy, unless there is no room or the image is kept already. */
void locl_decoded_store(locl_decoded *keep, size_t index, locl_image_size size, const locl_image *image);

#endif
