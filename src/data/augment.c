#include "data/augment.h"

#include "data/resample.h"

#include <stdlib.h>
#include <string.h>

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

locl_status locl_augment_reserve(locl_augment_work *work, const locl_augment_size *size, size_t c,
                                 locl_error *err)
{
    size_t planes = 2 * c * size->h * size->w,
           blur = size->h * size->w + size->w + 2 * least(size->h, size->w);
    size_t resample = locl_resample_values(size->from_h, size->from_w, size->h, size->w, c);
    size_t rows = blur > resample ? blur : resample;
    if (work->plane_values >= planes && work->row_values >= rows) {
        return LOCL_OK;
    }
    planes = planes > work->plane_values ? planes : work->plane_values;
    rows = rows > work->row_values ? rows : work->row_values;
    locl_augment_release(work);
    work->memory = malloc(planes * sizeof *work->memory);
    work->rows = malloc(rows * sizeof *work->rows);
    if (!work->memory || !work->rows) {
        locl_augment_release(work);
        return locl_fail_memory(err, (planes + rows) * sizeof *work->planes);
    }
    work->planes = work->memory;
    work->other = work->memory + planes / 2;
    work->plane_values = planes;
    work->row_values = rows;
    return LOCL_OK;
}

void locl_augment_release(locl_augment_work *work)
{
    free(work->memory);
    free(work->rows);
    *work = (locl_augment_work){0};
}

/* Makes planes of 0 to 1 of bytes. */
static void split(const locl_image *image, float *planes)
{
    size_t n = image->h * image->w, c = image->c;
    for (size_t channel = 0; channel < c; channel++) {
        for (size_t i = 0; i < n; i++) {
            planes[channel * n + i] = (float)image->pixels[i * c + channel] / 255;
        }
    }
}

/* Takes a window of h x w that lies `down` and `right` of the plane: what it has beside the plane is black. */
static void shift(const float *in, size_t h, size_t w, int down, int right, float *out)
{
    size_t above = (size_t)(down < 0 ? -down : 0), before = (size_t)(right < 0 ? -right : 0);
    size_t rows = h - (size_t)abs(down), columns = w - (size_t)abs(right);
    memset(out, 0, h * w * sizeof *out);
    for (size_t y = 0; y < rows; y++) {
        const float *from = in + (y + (size_t)(down > 0 ? down : 0)) * w + (right > 0 ? right : 0);
        memcpy(out + (y + above) * w + before, from, columns * sizeof *out);
    }
}

static void flip(float *x, size_t rows, size_t w)
{
    for (size_t y = 0; y < rows; y++, x += w) {
        for (size_t i = 0; i < w / 2; i++) {
            float value = x[i];
            x[i] = x[w - 1 - i];
            x[w - 1 - i] = value;
        }
    }
}

/* Brings the image to its size, and moves its pixels. */
static void place(const locl_augment_draws *d, const locl_image *image, const locl_augment_size *size,
                  locl_augment_work *work)
{
    size_t n = size->h * size->w;
    bool whole = d->height == size->h && d->width == size->w && image->h == size->h && image->w == size->w;
    if (whole) {
        split(image, work->planes);
    } else {
        const locl_rectangle part = {d->top, d->left, d->height, d->width};
        locl_resample(image, &part, size->h, size->w, work->rows, work->planes);
    }
    if (d->done[LOCL_AUGMENT_PAD]) {
        for (size_t channel = 0; channel < image->c; channel++) {
            shift(work->planes + channel * n, size->h, size->w, d->down, d->right, work->other + channel * n);
        }
        float *planes = work->planes;
        work->planes = work->other;
        work->other = planes;
    }
    if (d->done[LOCL_AUGMENT_FLIP]) {
        flip(work->planes, image->c * size->h, size->w);
    }
}

void locl_augment_image(const locl_augment_options *options, const locl_augment_draws *d,
                        const locl_image *image, const locl_augment_size *size, locl_augment_work *work)
{
    size_t n = size->h * size->w, c = image->c, side = least(size->h, size->w);
    place(d, image, size, work);
    for (size_t i = 0; d->done[LOCL_AUGMENT_JITTER] && i < LOCL_JITTER_KINDS; i++) {
        locl_augment_jitter(d->order[i], d->jitter[d->order[i]], work->planes, c, n);
    }
    if (d->done[LOCL_AUGMENT_GREY]) {
        locl_augment_grey(work->planes, c, n);
    }
    if (d->done[LOCL_AUGMENT_BLUR]) {
        size_t radius = locl_augment_blur_radius(options->range[LOCL_AUGMENT_KERNEL].value[0], side);
        locl_augment_blur(d->sigma, radius, work->planes, c, size->h, size->w, work->rows);
    }
    if (d->done[LOCL_AUGMENT_SOLARIZE]) {
        locl_augment_solarize((float)options->range[LOCL_AUGMENT_THRESHOLD].value[0], work->planes, c * n);
    }
}
