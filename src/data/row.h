/* Makes a row of a batch of an image of a set: as it is, or changed as the moment says (augment.h), then normalised and
 * cut into patches. Any number of threads may make rows, each with work of its own. Used by the loader. */
#ifndef LOCL_DATA_ROW_H
#define LOCL_DATA_ROW_H

#include "data/augment.h"
#include "data/images.h"
#include "data/patches.h"

typedef struct locl_row_maker {
    const locl_dataset *dataset; /* outlives it */
    locl_patch_shape shape;
    locl_normal_table table;
    const locl_augment_options *augment; /* resolved; NULL: images as they are */
} locl_row_maker;

/* LOCL_E_CONFIG: patches that do not divide the images of the data set. `augment` outlives the maker. */
locl_status locl_row_maker_init(const locl_dataset *dataset, size_t patches,
                                const locl_augment_options *augment, locl_row_maker *out, locl_error *err);

/* Memory that a thread works in. Starts with {0}. */
typedef struct locl_row_work {
    locl_image_space space;
    locl_augment_work augment;
} locl_row_work;
void locl_row_work_release(locl_row_work *work);

/* Writes out [P,C] of the image of that moment. A part that is cut out is one of the image in its own size, where that
 * is still to be had, decoded at a half, a quarter or an eighth of it where the part stays as large as it is shown.
 * LOCL_E_DATA, LOCL_E_MEMORY: it cannot be had, see images.h. */
locl_status locl_row_make(const locl_row_maker *maker, const locl_augment_moment *moment, locl_row_work *work,
                          float *out, locl_error *err);

#endif
