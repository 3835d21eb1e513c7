/* Orders the images of an epoch. The order depends on (seed, epoch) alone, so that a resumed run sees the
 * images that the interrupted one would have seen. Used by the loader. */
#ifndef LOCL_DATA_SHUFFLE_H
#define LOCL_DATA_SHUFFLE_H

#include <stddef.h>
#include <stdint.h>

/* Writes a uniformly drawn permutation of 0 .. n-1 into order [n]; n < 2^32. */
void locl_shuffle(uint64_t seed, uint32_t epoch, uint32_t *order, size_t n);

#endif
