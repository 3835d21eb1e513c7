/* Which images a run learns from, and how it gets them. Plain data, filled by src/config from YAML or by the
 * library's user from the defaults. It owns nothing and may be copied. */
#ifndef LOCL_DATA_OPTIONS_H
#define LOCL_DATA_OPTIONS_H

#include "base/option_sink.h"

#include <stddef.h>
#include <stdint.h>

enum {
    LOCL_DATA_PATH = 4096,      /* bytes of a path, with its 0 */
    LOCL_DATA_PATHS = 32768,    /* bytes of several */
    LOCL_DATA_CHANNELS = 3,     /* most channels of an image read from a file */
    LOCL_DATA_MAX_SIDE = 16384, /* most pixels of a side of an image */
    LOCL_DATA_MAX_CLASSES = 65536
};

typedef enum locl_data_name {
    LOCL_DATA_MNIST,
    LOCL_DATA_FASHION_MNIST,
    LOCL_DATA_CIFAR10,
    LOCL_DATA_FOLDER,
    LOCL_DATA_SHARDS,
    LOCL_DATA_NAME_COUNT
} locl_data_name;

/* Receives the progress of reading: `done` of `total` (0: not known) of `stage` ("reading x.tar",
 * "decoding"). Called from any thread, never two at once. It must not call the library. */
typedef void (*locl_data_progress)(void *user, const char *stage, size_t done, size_t total);

typedef struct locl_data_options {
    locl_data_name name;
    char path
        [LOCL_DATA_PATHS]; /* "": the first place of locl_data_places() that exists; of shards also several,
                                      * each on a line */
    unsigned batch;        /* B, images per step */
    unsigned microbatch;   /* of them computed at once; divides B; 0: all */
    double mean[LOCL_DATA_CHANNELS]; /* of pixels in [0, 1], per channel */
    double std[LOCL_DATA_CHANNELS];
    unsigned mean_count, std_count; /* values given above; 0: of SPEC 1 or of the training set */
    unsigned holdout;    /* training images that become the test split instead of that of the data; 0: none */
    unsigned prefetch;   /* batches made ahead, at least 2 */
    unsigned threads;    /* threads that decode images; 0: one per core */
    uint64_t memory;     /* most bytes of images kept; 0: what the machine has free */
    unsigned memory_mib; /* the same in MiB, where it is not 0 (data.memory) */
    unsigned image[3];   /* h, w, c wanted (model.image); where 0, those of the data */
    unsigned
        patches; /* per side (model.patches), which images of shards should not be smaller than; 0: not known */
    bool own_size;    /* images are wanted in their own size, too, so that trees stay in their files */
    unsigned classes; /* K wanted (model.classes); 0: that of the data */
    locl_data_progress progress; /* may be NULL */
    void *progress_user;
} locl_data_options;

/* Returns the defaults: fashion-mnist at its usual place, batch 128, prefetch 4, all else as the data have
 * it. */
locl_data_options locl_data_options_default(void);

/* Reports options that cannot be read or contradict each other. */
void locl_data_options_check(const locl_data_options *options, locl_option_sink *sink);

/* Returns the most bytes of images kept; 0: what the machine has free. */
uint64_t locl_data_memory(const locl_data_options *options);

const char *locl_data_text(locl_data_name name); /* returns "fashion-mnist" */

/* Returns the places where data of that name are looked for without a path, in order. Ends with NULL; empty
 * for `folder` and `shards`. */
const char *const *locl_data_places(locl_data_name name);

#endif
