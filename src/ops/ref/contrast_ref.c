#include "ops/contrast.h"
#include "ops/ref/ref64.h"

#define LOCL_REF_BODY "ops/ref/contrast_ref.inc"
#include "ops/ref/ref_twice.h"

/* Computes by how much u changes when z = u |z| moves by d. */
static void change_of_unit(const float *d, const float *u, double norm, size_t n, float *change)
{
    double squares = 0;
    for (size_t j = 0; j < n; j++) {
        double z = u[j] * norm + d[j];
        squares += z * z;
    }
    for (size_t j = 0; j < n; j++) {
        change[j] = (float)((u[j] * norm + d[j]) / fmax(sqrt(squares), 1e-6) - u[j]);
    }
}

void locl_contrast_difference_ref(const float *d, const float *u, const float *norms, const float *q,
                                  size_t rows, size_t moves, size_t n, double temperature, float epsilon,
                                  float *dl, float *change)
{
    for (size_t i = 0; i < rows * moves; i++) {
        size_t own = i / moves, target = (own + rows / 2) % rows;
        double sum = 0, found = 0;
        change_of_unit(d + i * n, u + own * n, norms[own], n, change + i * n);
        for (size_t key = 0; key < rows; key++) {
            double e = 0, p = key == own ? 0 : q[own * rows + key] + (key == target);
            for (size_t k = 0; k < n; k++) {
                e += (double)change[i * n + k] * u[key * n + k] / temperature;
            }
            sum += p * expm1(e);
            found = key == target ? e : found;
        }
        dl[i] = (float)((log1p(sum) - found) / epsilon);
    }
}
