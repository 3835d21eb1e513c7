/* Scales images. resize.c alone compiles stb_image_resize. Used by image.c. */
#ifndef LOCL_DATA_RESIZE_H
#define LOCL_DATA_RESIZE_H

#include "data/image.h"

/* Scales from [h,w,c] to out [height,width,c]. LOCL_E_MEMORY. */
locl_status locl_resize(const locl_image *from, size_t height, size_t width, uint8_t *out, locl_error *err);

#endif
