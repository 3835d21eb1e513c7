#include "ops/repeat.h"

void locl_repeat_ref(const float *x, float *y, size_t rows, size_t n, size_t copies)
{
    for (size_t i = 0; i < rows * copies * n; i++) {
        y[i] = x[i / n / copies * n + i % n];
    }
}
