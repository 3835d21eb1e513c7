#include "ops/slices.h"

void locl_slices_add_ref(const float *t, float *out, size_t count, double share, size_t first)
{
    for (size_t i = 0; i < count; i++) {
        double value = (double)t[i] * share;
        out[i] = (float)(first > 0 ? out[i] + value : value);
    }
}
