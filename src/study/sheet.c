#include "study/sheet.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { GAP = 2, BETWEEN = 8, LEAST_SIDE = 96, GROUND = 96 }; /* in pixels of the sheet; a shade of grey */

typedef struct layout {
    size_t zoom;          /* pixels of the sheet for one of an image, along a side */
    size_t group, height; /* of an image with all its views */
    size_t columns, rows;
} layout;

static layout lay_out(const locl_sheet_input *in)
{
    const locl_patch_shape *s = in->shape;
    size_t side = s->h > s->w ? s->h : s->w;
    layout l = {.zoom = side < LEAST_SIDE ? LEAST_SIDE / side : 1};
    l.group = in->views * (s->w * l.zoom + GAP) + BETWEEN;
    l.height = s->h * l.zoom + BETWEEN;
    l.columns = (size_t)ceil(sqrt((double)in->images * (double)l.height / (double)l.group));
    l.columns = l.columns < in->images ? l.columns : in->images;
    l.rows = (in->images + l.columns - 1) / l.columns;
    return l;
}

static uint8_t byte_of(double value)
{
    return (uint8_t)lround(255 * fmin(fmax(value, 0), 1));
}

/* Draws an image [h,w,c], normalised, with its upper left corner at `out` of the sheet. */
static void draw_image(const locl_sheet_input *in, const layout *l, const float *image, uint8_t *out,
                       size_t stride)
{
    const locl_patch_shape *s = in->shape;
    for (size_t y = 0; y < s->h * l->zoom; y++) {
        for (size_t x = 0; x < s->w * l->zoom; x++) {
            const float *pixel = image + (y / l->zoom * s->w + x / l->zoom) * s->c;
            for (size_t c = 0; c < s->c; c++) {
                out[y * stride + x * s->c + c] = byte_of(pixel[c] * in->std[c] + in->mean[c]);
            }
        }
    }
}

locl_status locl_sheet_draw(const locl_sheet_input *in, locl_image *out, locl_error *err)
{
    const locl_patch_shape *s = in->shape;
    layout l = lay_out(in);
    size_t values = s->count * s->size, stride = l.columns * l.group * s->c,
           bytes = l.rows * l.height * stride;
    float *image = malloc(values * sizeof *image);
    *out = (locl_image){malloc(bytes), l.rows * l.height, l.columns * l.group, s->c};
    if (!image || !out->pixels) {
        free(image);
        free(out->pixels);
        return locl_fail_memory(err, bytes);
    }
    memset(out->pixels, GROUND, bytes);
    for (size_t i = 0; i < in->images * in->views; i++) {
        size_t place = i % in->images, view = i / in->images;
        size_t left = place % l.columns * l.group + BETWEEN / 2 + view * (s->w * l.zoom + GAP);
        size_t top = place / l.columns * l.height + BETWEEN / 2;
        locl_patches_to_floats(s, in->x + i * values, image);
        draw_image(in, &l, image, out->pixels + top * stride + left * s->c, stride);
    }
    free(image);
    return LOCL_OK;
}
