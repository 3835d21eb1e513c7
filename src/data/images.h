/* Gives the images of a set one by one, from memory or decoded when they are asked for: the only way to their
 * pixels for the loader and for programs that look at images. May be called from any number of threads, each
 * with a space of its own. */
#ifndef LOCL_DATA_IMAGES_H
#define LOCL_DATA_IMAGES_H

#include "data/dataset.h"
#include "data/image.h"

/* How an image is wanted. Of its own size, reduced: libjpeg gives a side of s pixels as ceil(s / 2), and so on, for
 * much less time. Those of PNG files and of sets in memory come unreduced: what comes tells its size. */
typedef enum locl_image_size {
    LOCL_IMAGE_FITTED, /* as the set says, [h,w,c] */
    LOCL_IMAGE_OWN,
    LOCL_IMAGE_HALF,
    LOCL_IMAGE_QUARTER,
    LOCL_IMAGE_EIGHTH
} locl_image_size;

/* What a thread decodes into. Starts as {0}, freed with locl_image_space_free(). */
typedef struct locl_image_space {
    uint8_t *file, *decoded, *fitted;
    size_t file_size, decoded_size, fitted_size; /* bytes of each */
    const locl_dataset *set; /* `file` holds the file of its image `index`; NULL: nothing */
    size_t index;
    locl_image last; /* of that image what was decoded last, where pixels is not NULL, wanted as `size` */
    locl_image_size size;
} locl_image_space;
void locl_image_space_free(locl_image_space *space);

/* Finds height and width of image `index` in its file; in a set in memory those of the set. Errors as below. */
locl_status locl_dataset_own_size(const locl_dataset *set, size_t index, locl_image_space *space, size_t *h,
                                  size_t *w, locl_error *err);
/* Gets image `index` with the channels of the set. *out, which nobody changes, is valid until the next call
 * with that space, and as long as the set. LOCL_E_DATA: its file is gone, has changed or is damaged; LOCL_E_MEMORY. */
locl_status locl_dataset_image(const locl_dataset *set, size_t index, locl_image_size size,
                               locl_image_space *space, locl_image *out, locl_error *err);

#endif
