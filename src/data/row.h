/* Makes a row of a batch of an image: as it is, or changed as the moment says (augment.h), then normalised and cut into
 * patches. Any number of threads may make rows, each with work of its own. Used by the loader. */
#ifndef LOCL_DATA_ROW_H
#define LOCL_DATA_ROW_H

#include "data/augment.h"
#include "data/patches.h"

typedef struct locl_row_maker {
    locl_patch_shape shape;
    locl_normal_table table;
    double mean[LOCL_DATA_CHANNELS], std[LOCL_DATA_CHANNELS];
    const locl_augment_options *augment; /* resolved; NULL: images as they are */
} locl_row_maker;

/* LOCL_E_CONFIG: patches that do not divide the images of the data set. `augment` outlives the maker. */
locl_status locl_row_maker_init(const locl_dataset *dataset, size_t patches,
                                const locl_augment_options *augment, locl_row_maker *out, locl_error *err);
/* Writes out [P,C]. The image has the size of the data set's; if it is changed, any size. LOCL_E_MEMORY: one that is
 * larger than `work` was reserved for. */
locl_status locl_row_make(const locl_row_maker *maker, const locl_image *image,
                          const locl_augment_moment *moment, locl_augment_work *work, float *out,
                          locl_error *err);

#endif
