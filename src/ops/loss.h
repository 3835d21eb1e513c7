/* Cross entropy, its error, the step's record, and the `losses` switches (SPEC 1 and 2). Records into a
 * command buffer. References are in loss_ref.c. */
#ifndef LOCL_OPS_LOSS_H
#define LOCL_OPS_LOSS_H

#include "device/command_buffer.h"
#include "ops/metrics.h"

/* Records logits [B,K] += bias [K] and error [B,K] = softmax - onehot, with 0 in rows from `valid` on. Writes
 * mean loss and wrong images to record `index` of LOCL_EXT_METRICS and clears its `bad`. Labels are in [0,K),
 * which the host checks. Takes [B] + [B] scratch. */
void locl_loss_softmax(locl_command_buffer *cmd, const locl_tensor *logits, const locl_tensor *bias,
                       const locl_tensor *labels, const locl_tensor *error, const locl_tensor *metrics,
                       size_t index, size_t batch, size_t classes);
/* Records record `index` of the step from each image's loss and whether it was wrong, [B] both. With B 0 (and NULL)
 * nothing was measured: a loss of 0. */
void locl_loss_record(locl_command_buffer *cmd, const locl_tensor *losses, const locl_tensor *wrong,
                      const locl_tensor *metrics, size_t index, size_t batch);
/* Records out [M,B,lp,lg] = dl [M,B,P,G] summed over patches where lp is 1 and over groups where lg is 1.
 * `images` is M B. */
void locl_loss_gather(locl_command_buffer *cmd, const locl_tensor *dl, const locl_tensor *out, size_t images,
                      size_t patches, size_t groups, size_t lp, size_t lg);

void locl_loss_softmax_ref(float *logits, const float *bias, const int32_t *labels, float *error,
                           locl_step_metrics *record, size_t batch, size_t classes, size_t valid);
void locl_loss_gather_ref(const float *dl, float *out, size_t images, size_t patches, size_t groups,
                          size_t lp, size_t lg);

#endif
