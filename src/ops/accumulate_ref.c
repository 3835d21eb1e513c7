#include "ops/accumulate.h"

void locl_accumulate_ref(const float *t, const float *post, float *out, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        out[i] += !post || post[i] > 0 ? t[i] : 0;
    }
}
