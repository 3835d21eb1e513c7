/* Functions of the formats that image.c reads. Included by image.c, image_jpeg.c and image_png.c alone. */
#ifndef LOCL_DATA_IMAGE_FORMAT_H
#define LOCL_DATA_IMAGE_FORMAT_H

#include "data/image.h"

/* Measure sets h, w and c. Decode fills the pixels of an image that was measured,
 * a JPEG also where its sides are divided by 2, 4 or 8, rounded up. Both fail with LOCL_E_DATA
 * and a message that begins with "the JPEG" or "the PNG". */
locl_status locl_jpeg_measure(const uint8_t *bytes, size_t size, locl_image *out, locl_error *err);
locl_status locl_jpeg_decode(const uint8_t *bytes, size_t size, locl_image *out, locl_error *err);
locl_status locl_png_measure(const uint8_t *bytes, size_t size, locl_image *out, locl_error *err);
locl_status locl_png_decode(const uint8_t *bytes, size_t size, locl_image *out, locl_error *err);

#endif
