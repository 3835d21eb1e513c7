/* Cross entropy, its error, the step's record, and the `losses` switches (SPEC 1 and 2). Records into a
 * command buffer; references in loss_ref.c. */
#ifndef LOCL_OPS_LOSS_H
#define LOCL_OPS_LOSS_H

#include "device/command_buffer.h"
#include "ops/metrics.h"

/* logits [B,K] in without and out with bias [K]; error [B,K] = softmax - onehot, 0 in rows from `valid` on;
 * record `index` of LOCL_EXT_METRICS gets mean loss and wrong images, and `bad` cleared. Labels are in
 * [0,K): the host checks. Takes [B] + [B] scratch. */
void locl_loss_softmax(locl_command_buffer *cmd, const locl_tensor *logits, const locl_tensor *bias,
                       const locl_tensor *labels, const locl_tensor *error, const locl_tensor *metrics,
                       size_t index, size_t batch, size_t classes);
/* dl [M,B,P,G] -> out [M,B,lp,lg], summed over patches with lp 1 and over groups with lg 1; `images` = M B.
 */
void locl_loss_gather(locl_command_buffer *cmd, const locl_tensor *dl, const locl_tensor *out, size_t images,
                      size_t patches, size_t groups, size_t lp, size_t lg);

void locl_loss_softmax_ref(float *logits, const float *bias, const int32_t *labels, float *error,
                           locl_step_metrics *record, size_t batch, size_t classes, size_t valid);
void locl_loss_gather_ref(const float *dl, float *out, size_t images, size_t patches, size_t groups,
                          size_t lp, size_t lg);

#endif
