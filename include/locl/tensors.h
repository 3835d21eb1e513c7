/* A run's images, network and outputs as arrays, for those who look at them elsewhere: src/python/locl.py does.
 *
 *     float *images = ..., *logits = ...; // [8,h,w,c], [8,K]
 *     int32_t labels[8];
 *     if (locl_run_images(run, "test", 0, 8, images, labels, &err) == LOCL_OK &&
 *         locl_run_logits(run, images, 8, logits, NULL, &err) == LOCL_OK) {
 *         ... logits[label + 0 * K] ...
 *     }
 */
#ifndef LOCL_TENSORS_H
#define LOCL_TENSORS_H

#include "locl/export.h"
#include "locl/run.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { LOCL_IMAGE_CHANNELS = 3 /* at most */ };

/* What a run's arrays measure. */
typedef struct locl_run_shape {
    size_t height, width, channels; /* h, w, c of an image */
    size_t classes, blocks;         /* K, of outputs; heads */
    size_t images;                  /* of the split */
    double mean[LOCL_IMAGE_CHANNELS],
        std[LOCL_IMAGE_CHANNELS]; /* [c] by which pixels in [0, 1] are normalised */
} locl_run_shape;

/* Measures a split, "train" or "test", whose images are read if that was not done. LOCL_E_USAGE: no such split;
 * LOCL_E_DATA, LOCL_E_NODEVICE, LOCL_E_TOO_LARGE, as in opening a run to train. */
LOCL_API locl_status locl_run_measure_split(locl_run *run, const char *split, locl_run_shape *out,
                                            locl_error *err);
/* Writes images `first`.. of a split, as the network gets them: normalised, in the order of the data. `images` is
 * [count,h,w,c], `labels` [count]; either may be NULL. LOCL_E_USAGE: there are fewer, or as above. */
LOCL_API locl_status locl_run_images(locl_run *run, const char *split, size_t first, size_t count,
                                     float *images, int32_t *labels, locl_error *err);
/* Computes what the network makes of normalised images [count,h,w,c], with its parameters as they are, on the first of
 * its devices, by the kernels that evaluate. Reads the test images, if that was not done, as locl_run_evaluate() does.
 * `logits` [count,K] are the classifier's, `heads` [blocks,count,K] those of the blocks, or NULL. Prepares anew in each
 * call, so large calls are better than many. LOCL_E_USAGE: `count` is 0, a value is not finite, or
 * `heads` are wanted under task contrast, where they give no logits. */
LOCL_API locl_status locl_run_logits(locl_run *run, const float *images, size_t count, float *logits,
                                     float *heads, locl_error *err);
/* Writes the network as one JSON object: what a checkpoint's tensors are parts of. docs/python.md has its fields. *out
 * is the caller's to free(). Reads the test images where the configuration does not tell their shape. LOCL_E_MEMORY. */
LOCL_API locl_status locl_run_network_to_json(locl_run *run, char **out, locl_error *err);

#ifdef __cplusplus
}
#endif
#endif
