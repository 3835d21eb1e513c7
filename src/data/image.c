#include "data/image.h"

#include "data/options.h"
#include "data/resize.h"

#include <png.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <turbojpeg.h>

/* Header and pixels of one format; `decode` gets an image whose size is known and checked. */
typedef struct format {
    uint8_t magic[8];
    size_t magic_length;
    locl_status (*measure)(const uint8_t *bytes, size_t size, locl_image *out, locl_error *err);
    locl_status (*decode)(const uint8_t *bytes, size_t size, locl_image *out, locl_error *err);
} format;

static locl_status jpeg_measure(const uint8_t *bytes, size_t size, locl_image *out, locl_error *err)
{
    int w = 0, h = 0, sampling, colours = 0;
    tjhandle handle = tjInitDecompress();
    if (!handle) {
        return locl_fail(err, LOCL_E_MEMORY, "a JPEG decoder cannot be had: %s", tjGetErrorStr2(NULL));
    }
    locl_status status = LOCL_OK;
    if (tjDecompressHeader3(handle, bytes, (unsigned long)size, &w, &h, &sampling, &colours)) {
        status = locl_fail(err, LOCL_E_DATA, "the JPEG is damaged: %s", tjGetErrorStr2(handle));
    } else if (w < 1 || h < 1) { /* no error of the decoder's, which waits for the rest */
        status = locl_fail(err, LOCL_E_DATA, "the JPEG is damaged: it ends within its header");
    } else if (colours == TJCS_CMYK || colours == TJCS_YCCK) {
        status = locl_fail(err, LOCL_E_DATA, "the JPEG has the colours of print (CMYK)");
        locl_remedy(err, "convert it to RGB");
    } else {
        *out = (locl_image){.h = (size_t)h, .w = (size_t)w, .c = colours == TJCS_GRAY ? 1 : 3};
    }
    tjDestroy(handle);
    return status;
}

/* A warning (a premature end, a broken code) counts as damage: what follows it is not the picture. */
static locl_status jpeg_decode(const uint8_t *bytes, size_t size, locl_image *out, locl_error *err)
{
    tjhandle handle = tjInitDecompress();
    if (!handle) {
        return locl_fail(err, LOCL_E_MEMORY, "a JPEG decoder cannot be had: %s", tjGetErrorStr2(NULL));
    }
    locl_status status = LOCL_OK;
    if (tjDecompress2(handle, bytes, (unsigned long)size, out->pixels, (int)out->w, 0, (int)out->h,
                      out->c == 1 ? TJPF_GRAY : TJPF_RGB,
                      TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS | TJFLAG_ACCURATEDCT)) {
        status = locl_fail(err, LOCL_E_DATA, "the JPEG is damaged: %s", tjGetErrorStr2(handle));
    }
    tjDestroy(handle);
    return status;
}

static locl_status png_fail(png_image *png, locl_error *err)
{
    locl_status status = locl_fail(err, LOCL_E_DATA, "the PNG is damaged: %s", png->message);
    png_image_free(png);
    return status;
}

/* The chunk that ends every PNG; libpng does not miss it once it has all rows. */
static bool png_is_whole(const uint8_t *bytes, size_t size)
{
    static const uint8_t end[] = {0, 0, 0, 0, 'I', 'E', 'N', 'D', 0xAE, 0x42, 0x60, 0x82};
    return size >= sizeof end && !memcmp(bytes + size - sizeof end, end, sizeof end);
}

static locl_status png_measure(const uint8_t *bytes, size_t size, locl_image *out, locl_error *err)
{
    png_image png = {.version = PNG_IMAGE_VERSION};
    if (!png_image_begin_read_from_memory(&png, bytes, size)) {
        return png_fail(&png, err);
    }
    if (!png_is_whole(bytes, size)) {
        png_image_free(&png);
        return locl_fail(err, LOCL_E_DATA, "the PNG is damaged: it does not end with an IEND chunk");
    }
    *out = (locl_image){.h = png.height, .w = png.width, .c = png.format & PNG_FORMAT_FLAG_COLOR ? 3 : 1};
    png_image_free(&png);
    return LOCL_OK;
}

static locl_status png_decode(const uint8_t *bytes, size_t size, locl_image *out, locl_error *err)
{
    png_image png = {.version = PNG_IMAGE_VERSION};
    const png_color black = {0, 0, 0};
    if (!png_image_begin_read_from_memory(&png, bytes, size)) {
        return png_fail(&png, err);
    }
    png.format = out->c == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
    png.flags |=
        PNG_IMAGE_FLAG_16BIT_sRGB; /* or 16-bit values without a gamma would be taken for linear light */
    /* warnings are about extras (a colour profile, too much data); damage to pixels is an error */
    if (!png_image_finish_read(&png, &black, out->pixels, 0, NULL)) {
        return png_fail(&png, err);
    }
    return LOCL_OK;
}

static const format formats[] = {
    {{0xFF, 0xD8, 0xFF}, 3, jpeg_measure, jpeg_decode},
    {{0x89, 'P', 'N', 'G', 0x0D, 0x0A, 0x1A, 0x0A}, 8, png_measure, png_decode},
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

locl_status locl_image_decode(const uint8_t *bytes, size_t size, locl_image *out, locl_error *err)
{
    const format *found;
    LOCL_TRY(measure_as(bytes, size, &found, out, err));
    size_t count = out->h * out->w * out->c;
    out->pixels = malloc(count);
    if (!out->pixels) {
        return locl_fail_memory(err, count);
    }
    locl_status status = found->decode(bytes, size, out, err);
    if (status != LOCL_OK) {
        free(out->pixels);
        out->pixels = NULL;
    }
    return status;
}

/* in [count,from] -> out [count,to] */
static void convert_channels(const uint8_t *in, size_t from, uint8_t *out, size_t to, size_t count)
{
    for (size_t i = 0; i < count; i++, in += from, out += to) {
        if (from == to) {
            memcpy(out, in, to);
        } else if (to == 1) {
            out[0] = (uint8_t)((299u * in[0] + 587u * in[1] + 114u * in[2] + 500u) / 1000u);
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
