#include "data/augment.h"

#include <math.h>
#include <string.h>

enum { MOST_RADIUS = 128 };

/* Fills one side of the Gaussian, from the middle outwards, so that both sides and the middle add up to 1. */
static void fill_gaussian(float sigma, size_t radius, float *weight)
{
    double sum = 1;
    for (size_t i = 1; i <= radius; i++) {
        double x = (double)i / sigma;
        sum += 2 * exp(-.5 * x * x);
    }
    for (size_t i = 0; i <= radius; i++) {
        double x = (double)i / sigma;
        weight[i] = (float)(exp(-.5 * x * x) / sum);
    }
}

/* Copies a row [w] with `radius` mirrored values on both sides, without doubling those at the edge. */
static void mirror_row(const float *in, size_t w, size_t radius, float *out)
{
    memcpy(out + radius, in, w * sizeof *out);
    for (size_t i = 1; i <= radius; i++) {
        out[radius - i] = in[i];
        out[radius + w - 1 + i] = in[w - 1 - i];
    }
}

static void add_both(float weight, const float *a, const float *b, size_t w, float *restrict out)
{
    for (size_t x = 0; x < w; x++) {
        out[x] += weight * (a[x] + b[x]);
    }
}

static void start_row(float weight, const float *in, size_t w, float *restrict out)
{
    for (size_t x = 0; x < w; x++) {
        out[x] = weight * in[x];
    }
}

/* Returns a row of an image of h rows, mirrored at its edges. */
static size_t mirrored(ptrdiff_t y, size_t h)
{
    ptrdiff_t last = (ptrdiff_t)h - 1;
    return (size_t)(y < 0 ? -y : y > last ? 2 * last - y : y);
}

static void blur_plane(const float *weight, size_t radius, float *x, size_t h, size_t w, float *rows)
{
    float *wide = rows + h * w;
    for (size_t y = 0; y < h; y++) {
        mirror_row(x + y * w, w, radius, wide);
        start_row(weight[0], wide + radius, w, rows + y * w);
        for (size_t i = 1; i <= radius; i++) {
            add_both(weight[i], wide + radius - i, wide + radius + i, w, rows + y * w);
        }
    }
    for (size_t y = 0; y < h; y++) {
        start_row(weight[0], rows + y * w, w, x + y * w);
        for (size_t i = 1; i <= radius; i++) {
            ptrdiff_t at = (ptrdiff_t)y, by = (ptrdiff_t)i;
            add_both(weight[i], rows + mirrored(at - by, h) * w, rows + mirrored(at + by, h) * w, w,
                     x + y * w);
        }
    }
}

size_t locl_augment_blur_radius(double share, size_t side)
{
    size_t radius = (size_t)(share * (double)side) / 2;
    size_t most = side - 1 < MOST_RADIUS ? side - 1 : MOST_RADIUS;
    return radius < most ? radius : most;
}

void locl_augment_blur(float sigma, size_t radius, float *x, size_t c, size_t h, size_t w, float *rows)
{
    float weight[MOST_RADIUS + 1];
    fill_gaussian(sigma, radius, weight);
    for (size_t channel = 0; channel < c; channel++) {
        blur_plane(weight, radius, x + channel * h * w, h, w, rows);
    }
}
