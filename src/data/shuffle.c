#include "data/shuffle.h"

#include "base/philox.h"

/* The words of a stream in order. Word i is word[i % 4] of the block whose counter is i / 4. */
typedef struct words {
    locl_philox_block block;
    uint64_t next;
    uint32_t key[2], epoch, tag;
} words;

static uint32_t draw(words *source)
{
    unsigned lane = (unsigned)(source->next % 4);
    if (lane == 0) {
        uint64_t quad = source->next / 4;
        uint32_t counter[4] = {(uint32_t)quad, (uint32_t)(quad >> 32), source->epoch, source->tag};
        source->block = locl_philox4x32(counter, source->key);
    }
    source->next++;
    return source->block.word[lane];
}

/* Draws uniformly from 0 .. bound-1. To be without bias it draws again for 2^32 % bound of the 2^32 words
 * (Lemire 2019). */
static uint32_t draw_below(words *source, uint32_t bound)
{
    uint64_t product = (uint64_t)draw(source) * bound;
    if ((uint32_t)product < bound) {
        uint32_t surplus = (0u - bound) % bound;
        while ((uint32_t)product < surplus) {
            product = (uint64_t)draw(source) * bound;
        }
    }
    return (uint32_t)(product >> 32);
}

void locl_shuffle(uint64_t seed, uint32_t epoch, uint32_t *order, size_t n)
{
    words source = {
        .key = {(uint32_t)seed, (uint32_t)(seed >> 32)},
        .epoch = epoch,
        .tag = locl_draw_tag(LOCL_STREAM_SHUFFLE, 0, 0, 0),
    };
    for (size_t i = 0; i < n; i++) {
        order[i] = (uint32_t)i;
    }
    for (size_t i = n; i > 1; i--) {
        uint32_t j = draw_below(&source, (uint32_t)i), last = order[i - 1];
        order[i - 1] = order[j];
        order[j] = last;
    }
}
