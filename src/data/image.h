/* Decodes one image, JPEG or PNG, to pixels, and gives pixels another size. Used by the readers. */
#ifndef LOCL_DATA_IMAGE_H
#define LOCL_DATA_IMAGE_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

typedef struct locl_image {
    uint8_t *pixels; /* [h,w,c] */
    size_t h, w, c;  /* c is 1 (grey) or 3 (red, green, blue) */
} locl_image;

/* Decodes an image, whose format its first bytes tell. out->pixels is malloc'd; NULL on error. The pixels are
 * those of the modes RGB or L of Pillow: transparency is dropped, and of 16 bits the upper 8 are taken.
 * LOCL_E_DATA: neither JPEG nor PNG, damaged, truncated, or a side above LOCL_DATA_MAX_SIDE. */
locl_status locl_image_decode(const uint8_t *bytes, size_t size, locl_image *out, locl_error *err);
/* Decodes into a buffer of *capacity bytes, which is replaced by a larger one where it has to be, to 1 / `reduce` of
 * the size: 1, 2, 4 or 8, sides rounded up. Only JPEGs are reduced. out->pixels is the buffer. */
locl_status locl_image_decode_into(const uint8_t *bytes, size_t size, unsigned reduce, uint8_t **buffer,
                                   size_t *capacity, locl_image *out, locl_error *err);
/* Sets h, w and c without decoding; pixels is NULL. Errors as above. */
locl_status locl_image_measure(const uint8_t *bytes, size_t size, locl_image *out, locl_error *err);

/* Writes the image as out [h,w,c]. Colour becomes grey by the weights of Pillow (.299, .587, .114 in
 * 1/65536), grey becomes colour by repetition. Another size is scaled as a whole (filters: Mitchell down,
 * Catmull-Rom up). LOCL_E_MEMORY. */
locl_status locl_image_fit(const locl_image *image, size_t h, size_t w, size_t c, uint8_t *out,
                           locl_error *err);

#endif
