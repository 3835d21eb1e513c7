#include "ops/bias.h"

void locl_bias_add_ref(const locl_layer_shape *shape, const float *bias, float *z)
{
    for (size_t i = 0; i < locl_layer_values(shape); i++) {
        size_t token = i / shape->width, c = i % shape->width;
        z[i] += bias[shape->patch_bias ? token % shape->patches : c];
    }
}
