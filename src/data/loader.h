/* Makes batches before they are asked for. One thread shuffles, normalises and cuts images into a ring of
 * host buffers, with others where they have to be decoded, or are changed each time that they are shown. Used by
 * training, evaluation and audit. A batch depends on the data set, the options of its images, the seed and its number
 * alone. So a loader that starts at batch t gives the same batches as one that started at batch 0.
 *
 *     LOCL_TRY(locl_loader_open(train, &options, &loader, err));
 *     locl_batch batch;
 *     while (locl_loader_acquire(loader, &batch)) {
 *         ... upload batch.x; once the upload is done: ...
 *         locl_loader_release(loader, &batch);
 *     }
 *     locl_loader_close(loader);
 */
#ifndef LOCL_DATA_LOADER_H
#define LOCL_DATA_LOADER_H

#include "data/augment_options.h"
#include "data/dataset.h"
#include "data/patches.h"

#include <stdbool.h>

typedef struct locl_loader_options {
    size_t batch;   /* B */
    size_t slice;   /* images of a buffer; divides B; 0: all of them */
    size_t patches; /* per side */
    size_t ring;    /* buffers, at least 2; the consumer may hold ring - 1 of them at once */
    const locl_augment_options *augment; /* resolved; how images are changed each time; outlives the loader;
                                          * NULL: they stay as they are */
    size_t views;     /* of each image in a batch of training, each changed on its own; 0: one */
    unsigned threads; /* that decode images, or change them; 0: one per core */
    uint64_t seed;
    bool training;  /* true: shuffled epochs without end, each without its partial batch; false: one pass
                     * in order, with the partial batch */
    uint64_t first; /* number of the first batch; 0 in an evaluation */
    uint64_t end;   /* number of the batch before which to stop; 0: never in training, else after one pass */
    /* Hears when the loader's thread made batch `number` (a slice counts as its batch). On that thread. May be
     * NULL. */
    void (*made)(void *user, uint64_t number, double start, double end);
    void *made_user;
} locl_loader_options;

/* A batch, or a slice of one: b images in v views, all rows of view 1 first. */
typedef struct locl_batch {
    const float *x;        /* [v*b,P,C]; rows from `valid` on are 0 */
    const int32_t *labels; /* [v*b], the same in each view; those from `valid` on are 0 */
    size_t valid;          /* rows that have images: v*b, or fewer in the last one of an evaluation */
    uint64_t number;       /* counted from 0 over all epochs; counts slices, if batches are cut into them */
    uint64_t epoch;        /* that it belongs to */
    size_t slot;           /* for the loader */
} locl_batch;

typedef struct locl_loader_stats {
    uint64_t batches;      /* acquired */
    double waited_seconds; /* in which acquire() waited for a batch: idle time of the consumer */
    double filled_seconds; /* in which the thread of the loader worked */
} locl_loader_stats;

typedef struct locl_loader locl_loader;

/* Opens a loader and starts its thread. `dataset` must outlive it. *out is the caller's until
 * locl_loader_close(). LOCL_E_CONFIG: a batch larger than the training set, or images that the patches do not
 * divide; LOCL_E_DATA: a label out of range; LOCL_E_MEMORY. */
locl_status locl_loader_open(const locl_dataset *dataset, const locl_loader_options *options,
                             locl_loader **out, locl_error *err);
/* Blocks until the next batch is there, and lends it until it is released. False at the end, after
 * stop, and where an image of it cannot be had, which locl_loader_failure() tells. */
bool locl_loader_acquire(locl_loader *loader, locl_batch *batch);
/* Says why there is no next batch: its first image that could not be had (LOCL_E_DATA, LOCL_E_MEMORY). LOCL_OK: for no
 * such reason. */
locl_status locl_loader_failure(locl_loader *loader, locl_error *err);
/* Gives a batch back, in any order. The loader then writes into its memory. */
void locl_loader_release(locl_loader *loader, const locl_batch *batch);
/* Wakes a consumer that waits in acquire. May be called from any thread and repeatedly. Only close() is
 * useful afterwards. */
void locl_loader_stop(locl_loader *loader);
/* Accepts NULL. Batches that are still lent become invalid. */
void locl_loader_close(locl_loader *loader);
/* Closes it, but leaves the memory of its batches, for a device that no longer answers and may yet read it. */
void locl_loader_abandon(locl_loader *loader);

size_t locl_loader_steps_per_epoch(const locl_loader *loader);
const locl_patch_shape *locl_loader_shape(const locl_loader *loader);
/* Returns the memory of buffer `slot` < ring: x [v*b,P,C], page-aligned. For tests. */
const float *locl_loader_buffer(const locl_loader *loader, size_t slot, size_t *bytes);
locl_loader_stats locl_loader_statistics(locl_loader *loader);

#endif
