/* InfoNCE of two views of the same images (SPEC 7): losses and their gradients in closed form, of row n of R = 2 B,
 * image n % B in view n / B. The keys are constants. Records into a command buffer. References are in
 * contrast_ref.c. */
#ifndef LOCL_OPS_CONTRAST_H
#define LOCL_OPS_CONTRAST_H

#include "device/command_buffer.h"

/* A head's outputs and what is made of them. */
typedef struct locl_contrast {
    size_t rows, width;       /* R, projection */
    double temperature;       /* tau */
    const locl_tensor *z;     /* [R,width] the head's outputs */
    const locl_tensor *u;     /* [R,width] z / max(|z|, 1e-6) */
    const locl_tensor *norms; /* [R] max(|z|, 1e-6) */
    const locl_tensor *q;     /* [R,R] softmax - onehot of each row's logits, 0 at the row itself */
} locl_contrast;

/* Takes u, norms and q from the command buffer's workspace. */
locl_contrast locl_contrast_of(locl_command_buffer *cmd, size_t rows, size_t width, double temperature,
                               const locl_tensor *z);
/* Records z += bias, u, norms, q and s [R,width], each row's loss differentiated by its z. Writes the mean loss and
 * how many rows do not find their other view first to so many records of the step from `index` on. Takes scratch. */
void locl_contrast_loss(locl_command_buffer *cmd, const locl_contrast *c, const locl_tensor *bias,
                        const locl_tensor *s, const locl_tensor *metrics, size_t index, size_t records);

/* Records the losses' change, over epsilon, when each row's z moves by each of its d [R,moves,width] (SPEC 3, np
 * rules; the keys stay), to [R,moves] of dl from value `offset` on. d is overwritten. */
void locl_contrast_difference(locl_command_buffer *cmd, const locl_contrast *c, const locl_tensor *d,
                              size_t moves, float epsilon, const locl_tensor *dl, size_t offset);

/* Record the kernels between the products, for whoever checks them alone. */
void locl_contrast_unit(locl_command_buffer *cmd, const locl_contrast *c, const locl_tensor *bias);
void locl_contrast_softmax(locl_command_buffer *cmd, const locl_contrast *c, const locl_tensor *losses,
                           const locl_tensor *wrong);
void locl_contrast_error(locl_command_buffer *cmd, const locl_contrast *c, const locl_tensor *r);

void locl_contrast_unit_ref(float *z, const float *bias, float *u, float *norms, size_t rows, size_t n);
void locl_contrast_softmax_ref(float *q, float *losses, uint32_t *wrong, size_t rows);
void locl_contrast_error_ref(const float *u, const float *norms, float *r, size_t rows, size_t n);
void locl_contrast_difference_ref(const float *d, const float *u, const float *norms, const float *q,
                                  size_t rows, size_t moves, size_t n, double temperature, float epsilon,
                                  float *dl, float *change);

#endif
