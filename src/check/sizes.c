/* Computes the sizes of the terms that values are made from. Rounding is held against them. */
#include "check/case.h"

locl_row_size locl_row_size_of(const float *x, const float *bias, size_t step, size_t n, bool norm)
{
    double mean = 0, variance = 0, spread = 0, value = 0, shift = x[0] + (bias ? bias[0] : 0.0f);
    for (size_t j = 0; j < n; j++) {
        double v = x[j] + (bias ? bias[j * step] : 0.0f);
        mean += (v - shift) / (double)n;
        value = fmax(value, fabs(v));
        spread = fmax(spread, fabs(v - shift));
    }
    if (!norm) {
        return (locl_row_size){.value = value, .y = value, .map = 1, .r = 1};
    }
    for (size_t j = 0; j < n; j++) {
        double v = x[j] + (bias ? bias[j * step] : 0.0f) - shift - mean;
        variance += v * v / (double)n;
    }
    double r = 1 / sqrt(variance + 1e-5), y = spread > 0 ? r * value : 0;
    return (locl_row_size){.value = value, .y = y, .map = r * (1 + y), .r = r};
}

locl_row_size locl_row_size_of_norm(const float *x, size_t n)
{
    const bool norm = true;
    return locl_row_size_of(x, NULL, 0, n, norm);
}

double locl_row_largest(const float *x, size_t n)
{
    double largest = 0;
    for (size_t j = 0; x && j < n; j++) {
        largest = fmax(largest, fabs((double)x[j]));
    }
    return largest;
}

const float *locl_op_sizes(const locl_op_case *c, size_t from, size_t to)
{
    for (size_t i = 0; i < c->t[to].rows * c->t[to].n; i++) {
        c->t[to].in[i] = fabsf(c->t[from].in[i]);
    }
    return c->t[to].in;
}

void locl_op_scale(locl_op_tensor *t)
{
    for (size_t i = 0; i < t->rows * t->n; i++) {
        t->scale[i] = fabs((double)t->want[i]);
    }
}

void locl_row_set(double *scale, size_t n, double value)
{
    for (size_t j = 0; j < n; j++) {
        scale[j] = value;
    }
}
