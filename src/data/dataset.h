/* A labelled set of images, 8 bits per value: in memory, read once when a run starts, or in its files, where it does not fit
 * there. Used by the loader, which normalises it and cuts batches from it, and by src/run. Images of IDX and CIFAR files keep their
 * order. Images of trees are in the order of their paths, in a folder or an archive.
 *
 *     locl_dataset *train, *test;
 *     LOCL_TRY(locl_dataset_open_both(&options, &train, &test, err));
 *     ... train->n images of train->h x train->w x train->c, train->classes classes ...
 *     locl_dataset_close(test);
 *     locl_dataset_close(train);
 */
#ifndef LOCL_DATA_DATASET_H
#define LOCL_DATA_DATASET_H

#include "base/error.h"
#include "data/options.h"

typedef enum locl_split { LOCL_SPLIT_TRAIN, LOCL_SPLIT_TEST, LOCL_SPLIT_COUNT } locl_split;

typedef struct locl_dataset {
    uint8_t *pixels; /* [n,h,w,c]; NULL: see `stream` */
    int32_t *labels; /* [n], each in 0 .. classes - 1 */
    struct locl_image_stream
        *stream; /* where `pixels` is NULL: images are decoded when they are needed, see images.h */
    size_t n, h, w, c, classes;      /* n, classes >= 1; c is 1 or 3 */
    char **class_names;              /* [named] */
    size_t named;                    /* number of classes whose name is known, from class 0 on */
    double mean[LOCL_DATA_CHANNELS]; /* [c], of pixels in [0, 1]: given, of SPEC 1 or of the training set */
    double std[LOCL_DATA_CHANNELS];  /* [c], positive */
} locl_dataset;

/* Reads one split of the data that `options` name. *out is the caller's until locl_dataset_close(); NULL on
 * error. Also reads the training images when mean and deviation or a held-out test split come from them.
 * LOCL_E_DATA: missing or damaged files, labels out of range, classes without training images; LOCL_E_CONFIG:
 * options that contradict each other or the data; LOCL_E_MEMORY: the images do not fit. */
locl_status locl_dataset_open(const locl_data_options *options, locl_split split, locl_dataset **out,
                              locl_error *err);
/* Reads both splits in one pass over the files. On error both are NULL. */
locl_status locl_dataset_open_both(const locl_data_options *options, locl_dataset **train,
                                   locl_dataset **test, locl_error *err);
/* What is known of images before they are read. */
typedef struct locl_data_shape {
    unsigned image[3], classes; /* h, w, c */
} locl_data_shape;
/* Finds the shape that the images of the data will have: the options', or that of IDX files' headers. False
 * when only reading them tells, and when they are not there, which reading them then says. */
bool locl_dataset_peek(const locl_data_options *options, locl_data_shape *out);
void locl_dataset_close(locl_dataset *dataset); /* accepts NULL */

#endif
