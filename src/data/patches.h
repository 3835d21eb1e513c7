/* Turns images into token tensors (SPEC 1): normalises each channel, cuts the image into side x side patches,
 * flattens a patch in the order row, column, channel. Used by the loader for bytes, and by `locl probe` for
 * floats that are already normalised. */
#ifndef LOCL_DATA_PATCHES_H
#define LOCL_DATA_PATCHES_H

#include "base/error.h"
#include "data/dataset.h"

typedef struct locl_patch_shape {
    size_t h, w, c;     /* of the image */
    size_t side;        /* patches along each side */
    size_t count, size; /* P = side * side patches of C = (h/side) (w/side) c values */
} locl_patch_shape;

/* Computes the shape. LOCL_E_CONFIG: h or w is no multiple of side, and the message lists the sides that fit,
 * or a size is 0. */
locl_status locl_patch_shape_make(size_t h, size_t w, size_t c, size_t side, locl_patch_shape *out,
                                  locl_error *err);

/* Values of bytes: value[channel][byte] = (byte/255 - mean) / std. */
typedef struct locl_normal_table {
    float value[LOCL_DATA_CHANNELS][256];
} locl_normal_table;
void locl_normal_table_fill(locl_normal_table *table, const double *mean, const double *std, size_t c);

/* Cuts image [h,w,c] into out [P,C]. c of the shape is at most LOCL_DATA_CHANNELS. */
void locl_patches_from_bytes(const locl_patch_shape *shape, const locl_normal_table *table,
                             const uint8_t *image, float *out);
/* Normalises planes [c,h,w] of values from 0 to 1, and cuts them. mean and std are [c]. */
void locl_patches_from_planes(const locl_patch_shape *shape, const float *planes, const double *mean,
                              const double *std, float *out);
/* Cuts an image that is already normalised, of any c. */
void locl_patches_from_floats(const locl_patch_shape *shape, const float *image, float *out);
/* Puts patches [P,C] together again, as the image [h,w,c]. */
void locl_patches_to_floats(const locl_patch_shape *shape, const float *patches, float *image);

#endif
