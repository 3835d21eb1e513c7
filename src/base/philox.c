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

/* Computes ln(u) for u = (a | 1) 2^-32 cut to 24 bits. u = f 2^e with f in [sqrt(1/2), sqrt(2)), so that
 * ln(f) keeps its relative accuracy near u = 1. Coefficients: logf of Moshier's Cephes. */
static float log_uniform(uint32_t a)
{
    uint32_t m = a | 1u;
    int shift = 0;
    while (!(m >> 31)) {
        m <<= 1;
        shift++;
    }
    uint32_t fraction = m >> 8 & 0x7FFFFFu;
    uint32_t above = fraction > 0x3504F3u; /* f > sqrt(2): halve it */
    float f = from_bits(fraction | (0x3F800000u - (above << 23)));
    float e = (float)((int)above - 1 - shift);
    float t = f - 1.0f, z = t * t;
    float y = 7.0376836292e-2f;
    y = fmaf(y, t, -1.1514610310e-1f);
    y = fmaf(y, t, 1.1676998740e-1f);
    y = fmaf(y, t, -1.2420140846e-1f);
    y = fmaf(y, t, 1.4249322787e-1f);
    y = fmaf(y, t, -1.6668057665e-1f);
    y = fmaf(y, t, 2.0000714765e-1f);
    y = fmaf(y, t, -2.4999993993e-1f);
    y = fmaf(y, t, 3.3333331174e-1f);
    y = y * t * z;
    y = fmaf(-0.5f, z, y);
    return fmaf(e, 0.693147180559945f, t + y);
}

/* Computes sqrt(x) for x in [1e-7, 45]: guesses 1/sqrt(x) by integers, then takes three steps of Newton. */
static float square_root(float x)
{
    float g = from_bits(0x5F3759DFu - (to_bits(x) >> 1));
    float half = 0.5f * x;
    for (int i = 0; i < 3; i++) {
        g = g * fmaf(-(half * g), g, 1.5f);
    }
    return x * g;
}

void locl_gaussian_pair(uint32_t a, uint32_t b, float out[2])
{
    float r = square_root(-2.0f * log_uniform(a)) * 0.707106781186548f;
    /* the angle is (quadrant + 1/2) pi/2 + d, |d| <= pi/4; d in steps of 2^-24 of a quadrant: exact */
    int32_t step = (int32_t)((b << 2 ^ 0x80000000u) >> 8);
    step = (int32_t)((uint32_t)step << 8) / 256; /* sign of bit 23 */
    float d = (float)step * 9.36267571e-8f;      /* (pi/2) 2^-24 */
    float z = d * d;
    float s = fmaf(fmaf(fmaf(-1.9515295891e-4f, z, 8.3321608736e-3f), z, -1.6666654611e-1f) * z, d, d);
    float c = fmaf(fmaf(fmaf(2.443315711809948e-5f, z, -1.388731625493765e-3f), z, 4.166664568298827e-2f), z,
                   -0.5f);
    c = fmaf(c, z, 1.0f);
    uint32_t quadrant = b >> 30;
    uint32_t sign_cos = (quadrant ^ quadrant >> 1) << 31, sign_sin = quadrant >> 1 << 31;
    float cc = from_bits(to_bits(c) ^ sign_cos), sc = from_bits(to_bits(c) ^ sign_sin);
    float cs = from_bits(to_bits(s) ^ sign_cos), ss = from_bits(to_bits(s) ^ sign_sin);
    out[0] = r * (cc - ss);
    out[1] = r * (sc + cs);
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
