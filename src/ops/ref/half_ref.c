#include "ops/half.h"

#include <math.h>

/* Returns the distance of the halves next to a value of that size. */
static double spacing(double size)
{
    const int digits = 11, least = -24; /* of the mantissa, and the exponent of the smallest half */
    int exponent;
    frexp(size, &exponent);
    return ldexp(1, exponent - digits > least ? exponent - digits : least);
}

void locl_half_ref(const float *x, float *out, size_t count)
{
    const double beyond = 65536;
    for (size_t i = 0; i < count; i++) {
        double size = fabs((double)x[i]), unit = isfinite(size) ? spacing(size) : 1;
        double rounded = nearbyint(size / unit) * unit;
        out[i] = copysignf(rounded >= beyond ? INFINITY : (float)rounded, x[i]);
    }
}
