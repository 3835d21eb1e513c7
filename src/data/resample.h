/* Scales a rectangle of an image of bytes to planes of floats: bicubic (a = -1/2, as Pillow's), wider by the scale
 * where the image shrinks. What lies outside of the rectangle does not count. Used by augment.c. */
#ifndef LOCL_DATA_RESAMPLE_H
#define LOCL_DATA_RESAMPLE_H

#include "data/image.h"

typedef struct locl_rectangle {
    size_t top, left, height, width;
} locl_rectangle;

/* Returns the values that locl_resample() works in, at most, for rectangles of images up to from_h x from_w x c. */
size_t locl_resample_values(size_t from_h, size_t from_w, size_t h, size_t w, size_t c);
/* Writes planes [c,h,w] of values from 0 to 1. */
void locl_resample(const locl_image *image, const locl_rectangle *part, size_t h, size_t w, float *work,
                   float *planes);

#endif
