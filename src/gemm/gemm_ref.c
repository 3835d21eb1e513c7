#include "gemm/gemm.h"

static double dot(const locl_gemm_shape *shape, const float *a, const float *b, size_t i, size_t j)
{
    double value = 0;
    for (size_t s = 0; s < shape->sum; s++) {
        for (size_t p = 0; p < shape->k; p++) {
            float x = a[s * shape->sum_a + (shape->ta ? p * shape->lda + i : i * shape->lda + p)];
            float y = b[s * shape->sum_b + (shape->tb ? j * shape->ldb + p : p * shape->ldb + j)];
            value += (double)x * (double)y;
        }
    }
    return value;
}

void locl_gemm_ref(const locl_gemm_shape *shape, const float *a, const float *b, float *c)
{
    for (size_t z = 0; z < shape->batch; z++) {
        for (size_t i = 0; i < shape->m; i++) {
            for (size_t j = 0; j < shape->n; j++) {
                float *to = c + z * shape->stride_c + i * shape->ldc + j;
                double value =
                    (double)shape->alpha * dot(shape, a + z * shape->stride_a, b + z * shape->stride_b, i, j);
                *to = (float)(shape->beta != 0 ? value + (double)shape->beta * (double)*to : value);
            }
        }
    }
}
