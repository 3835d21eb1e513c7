#include "base/philox.h"

#include <math.h>
#include <string.h>

locl_philox_block locl_philox4x32(const uint32_t counter[4], const uint32_t key[2])
{
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    uint32_t k0 = key[0], k1 = key[1];
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = (uint64_t)0xD2511F53u * c0, p1 = (uint64_t)0xCD9E8D57u * c2;
        c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        c1 = (uint32_t)p1;
        c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c3 = (uint32_t)p0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    return (locl_philox_block){{c0, c1, c2, c3}};
}

uint32_t locl_draw_tag(locl_stream stream, uint32_t pass, uint32_t block, uint32_t layer)
{
    return (uint32_t)stream << 28 | (pass & 0xFFFu) << 16 | (block & 0xFFFu) << 4 | (layer & 0xFu);
}

static float from_bits(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static uint32_t to_bits(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* Computes -2 ln(u) for u = (a | 1) 2^-32, rounded to a float. u 2^32 = f 2^e with f in [sqrt(1/2), sqrt(2)), so
 * that ln(f) keeps its relative accuracy near u = 1. The polynomial is minimax, to 1.3e-6 of ln(f). */
static float minus_twice_log(uint32_t a)
{
    uint32_t bits = to_bits((float)(a | 1u));
    uint32_t e = (bits - 0x3F3504F3u) >> 23;
    float t = from_bits(bits - (e << 23)) - 1.0f;
    float q = -0.23898655f;
    q = fmaf(q, t, 0.37175146f);
    q = fmaf(q, t, -0.40898272f);
    q = fmaf(q, t, 0.49838132f);
    q = fmaf(q, t, -0.6663844f);
    q = fmaf(q, t, 1.0000169f);
    return fmaf((float)(32 - (int)e), 1.38629436f, t * fmaf(t, q, -2.0f));
}

/* Computes sqrt(x) for 0 and x in [1e-7, 45], to 7e-7: guesses 1/sqrt(x) by integers, then takes a step of Newton
 * with constants that even out the guess's error, and a plain one. */
static float square_root(float x)
{
    float y = from_bits(0x5F1FFFF9u - (to_bits(x) >> 1));
    y = y * fmaf(-(0.703952253f * x * y), y, 1.68191409f);
    float s = x * y;
    return s * fmaf(-(0.5f * s), y, 1.5f);
}

void locl_gaussian_pair(uint32_t a, uint32_t b, float out[2])
{
    float r = square_root(minus_twice_log(a));
    /* half a turn, d pi with d in [-1/2, 1/2), and the side of it by the sign of the cosine; to 6e-7 */
    float d = (float)(int32_t)(b << 1) * 2.32830644e-10f, z = d * d;
    float s = fmaf(fmaf(fmaf(-0.5546365f, z, 2.5418992f), z, -5.167143f), z, 3.141582f) * d;
    float c =
        fmaf(fmaf(fmaf(fmaf(0.21969819f, z, -1.3318809f), z, 4.058412f), z, -4.934793f), z, 0.99999994f);
    out[0] = from_bits(to_bits(r * c) ^ (b & 0x80000000u));
    out[1] = r * s;
}

void locl_draw(locl_noise noise, uint64_t seed, uint32_t step, uint32_t tag, uint64_t first, uint64_t count,
               float *out)
{
    uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    float value[4] = {0};
    for (uint64_t e = first; e < first + count; e++) {
        if (e == first || e % 4 == 0) {
            uint64_t quad = e / 4;
            uint32_t counter[4] = {(uint32_t)quad, (uint32_t)(quad >> 32), step, tag};
            locl_philox_block block = locl_philox4x32(counter, key);
            if (noise == LOCL_NOISE_GAUSSIAN) {
                locl_gaussian_pair(block.word[0], block.word[1], value);
                locl_gaussian_pair(block.word[2], block.word[3], value + 2);
            } else {
                for (int i = 0; i < 4; i++) {
                    value[i] = block.word[i] >> 31 ? -1.0f : 1.0f;
                }
            }
        }
        out[e - first] = value[e % 4];
    }
}
