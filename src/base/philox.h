/* Philox4x32-10 (Salmon et al., SC 2011) and the maps from its words to noise: the reference of
 * cl/draw.clh, bit for bit, and the generator of everything random on the host. */
#ifndef LOCL_BASE_PHILOX_H
#define LOCL_BASE_PHILOX_H

#include <stdint.h>

typedef struct locl_philox_block {
    uint32_t word[4];
} locl_philox_block;

locl_philox_block locl_philox4x32(const uint32_t counter[4], const uint32_t key[2]);

/* What a draw is for. Keeps the streams of training noise, initial values and shuffles apart. */
typedef enum locl_stream {
    LOCL_STREAM_NOISE = 0,    /* perturbations */
    LOCL_STREAM_INIT = 1,     /* initial parameters */
    LOCL_STREAM_SHUFFLE = 2,  /* order of the images of an epoch */
    LOCL_STREAM_FEEDBACK = 3, /* fixed feedback weights */
    LOCL_STREAM_MIRROR = 4,   /* signs of the rows that mirrors of weights are shown */
    LOCL_STREAM_AUGMENT = 5   /* how images are changed */
} locl_stream;

/* Returns counter word 3 of a draw (SPEC 4), which packs stream (4 bits), pass (12), block (12) and layer
 * (4). Word 2 is the step. Words 0 and 1 hold element / 4 as 64 bits, where element is the row-major index in
 * the tensor of the whole batch. Element e takes word e % 4 or, for Gaussian draws, the pair of words that
 * holds it. The key is the seed. */
uint32_t locl_draw_tag(locl_stream stream, uint32_t pass, uint32_t block, uint32_t layer);

typedef enum locl_noise { LOCL_NOISE_GAUSSIAN, LOCL_NOISE_RADEMACHER } locl_noise;

/* Writes the draws of elements first to first + count - 1 into out [count]. */
void locl_draw(locl_noise noise, uint64_t seed, uint32_t step, uint32_t tag, uint64_t first, uint64_t count,
               float *out);
/* Makes two standard normals from two words, by the map of Box and Muller in add, multiply, fma and integers
 * only. */
void locl_gaussian_pair(uint32_t a, uint32_t b, float out[2]);

#endif
