/* A view of an image: what training sees of it where it learns to tell images apart (SPEC 7). A view depends on seed,
 * epoch, image and its own number alone. Used by the loader. */
#ifndef LOCL_DATA_VIEWS_H
#define LOCL_DATA_VIEWS_H

#include "data/patches.h"

typedef struct locl_view {
    uint64_t seed;
    uint32_t epoch, image, number; /* number 0 or 1 */
} locl_view;

/* Writes out [h,w,c]: image [h,w,c] moved by up to an eighth of its sides, 0 where nothing comes in, and mirrored or
 * not. */
void locl_view_make(const locl_patch_shape *shape, const uint8_t *image, const locl_view *view, uint8_t *out);

#endif
