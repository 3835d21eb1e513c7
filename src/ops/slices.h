/* What the slices of a batch give one after another, added up to what the batch gives. Used by sched for the
 * gradients of micro-batches. Records into a command buffer; reference in slices_ref.c. */
#ifndef LOCL_OPS_SLICES_H
#define LOCL_OPS_SLICES_H

#include "device/command_buffer.h"

/* Records that out [count] becomes the mean of t [count] over the `slices` of a batch. Each replay adds
 * t / slices. The one of the first slice, whose bindings have first_image 0, replaces what was there. */
void locl_slices_add(locl_command_buffer *cmd, const locl_tensor *t, const locl_tensor *out, size_t count,
                     size_t slices);

void locl_slices_add_ref(const float *t, float *out, size_t count, size_t slices, size_t first_image);

#endif
