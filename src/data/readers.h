/* Interface between dataset_open.c, which decides what is read, and the readers (idx.c, cifar.c, tree.c, shards.c), one
 * per kind of files, which make their sets by dataset.c. Included by the files of src/data alone. */
#ifndef LOCL_DATA_READERS_H
#define LOCL_DATA_READERS_H

#include "data/dataset.h"
#include "data/problems.h"

#include <stdbool.h>

/* Labels that are no class, in all sets together. */
typedef struct locl_label_excess {
    size_t count;
    int32_t largest;
    size_t index;              /* the first image with the largest label */
    char what[LOCL_DATA_PATH]; /* the file that its label came from */
} locl_label_excess;

typedef struct locl_reading {
    const locl_data_options *options;
    const char *path;                     /* options->path, or the place that was found */
    bool wanted[LOCL_SPLIT_COUNT];        /* splits to fill in */
    locl_dataset *sets[LOCL_SPLIT_COUNT]; /* filled by the reader; the caller closes them, on error too */
    locl_data_problems problems;          /* if there is any, the sets are incomplete */
    locl_label_excess excess;
} locl_reading;

/* Fill reading->sets of the wanted splits with images of the wanted size, labels and class names. dataset_open.c
 * adds mean and deviation. Faults of single files go into reading->problems and reading->excess. Any other
 * failure ends the reading. */
locl_status locl_idx_read(locl_reading *reading, locl_error *err);
locl_status locl_cifar10_read(locl_reading *reading, locl_error *err); /* reads binary batches, or a tree */
locl_status locl_tree_read(locl_reading *reading, locl_error *err);
locl_status locl_shards_read(locl_reading *reading, locl_error *err);

/* Reads the header of the training images. False when it cannot be told from that what they are. */
bool locl_idx_peek(const locl_reading *reading, unsigned image[3], unsigned *classes);

/* Makes a set of n images without content. LOCL_E_MEMORY, with the sizes, when it would not fit. */
locl_status locl_dataset_new(const locl_data_options *options, size_t n, size_t h, size_t w, size_t c,
                             locl_dataset **out, locl_error *err);
/* Makes a set of n images that stay in files, [h,w,c], whose items and labels the caller fills in. */
struct locl_stream_files;
locl_status locl_dataset_new_stream(struct locl_stream_files *files, size_t n, const size_t image[3],
                                    locl_dataset **out, locl_error *err);
/* Names the classes; copies `count` names. */
locl_status locl_dataset_name_classes(locl_dataset *dataset, const char *const *names, size_t count,
                                      locl_error *err);
/* Sets `classes` to options->classes, or to `own` if that is 0. Labels out of their range go into
 * reading->excess. `what` is the file that the labels came from. */
void locl_dataset_set_classes(locl_dataset *dataset, locl_reading *reading, size_t own, const char *what);
/* Gives the images the size that options->image wants. Replaces the pixels where the sizes differ. */
locl_status locl_dataset_fit(const locl_data_options *options, locl_dataset **dataset, locl_error *err);

/* Moves options->holdout >= 1 images out of `train`, evenly spaced in its order, into a set of their own
 * without mean and deviation. The others move up. *held is the caller's, on error too. LOCL_E_CONFIG: no
 * training image would be left. */
locl_status locl_dataset_hold_out(const locl_data_options *options, locl_dataset *train, locl_dataset **held,
                                  locl_error *err);

/* Checks memory: LOCL_E_MEMORY if `bytes` more exceed options->memory or, where that is 0, what the machine
 * has free. */
locl_status locl_data_check_memory(const locl_data_options *options, uint64_t bytes, const char *what,
                                   locl_error *err);

/* Computes mean and deviation of pixels / 255 per channel over all images, from exact counts of the 256
 * values. LOCL_E_DATA: a channel whose deviation is 0. */
locl_status locl_stats_compute(const locl_data_options *options, const locl_dataset *dataset, double *mean,
                               double *std, locl_error *err);

#endif
