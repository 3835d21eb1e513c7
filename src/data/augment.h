/* Changes an image as it is shown once: draws what is done to it, and does that, to values from 0 to 1 in planes, one
 * for each channel. Used by filler.c for each row of a batch. What is drawn depends on seed, epoch, image, view and
 * part alone.
 *
 *     locl_augment_draws draws;
 *     locl_augment_draw(&options, &shown, &size, &draws);
 *     locl_augment_image(&options, &draws, &image, &size, &work);
 *     ... work.planes [c,h,w] ...
 */
#ifndef LOCL_DATA_AUGMENT_H
#define LOCL_DATA_AUGMENT_H

#include "data/augment_options.h"
#include "data/image.h"

#include <stdbool.h>

/* Which time an image is shown. */
typedef struct locl_augment_moment {
    uint64_t seed, image; /* image: its number in the training set */
    uint32_t epoch;
    unsigned view;
} locl_augment_moment;

/* Heights and widths: of the image as it is, and as the network gets it. */
typedef struct locl_augment_size {
    size_t from_h, from_w, h, w;
} locl_augment_size;

typedef enum locl_jitter_kind {
    LOCL_JITTER_BRIGHTNESS,
    LOCL_JITTER_CONTRAST,
    LOCL_JITTER_SATURATION,
    LOCL_JITTER_HUE,
    LOCL_JITTER_KINDS
} locl_jitter_kind;

typedef struct locl_augment_draws {
    bool done[LOCL_AUGMENT_PARTS];
    size_t top, left, height, width; /* CROP: of the image as it is */
    int down, right;                 /* PAD: pixels that the window moves, from -pixels to pixels */
    locl_jitter_kind order[LOCL_JITTER_KINDS];
    float jitter[LOCL_JITTER_KINDS]; /* factors; of the hue, the part of a turn */
    float sigma;                     /* BLUR: in pixels */
} locl_augment_draws;

/* Draws what is done. `options` are resolved. */
void locl_augment_draw(const locl_augment_options *options, const locl_augment_moment *moment,
                       const locl_augment_size *size, locl_augment_draws *out);

/* Memory that a thread works in. Starts with {0}. */
typedef struct locl_augment_work {
    float *memory;         /* of the planes */
    float *planes, *other; /* [c,h,w] each, in turns */
    float *rows;           /* what the parts keep for themselves */
    size_t plane_values, row_values;
} locl_augment_work;

/* Makes room for images of that size and c channels. LOCL_E_MEMORY. */
locl_status locl_augment_reserve(locl_augment_work *work, const locl_augment_size *size, size_t c,
                                 locl_error *err);
void locl_augment_release(locl_augment_work *work);
/* Does what was drawn to an image of from_h x from_w. The result is work->planes [c,h,w]. Other sizes than h x w that
 * are not cropped are scaled as a whole. */
void locl_augment_image(const locl_augment_options *options, const locl_augment_draws *draws,
                        const locl_image *image, const locl_augment_size *size, locl_augment_work *work);

/* The parts. x is [c,n], n values of each channel; those of grey images have no hue and no saturation. */

/* Does one kind of jitter, and keeps values from 0 to 1. Brightness: x f. Contrast: from the image's mean luma, the
 * f-fold distance. Saturation: from each pixel's luma, the f-fold distance. Hue: f of a turn, in HSV. */
void locl_augment_jitter(locl_jitter_kind kind, float f, float *x, size_t c, size_t n);
/* Gives all channels the luma, .299 R + .587 G + .114 B. */
void locl_augment_grey(float *x, size_t c, size_t n);
/* Inverts values from the threshold on. */
void locl_augment_solarize(float threshold, float *x, size_t count);
/* Returns on how many sides of a pixel others count for a kernel of `share` of a side: half of it, rounded down. */
size_t locl_augment_blur_radius(double share, size_t side);
/* Blurs planes [c,h,w] by a Gaussian of 2 radius + 1 values, mirrored at the edges. `rows` has h w + w + 2 radius
 * values. radius is less than h and w. */
void locl_augment_blur(float sigma, size_t radius, float *x, size_t c, size_t h, size_t w, float *rows);

#endif
