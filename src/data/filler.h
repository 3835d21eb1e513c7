/* Fills the rows of a batch with images, by several threads where they are changed or
 * have to be decoded. Used by loader.c, from one
 * thread. */
#ifndef LOCL_DATA_FILLER_H
#define LOCL_DATA_FILLER_H

#include "data/augment_options.h"
#include "data/dataset.h"
#include "data/patches.h"

typedef struct locl_filler_options {
    const locl_dataset *dataset;         /* outlives it */
    const locl_augment_options *augment; /* resolved; outlives it; NULL: images as they are */
    size_t patches;                      /* per side */
    size_t views;
    unsigned threads; /* 0: one per core */
    uint64_t seed;
} locl_filler_options;

typedef struct locl_filler locl_filler;

/* *out is the caller's until locl_filler_close(). LOCL_E_CONFIG: patches that do not divide the images;
 * LOCL_E_MEMORY. */
locl_status locl_filler_open(const locl_filler_options *options, locl_filler **out, locl_error *err);
void locl_filler_close(locl_filler *filler); /* accepts NULL */
const locl_patch_shape *locl_filler_shape(const locl_filler *filler);

/* Images of a batch, or of a slice of one. */
typedef struct locl_filling {
    const uint32_t *index; /* [images] in the data set */
    size_t images, rows;   /* rows of a view, of which those from `images` on are 0 */
    uint64_t epoch;
    float *x;        /* [views * rows,P,C] */
    int32_t *labels; /* [views * rows] */
} locl_filling;

/* LOCL_E_DATA, LOCL_E_MEMORY: of the first image that cannot be had, see images.h. */
locl_status locl_filler_fill(locl_filler *filler, const locl_filling *filling, locl_error *err);

#endif
