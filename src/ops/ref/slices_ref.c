#include "ops/slices.h"

void locl_slices_add_ref(const float *t, float *out, size_t count, size_t slices, size_t first_image)
{
    for (size_t i = 0; i < count; i++) {
        double share = (double)t[i] / (double)slices;
        out[i] = (float)(first_image > 0 ? out[i] + share : share);
    }
}
