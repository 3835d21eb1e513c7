#include "data/patches.h"

#include "base/text.h"

#include <string.h>

static locl_status fail_indivisible(size_t h, size_t w, size_t side, locl_error *err)
{
    locl_text sides = {0};
    for (size_t s = 1; s <= (h < w ? h : w); s++) {
        if (h % s == 0 && w % s == 0) {
            locl_text_add(&sides, "%s%zu", sides.length ? ", " : "", s);
        }
    }
    locl_fail(err, LOCL_E_CONFIG, "images of %zux%zu cannot be cut into %zux%zu patches", h, w, side, side);
    locl_remedy(err, "set model.patches to one of %s, or model.image to multiples of %zu",
                sides.failed ? "the common divisors" : sides.data, side);
    locl_text_free(&sides);
    return LOCL_E_CONFIG;
}

locl_status locl_patch_shape_make(size_t h, size_t w, size_t c, size_t side, locl_patch_shape *out,
                                  locl_error *err)
{
    if (!h || !w || !c || !side) {
        return locl_fail(err, LOCL_E_CONFIG,
                         "images of [%zu, %zu, %zu] in %zu patches per side: all four "
                         "should be at least 1",
                         h, w, c, side);
    }
    if (h % side || w % side) {
        return fail_indivisible(h, w, side, err);
    }
    *out = (locl_patch_shape){h, w, c, side, side * side, (h / side) * (w / side) * c};
    return LOCL_OK;
}

void locl_normal_table_fill(locl_normal_table *table, const double *mean, const double *std, size_t c)
{
    for (size_t channel = 0; channel < c; channel++) {
        for (int byte = 0; byte < 256; byte++) {
            table->value[channel][byte] = (float)((byte / 255.0 - mean[channel]) / std[channel]);
        }
    }
}

/* Returns where a row of a patch starts in the image. Its `run` values lie together there. */
static size_t run_start(const locl_patch_shape *shape, size_t patch, size_t row, size_t run)
{
    size_t height = shape->h / shape->side, y = patch / shape->side * height + row;
    return y * shape->w * shape->c + patch % shape->side * run;
}

void locl_patches_from_bytes(const locl_patch_shape *shape, const locl_normal_table *table,
                             const uint8_t *image, float *out)
{
    size_t height = shape->h / shape->side, run = shape->w / shape->side * shape->c, c = shape->c;
    for (size_t patch = 0; patch < shape->count; patch++) {
        for (size_t row = 0; row < height; row++, out += run) {
            const uint8_t *in = image + run_start(shape, patch, row, run);
            for (size_t channel = 0; channel < c; channel++) {
                const float *value = table->value[channel];
                for (size_t i = channel; i < run; i += c) {
                    out[i] = value[in[i]];
                }
            }
        }
    }
}

void locl_patches_from_planes(const locl_patch_shape *shape, const float *planes, const double *mean,
                              const double *std, float *out)
{
    size_t height = shape->h / shape->side, width = shape->w / shape->side, c = shape->c;
    for (size_t patch = 0; patch < shape->count; patch++) {
        for (size_t row = 0; row < height; row++, out += width * c) {
            size_t first = run_start(shape, patch, row, width * c) / c;
            for (size_t channel = 0; channel < c; channel++) {
                const float *in = planes + channel * shape->h * shape->w + first;
                float middle = (float)mean[channel], unit = (float)std[channel];
                for (size_t i = 0; i < width; i++) {
                    out[i * c + channel] = (in[i] - middle) / unit;
                }
            }
        }
    }
}

void locl_patches_from_floats(const locl_patch_shape *shape, const float *image, float *out)
{
    size_t height = shape->h / shape->side, run = shape->w / shape->side * shape->c;
    for (size_t patch = 0; patch < shape->count; patch++) {
        for (size_t row = 0; row < height; row++, out += run) {
            memcpy(out, image + run_start(shape, patch, row, run), run * sizeof *out);
        }
    }
}

void locl_patches_to_floats(const locl_patch_shape *shape, const float *patches, float *image)
{
    size_t height = shape->h / shape->side, run = shape->w / shape->side * shape->c;
    for (size_t patch = 0; patch < shape->count; patch++) {
        for (size_t row = 0; row < height; row++, patches += run) {
            memcpy(image + run_start(shape, patch, row, run), patches, run * sizeof *image);
        }
    }
}
