#include "data/image.h"

#include "data/image_format.h"
#include "data/options.h"
#include "data/resize.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* A format. `decode` gets an image whose size is known and checked, and for what `reduces` may be a half, a quarter or
 * an eighth of its own. */
typedef struct format {
    uint8_t magic[8];
    size_t magic_length;
    bool reduces;
    locl_status (*measure)(const uint8_t *bytes, size_t size, locl_image *out, locl_error *err);
    locl_status (*decode)(const uint8_t *bytes, size_t size, locl_image *out, locl_error *err);
} format;

static const format formats[] = {
    {{0xFF, 0xD8, 0xFF}, 3, true, locl_jpeg_measure, locl_jpeg_decode},
    {{0x89, 'P', 'N', 'G', 0x0D, 0x0A, 0x1A, 0x0A}, 8, false, locl_png_measure, locl_png_decode},
};

static locl_status measure_as(const uint8_t *bytes, size_t size, const format **found, locl_image *out,
                              locl_error *err)
{
    *out = (locl_image){0};
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        const format *f = &formats[i];
        if (size >= f->magic_length && memcmp(bytes, f->magic, f->magic_length) == 0) {
            *found = f;
            LOCL_TRY(f->measure(bytes, size, out, err));
            if (out->h < 1 || out->w < 1 || out->h > LOCL_DATA_MAX_SIDE || out->w > LOCL_DATA_MAX_SIDE) {
                return locl_fail(err, LOCL_E_DATA, "the image is %zux%zu, it should be at most %dx%d", out->h,
                                 out->w, LOCL_DATA_MAX_SIDE, LOCL_DATA_MAX_SIDE);
            }
            return LOCL_OK;
        }
    }
    locl_fail(err, LOCL_E_DATA, size ? "the file is neither a JPEG nor a PNG" : "the file is empty");
    locl_remedy(err, "take it out of the class folder, or convert it");
    return LOCL_E_DATA;
}

locl_status locl_image_measure(const uint8_t *bytes, size_t size, locl_image *out, locl_error *err)
{
    const format *found;
    return measure_as(bytes, size, &found, out, err);
}

locl_status locl_image_decode_into(const uint8_t *bytes, size_t size, unsigned reduce, uint8_t **buffer,
                                   size_t *capacity, locl_image *out, locl_error *err)
{
    const format *found;
    LOCL_TRY(measure_as(bytes, size, &found, out, err));
    if (found->reduces) {
        out->h = (out->h + reduce - 1) / reduce;
        out->w = (out->w + reduce - 1) / reduce;
    }
    size_t count = out->h * out->w * out->c;
    if (!*buffer || *capacity < count) {
        free(*buffer);
        *buffer = malloc(count);
        *capacity = *buffer ? count : 0;
    }
    if (!*buffer) {
        return locl_fail_memory(err, count);
    }
    out->pixels = *buffer;
    return found->decode(bytes, size, out, err);
}

locl_status locl_image_decode(const uint8_t *bytes, size_t size, locl_image *out, locl_error *err)
{
    uint8_t *pixels = NULL;
    size_t capacity = 0;
    locl_status status = locl_image_decode_into(bytes, size, 1, &pixels, &capacity, out, err);
    if (status != LOCL_OK) {
        free(pixels);
        out->pixels = NULL;
    }
    return status;
}

/* Converts in [count,from] to out [count,to]. */
static void convert_channels(const uint8_t *in, size_t from, uint8_t *out, size_t to, size_t count)
{
    for (size_t i = 0; i < count; i++, in += from, out += to) {
        if (from == to) {
            memcpy(out, in, to);
        } else if (to == 1) {
            out[0] = (uint8_t)((19595u * in[0] + 38470u * in[1] + 7471u * in[2] + 32768u) >> 16);
        } else {
            out[0] = out[1] = out[2] = in[0];
        }
    }
}

locl_status locl_image_fit(const locl_image *image, size_t h, size_t w, size_t c, uint8_t *out,
                           locl_error *err)
{
    if (image->h == h && image->w == w) {
        convert_channels(image->pixels, image->c, out, c, h * w);
        return LOCL_OK;
    }
    uint8_t *scaled = malloc(h * w * image->c);
    if (!scaled) {
        return locl_fail_memory(err, h * w * image->c);
    }
    locl_status status = locl_resize(image, h, w, scaled, err);
    if (status == LOCL_OK) {
        convert_channels(scaled, image->c, out, c, h * w);
    }
    free(scaled);
    return status;
}
