#include "ops/weight.h"

void locl_weight_estimate_ref(const locl_weight_shape *shape, const float *u, const float *s, float scale,
                              locl_write write, float *out)
{
    for (size_t i = 0; i < shape->count; i++) {
        float v = scale * s[i / shape->inner % shape->groups] * u[i];
        out[i] = write == LOCL_ADD ? out[i] + v : v;
    }
}

void locl_weight_shift_ref(size_t count, const float *value, const float *u, float epsilon, float *out)
{
    for (size_t i = 0; i < count; i++) {
        out[i] = value[i] + epsilon * u[i];
    }
}
