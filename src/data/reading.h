/* Between dataset.c, which decides what is read, and the readers (idx.c, cifar.c, tree.c), one per kind of
 * files. Included by these alone. */
#ifndef LOCL_DATA_READING_H
#define LOCL_DATA_READING_H

#include "data/dataset.h"
#include "data/problems.h"

#include <stdbool.h>

/* Labels that are no class, of all sets. */
typedef struct locl_label_excess {
    size_t count;
    int32_t largest;
    size_t index;              /* of the image that has it first, */
    char what[LOCL_DATA_PATH]; /* in what its label came from */
} locl_label_excess;

typedef struct locl_reading {
    const locl_data_options *options;
    const char *path;                     /* what to read: options->path, or the place that was found */
    bool wanted[LOCL_SPLIT_COUNT];        /* splits to fill in */
    locl_dataset *sets[LOCL_SPLIT_COUNT]; /* by the reader; on error, too, the caller closes them */
    locl_data_problems problems;          /* with any of them, the sets are not whole */
    locl_label_excess excess;
} locl_reading;

/* Each fills reading->sets of the wanted splits with images of their wanted size, labels and class names;
 * mean and deviation are dataset.c's. What is wrong with single files goes into reading->problems and
 * reading->excess; any other failure ends the reading. */
locl_status locl_idx_read(locl_reading *reading, locl_error *err);
locl_status locl_cifar10_read(locl_reading *reading, locl_error *err); /* binary batches, or a tree */
locl_status locl_tree_read(locl_reading *reading, locl_error *err);

/* A set of n images without content. LOCL_E_MEMORY, with the sizes, when it would not fit. */
locl_status locl_dataset_new(const locl_data_options *options, size_t n, size_t h, size_t w, size_t c,
                             locl_dataset **out, locl_error *err);
/* Copies `count` names. */
locl_status locl_dataset_name_classes(locl_dataset *dataset, const char *const *names, size_t count,
                                      locl_error *err);
/* Sets `classes` to options->classes, or to `own` if 0; labels out of their range go into reading->excess.
 * `what` is the file that labels came from. */
void locl_dataset_set_classes(locl_dataset *dataset, locl_reading *reading, size_t own, const char *what);
/* Gives the images the size that options->image wants; replaces *dataset where they differ. */
locl_status locl_dataset_fit(const locl_data_options *options, locl_dataset **dataset, locl_error *err);

/* Takes options->holdout >= 1 images out of `train`, evenly spaced in its order, into a set of their own
 * without mean and deviation; the others move up. On error, too, *held is the caller's. LOCL_E_CONFIG: none
 * would be left. */
locl_status locl_dataset_hold_out(const locl_data_options *options, locl_dataset *train, locl_dataset **held,
                                  locl_error *err);

/* LOCL_E_MEMORY if `bytes` more are over options->memory or over what the machine has free. */
locl_status locl_data_check_memory(const locl_data_options *options, uint64_t bytes, const char *what,
                                   locl_error *err);

/* Per-channel mean and deviation of pixels / 255 over all images, from exact counts of the 256 values.
 * LOCL_E_DATA: a channel whose deviation is 0. */
locl_status locl_stats_compute(const locl_dataset *dataset, double *mean, double *std, locl_error *err);

#endif
