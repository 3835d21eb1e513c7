/* A picture of a batch: its images in rows, the views of each side by side. Used by data.c. */
#ifndef LOCL_STUDY_SHEET_H
#define LOCL_STUDY_SHEET_H

#include "data/image.h"
#include "data/patches.h"

typedef struct locl_sheet_input {
    const locl_patch_shape *shape;
    const double *mean, *std; /* [c] */
    const float *x;           /* [views * images,P,C], normalised */
    size_t images, views;
} locl_sheet_input;

/* Draws small images larger, in whole pixels. out->pixels is malloc'd. LOCL_E_MEMORY. */
locl_status locl_sheet_draw(const locl_sheet_input *input, locl_image *out, locl_error *err);

#endif
