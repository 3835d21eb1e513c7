/* The tensors of locl probe's files (SPEC 11): their names, shapes and checks. Used by probe.c alone. */
#ifndef LOCL_STUDY_PROBE_TENSORS_H
#define LOCL_STUDY_PROBE_TENSORS_H

#include "base/arrays.h"
#include "device/call.h"
#include "device/arena.h"
#include "model/params.h"
#include "rules/options.h"

/* Writes the name of the images in a view: "images", or "images.1" and "images.2". */
void locl_probe_images_name(size_t views, size_t view, char name[LOCL_ARRAY_NAME]);
/* Checks that `in` holds what a step needs, and nothing else. *batch is that of the images. *given says whether
 * draws came with it. */
locl_status locl_probe_check(const locl_arrays *in, const locl_model *model, const locl_rule_options *rule,
                             size_t *batch, bool *given, locl_error *err);

/* Returns the number of values of one pass's draws of a layer's output, [B,P,width] or [K,B,P,H], 0 where the
 * block has no such layer. */
size_t locl_probe_noise_values(const locl_model *model, const locl_rule_options *rule, size_t batch,
                               size_t block, locl_layer layer);
/* Returns which dimension of such draws is the batch's. */
size_t locl_probe_noise_axis(const locl_rule_options *rule, locl_layer layer);
/* Returns "noise.<m>.blocks.<k>.<layer>" of a set, NULL when it is not there. */
const locl_array *locl_probe_noise_find(const locl_arrays *in, size_t pass, size_t block, locl_layer layer);

/* Returns "noise.<m>.<parameter>" of weight rules, NULL when it is not there. */
const locl_array *locl_probe_weight_noise_find(const locl_arrays *in, size_t pass, const locl_param *p);

/* Images first..first+images-1 of a batch: what was computed at once. The tensors on the device are theirs.
 * Those of the output are the whole batch's, put together slice by slice from image 0 on. */
typedef struct locl_probe_slice {
    size_t batch, first, images;
    size_t views, view; /* of each image: 1, or 2 that are computed at once; the one that is being written */
} locl_probe_slice;

/* Writes the slice of a given array, whose dimension `axis` is the batch's, to the device, `offset` values in.
 * Waits. */
locl_status locl_probe_write_slice(locl_queue *queue, const locl_array *from, size_t axis,
                                   const locl_probe_slice *slice, const locl_tensor *tensor, size_t offset,
                                   locl_error *err);

/* Add to the output what they read from the device, as all that follow, but the last, do. They wait. */
locl_status locl_probe_add_head(locl_arrays *out, locl_queue *queue, size_t block, const locl_tensor *logits,
                                const locl_probe_slice *slice, size_t classes, float loss, locl_error *err);
locl_status locl_probe_add_classifier(locl_arrays *out, locl_queue *queue, const locl_tensor *logits,
                                      const locl_probe_slice *slice, size_t classes, float loss,
                                      locl_error *err);
/* Adds jvp, or zeros where it is NULL, as nothing moved. */
locl_status locl_probe_add_jvp(locl_arrays *out, locl_queue *queue, size_t block, const locl_tensor *jvp,
                               size_t passes, const locl_probe_slice *slice, size_t patches, size_t groups,
                               locl_error *err);
/* Adds "jvp.<m>.blocks.<k>.channel". `dim` is K, P, G. */
locl_status locl_probe_add_channel_jvp(locl_arrays *out, locl_queue *queue, size_t block,
                                       const locl_tensor *jvp, size_t passes, const locl_probe_slice *slice,
                                       const size_t dim[3], locl_error *err);
locl_status locl_probe_add_classifier_jvp(locl_arrays *out, locl_queue *queue, const locl_tensor *jvp,
                                          size_t passes, const locl_probe_slice *slice, locl_error *err);
/* Adds "jvp.<m><suffix>" [groups] of weight rules, a mean over the batch. Row m of jvp starts at m * stride. */
locl_status locl_probe_add_weight_jvp(locl_arrays *out, locl_queue *queue, const char *suffix,
                                      const locl_tensor *jvp, size_t stride, size_t passes, size_t groups,
                                      const locl_probe_slice *slice, locl_error *err);
/* Once the batch's last slice is done. */
locl_status locl_probe_add_gradients(locl_arrays *out, locl_queue *queue, const locl_params *params,
                                     const locl_tensor *const *gradient, locl_error *err);
/* Adds the draws of step 0 that the rule made itself. */
locl_status locl_probe_add_draws(locl_arrays *out, const locl_model *model, const locl_rule_options *rule,
                                 uint64_t seed, size_t batch, locl_error *err);

#endif
