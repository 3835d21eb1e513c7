/* The order of an epoch's images: a function of (seed, epoch) alone, so that a resumed run sees the very
 * images that the interrupted one would have seen. Used by the loader. */
#ifndef LOCL_DATA_SHUFFLE_H
#define LOCL_DATA_SHUFFLE_H

#include <stddef.h>
#include <stdint.h>

/* order[0..n) becomes a uniformly drawn permutation of 0 .. n-1; n < 2^32. */
void locl_shuffle(uint64_t seed, uint32_t epoch, uint32_t *order, size_t n);

#endif
