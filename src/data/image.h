/* One image: JPEG or PNG bytes to pixels, and pixels to another size. Used by the readers. */
#ifndef LOCL_DATA_IMAGE_H
#define LOCL_DATA_IMAGE_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

typedef struct locl_image {
    uint8_t *pixels; /* [h,w,c] */
    size_t h, w, c;  /* c is 1 (grey) or 3 (red, green, blue) */
} locl_image;

/* Told apart by their first bytes. out->pixels is malloc'd; NULL on error. The pixels are
 * those of Pillow's mode RGB or L: transparency is dropped, of 16 bits the upper 8 are taken. LOCL_E_DATA:
 * neither JPEG nor PNG, damaged, truncated, larger than LOCL_DATA_MAX_SIDE. */
locl_status locl_image_decode(const uint8_t *bytes, size_t size, locl_image *out, locl_error *err);
/* The same without decoding: sets h, w, c; pixels is NULL. */
locl_status locl_image_measure(const uint8_t *bytes, size_t size, locl_image *out, locl_error *err);

/* Writes the image as out [h,w,c]: grey by Pillow's weights (.299, .587, .114 in 1/65536) or grey repeated,
 * and scaled as a whole (Mitchell's filter down, Catmull-Rom's up). LOCL_E_MEMORY */
locl_status locl_image_fit(const locl_image *image, size_t h, size_t w, size_t c, uint8_t *out,
                           locl_error *err);

#endif
