#include "check/halves.h"

#include <math.h>

/* sign, EXPONENT bits, MANTISSA bits; exponents from LEAST_EXPONENT on */
enum { MANTISSA = 10, BIAS = 15, LEAST_EXPONENT = -14, SPECIAL = 31 };

static uint16_t bits_of(float x)
{
    unsigned sign = signbit(x) ? 1u << 15 : 0;
    int exponent;
    double size = fabs((double)x), part = frexp(size, &exponent);
    if (!isfinite(x)) {
        return (uint16_t)(sign | (unsigned)SPECIAL << MANTISSA | (isnan(x) ? 1u << (MANTISSA - 1) : 0));
    }
    exponent--; /* part is in [1/2,1) */
    if (size == 0 || exponent < LEAST_EXPONENT) {
        return (uint16_t)(sign | (unsigned)ldexp(size, MANTISSA - LEAST_EXPONENT));
    }
    unsigned mantissa = (unsigned)ldexp(2 * part - 1, MANTISSA);
    return (uint16_t)(sign | (unsigned)(exponent + BIAS) << MANTISSA | mantissa);
}

static float value_of(uint16_t bits)
{
    int exponent = bits >> MANTISSA & SPECIAL, mantissa = bits & ((1 << MANTISSA) - 1);
    double size = exponent == SPECIAL ? (mantissa ? (double)NAN : (double)INFINITY)
                  : exponent          ? ldexp((1 << MANTISSA) + mantissa, exponent - BIAS - MANTISSA)
                                      : ldexp(mantissa, LEAST_EXPONENT - MANTISSA);
    return (float)(bits >> 15 ? -size : size);
}

void locl_halves_write(const float *x, size_t count, uint16_t *out)
{
    for (size_t i = 0; i < count; i++) {
        out[i] = bits_of(x[i]);
    }
}

void locl_halves_read(const uint16_t *halves, size_t count, float *out)
{
    for (size_t i = 0; i < count; i++) {
        out[i] = value_of(halves[i]);
    }
}
