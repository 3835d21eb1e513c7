#include "data/resample.h"

#include <math.h>
#include <string.h>

enum {
    REACH = 2, /* of the filter, in pixels of the coarser grid */
    BAND = 8   /* rows that are scaled sideways at once, so that their values lie together */
};

/* How one side is scaled: value i is the sum of `taps` weights times values from start[i] on. */
typedef struct side {
    size_t taps;
    float *weight; /* [to,taps] */
    float *start;  /* [to], whole numbers */
} side;

/* Returns the taps for a scale of `from` values to `to`. */
static size_t taps_of(size_t from, size_t to)
{
    double scale = from > to ? (double)from / (double)to : 1;
    size_t taps = 2 * (size_t)ceil(REACH * scale) + 1;
    return taps < from ? taps : from;
}

/* Returns the most taps for up to `from` values. */
static size_t side_values(size_t from, size_t to)
{
    return to * (taps_of(from, to) + 1);
}

static double bicubic(double x)
{
    x = fabs(x);
    if (x < 1) {
        return (1.5 * x - 2.5) * x * x + 1;
    }
    return x < 2 ? ((-.5 * x + 2.5) * x - 4) * x + 2 : 0;
}

/* Fills the weights of value i, times `factor`. */
static void fill_weights(const side *s, size_t from, size_t to, size_t i, double factor)
{
    double scale = (double)from / (double)to, stretch = scale > 1 ? scale : 1;
    double centre = ((double)i + .5) * scale, reach = REACH * stretch, sum = 0;
    double first = fmax(0, floor(centre - reach + .5));
    float *weight = s->weight + i * s->taps;
    /* all taps lie within the rectangle; those out of reach weigh nothing */
    first = fmin(first, (double)(from - s->taps));
    for (size_t k = 0; k < s->taps; k++) {
        sum += bicubic(((double)k + first - centre + .5) / stretch);
    }
    for (size_t k = 0; k < s->taps; k++) {
        weight[k] = (float)(factor / sum * bicubic(((double)k + first - centre + .5) / stretch));
    }
    s->start[i] = (float)first;
}

/* Lays a side out in `memory` and moves that on. */
static side make_side(size_t from, size_t to, double factor, float **memory)
{
    side s = {.taps = taps_of(from, to), .weight = *memory};
    s.start = s.weight + to * s.taps;
    *memory = s.start + to;
    for (size_t i = 0; i < to; i++) {
        fill_weights(&s, from, to, i, factor);
    }
    return s;
}

/* Adds up rows of bytes to a row of floats. */
static void mix_rows(const float *weight, size_t taps, const uint8_t *in, size_t stride, size_t count,
                     float *restrict out)
{
    memset(out, 0, count * sizeof *out);
    for (size_t k = 0; k < taps; k++, in += stride) {
        for (size_t i = 0; i < count; i++) {
            out[i] += weight[k] * (float)in[i];
        }
    }
}

/* Keeps what the filter overshoots within 0 and 1. */
static float within(float x)
{
    x = x > 0 ? x : 0;
    return x < 1 ? x : 1;
}

/* Scales a band [.,c,BAND] sideways to `rows` rows of each plane, whose values are `plane` apart. */
static void scale_band(const side *s, const float *band, size_t rows, size_t w, size_t c, size_t plane,
                       float *out)
{
    for (size_t i = 0; i < w * c; i++) {
        const size_t x = i / c, channel = i % c;
        const float *weight = s->weight + x * s->taps,
                    *in = band + ((size_t)s->start[x] * c + channel) * BAND;
        float sum[BAND] = {0};
        for (size_t k = 0; k < s->taps; k++, in += c * BAND) {
            for (size_t j = 0; j < BAND; j++) {
                sum[j] += weight[k] * in[j];
            }
        }
        for (size_t j = 0; j < rows; j++) {
            out[channel * plane + j * w + x] = within(sum[j]);
        }
    }
}

size_t locl_resample_values(size_t from_h, size_t from_w, size_t h, size_t w, size_t c)
{
    return side_values(from_h, h) + side_values(from_w, w) + (1 + BAND) * from_w * c;
}

void locl_resample(const locl_image *image, const locl_rectangle *part, size_t h, size_t w, float *work,
                   float *planes)
{
    const size_t c = image->c, stride = image->w * c;
    side down = make_side(part->height, h, 1 / 255., &work), right = make_side(part->width, w, 1, &work);
    const size_t count = part->width * c;
    float *row = work, *band = row + count;
    memset(band, 0, BAND * count * sizeof *band);
    for (size_t y = 0; y < h; y++) {
        const uint8_t *in = image->pixels + (part->top + (size_t)down.start[y]) * stride + part->left * c;
        mix_rows(down.weight + y * down.taps, down.taps, in, stride, count, row);
        for (size_t i = 0; i < count; i++) {
            band[i * BAND + y % BAND] = row[i];
        }
        if (y % BAND == BAND - 1 || y == h - 1) {
            size_t first = y - y % BAND;
            scale_band(&right, band, y - first + 1, w, c, h * w, planes + first * w);
        }
    }
}
