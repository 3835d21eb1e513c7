#include "ops/accumulate.h"

void locl_accumulate_ref(const float *t, const float *post, float *out, size_t rows, size_t n, size_t copies)
{
    for (size_t i = 0; i < rows * n; i++) {
        double sum = out[i];
        for (size_t k = 0; k < copies; k++) {
            size_t at = (i / n * copies + k) * n + i % n;
            sum += !post || post[at] > 0 ? t[at] : 0;
        }
        out[i] = (float)sum;
    }
}
