#include "data/augment.h"

#include <math.h>
#include <string.h>

enum { MOST_RADIUS = 128, BLOCK = 16 /* values whose sums are kept at once */ };

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

/* Rows whose sum is a blurred row: those `i` before and after it weigh weight[i]. */
typedef struct mixture {
    float weight[MOST_RADIUS + 1];
    const float *before[MOST_RADIUS + 1],
        *after[MOST_RADIUS + 1]; /* from 1 on; the row itself is before[0] */
    size_t radius;
} mixture;

static void mix(const mixture *m, size_t w, float *out)
{
    size_t x = 0;
    for (; x + BLOCK <= w; x += BLOCK) {
        float sum[BLOCK];
        for (size_t j = 0; j < BLOCK; j++) {
            sum[j] = m->weight[0] * m->before[0][x + j];
        }
        for (size_t i = 1; i <= m->radius; i++) {
            const float *before = m->before[i] + x, *after = m->after[i] + x;
            for (size_t j = 0; j < BLOCK; j++) {
                sum[j] += m->weight[i] * (before[j] + after[j]);
            }
        }
        memcpy(out + x, sum, sizeof sum);
    }
    for (; x < w; x++) {
        float sum = m->weight[0] * m->before[0][x];
        for (size_t i = 1; i <= m->radius; i++) {
            sum += m->weight[i] * (m->before[i][x] + m->after[i][x]);
        }
        out[x] = sum;
    }
}

/* Returns a row of an image of h rows, mirrored at its edges. */
static size_t mirrored(ptrdiff_t y, size_t h)
{
    ptrdiff_t last = (ptrdiff_t)h - 1;
    return (size_t)(y < 0 ? -y : y > last ? 2 * last - y : y);
}

static void blur_plane(mixture *m, float *x, size_t h, size_t w, float *rows)
{
    float *wide = rows + h * w;
    for (size_t i = 0; i <= m->radius; i++) {
        m->before[i] = wide + m->radius - i;
        m->after[i] = wide + m->radius + i;
    }
    for (size_t y = 0; y < h; y++) {
        mirror_row(x + y * w, w, m->radius, wide);
        mix(m, w, rows + y * w);
    }
    for (size_t y = 0; y < h; y++) {
        for (size_t i = 0; i <= m->radius; i++) {
            m->before[i] = rows + mirrored((ptrdiff_t)y - (ptrdiff_t)i, h) * w;
            m->after[i] = rows + mirrored((ptrdiff_t)(y + i), h) * w;
        }
        mix(m, w, x + y * w);
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
    mixture m = {.radius = radius};
    fill_gaussian(sigma, radius, m.weight);
    for (size_t channel = 0; channel < c; channel++) {
        blur_plane(&m, x + channel * h * w, h, w, rows);
    }
}
